"""The programmes there are: one row for each, as it stands now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from domain.identifiers import PROGRAMME_PREFIX, BodyId, ProgrammeId, StreamId
from domain.programme.decisions import programme_decider
from domain.programme.terms import ProgrammePhase
from domain.reading import Scope
from readmodels.parties import MANY, seen, sees_many, within
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

PROGRAMMES = Table(
    name="programmes",
    owner="programme",
    key=("programme",),
    columns={
        "programme": "text",
        "title": "text",
        "body": "text",
        "phase": "text",
        "period_start": "date",
        "period_end": "date",
    },
)
_ALL = """
    select programme, title, body, phase, period_start, period_end
    from readmodel.programmes order by period_start, programme
"""
# Departures before the register: the order in which they are locked. From what is in the scope, one by one.
_WITHIN = f"""
    select distinct belongs.programme
    from {within("$2", "$3")} cross join lateral (
        select d.programme from readmodel.departures d where d.instruction = seen.instruction
        union all
        select r.programme from readmodel.register r where r.instruction = seen.instruction
        offset 0
    ) as belongs
    where belongs.programme = any($1::text[])
"""  # noqa: S608 - numbers
# For a scope of many: of each programme until the first is found.
_WITHIN_MANY = f"""
    select programme from unnest($1::text[]) as asked (programme)
    where exists (
        select from readmodel.departures d join readmodel.register r using (instruction)
        where d.programme = asked.programme and {seen("$2", "$3", "r")}
    ) or exists (
        select from readmodel.register r where r.programme = asked.programme and {seen("$2", "$3", "r")}
    )
"""  # noqa: S608 - numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeRow:
    programme: ProgrammeId
    title: str
    body: BodyId
    phase: ProgrammePhase
    period_start: date
    period_end: date


class ProgrammesProjection(Projection):
    name = "programmes"
    prefix = PROGRAMME_PREFIX
    tables = (PROGRAMMES,)

    def owner(self, stream_id: StreamId) -> ProgrammeId:
        return stream_id.removeprefix(PROGRAMME_PREFIX)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        state = programme_decider.fold(history.events)
        if state is None:
            return ((),)
        period = (state.period_start, state.period_end)
        return (((state.id, state.title, state.body, state.phase, *period),),)


async def all_programmes(pool: "asyncpg.Pool[asyncpg.Record]") -> Sequence[ProgrammeRow]:
    """Every programme, the oldest period first; catch up first to see the latest."""
    return [ProgrammeRow(**row) for row in await pool.fetch(_ALL)]


async def programmes_within(
    pool: "asyncpg.Pool[asyncpg.Record]",
    scope: Scope,
    programmes: Collection[ProgrammeId],
    *,
    many: int = MANY,
) -> frozenset[ProgrammeId]:
    """Those of them that have, or had, an instruction of the scope."""
    if not programmes:
        return frozenset()
    asked = _WITHIN_MANY if await sees_many(pool, scope, many) else _WITHIN
    rows = await pool.fetch(asked, list(programmes), *scope.pairs)
    return frozenset(row["programme"] for row in rows)
