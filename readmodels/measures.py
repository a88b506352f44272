"""Which measures of a programme each figure counts: how many, and which they are, now or as of a moment.

The figures are those of figures.py, and what is at risk besides: that is never published, since it is about what comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, Self

import asyncpg

from domain.identifiers import BodyId, InstructionId, ProgrammeId
from domain.instruction.lateness import Lateness, Timing
from domain.programme.difference import Figure
from domain.programme.report import AT_RISK
from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf
from readmodels.conditions import Conditions
from readmodels.figures import COUNTS, JUDGED
from readmodels.standings import COUNTED, Standings, standings

AnyFigure = Figure | Literal["at_risk"]
# `Measure.at_risk`.
_WHICH: Mapping[AnyFigure, str] = {
    **COUNTS,
    "at_risk": "counted and departed_at is null and running and not behind"
    f" and least(deadline, milestone) < $2::timestamptz + interval '{AT_RISK.days} days'",
}
ANY_FIGURE: Sequence[AnyFigure] = tuple(_WHICH)
_COUNTED, _CONDITIONS, _LIMIT = "/* counted */", "/* conditions */", "/* limit */"
_COUNT = f"select count(*) from judged where {_COUNTED}"  # noqa: S608 - of constants
# Of those that are behind schedule from some moment on, which lies ahead: found by that, in the register or among the periods.
_AT_RISK = f"late_from >= $2 and late_from < $2::timestamptz + interval '{AT_RISK.days} days'"
_AT_RISK_NOW = f"""
    select count(*) from readmodel.register where programme = $1 and counted and {_AT_RISK}
"""  # noqa: S608 - of constants
_AT_RISK_THEN = f"""
    select count(*) from readmodel.periods
    where programme = $1 and {COUNTED} and departed_at is null and {_AT_RISK}
"""  # noqa: S608 - of constants
_AT_RISK_AT_POSITION = _AT_RISK_THEN + "and from_position <= $3 and to_position > $3"
_AT_RISK_AT_MOMENT = _AT_RISK_THEN + "and from_moment <= $3 and to_moment > $3"
_PAGE = f"""
    select
        r.number, r.text, j.instruction, j.phase, j.sector, j.lead, j.departed_at, j.closed, j.original_deadline,
        j.deadline, j.submitted_at, j.cancelled_at, j.stopped_at, j.milestone
    from (select * from judged where {_COUNTED}) j
    join readmodel.register r on r.instruction = j.instruction
    where {_CONDITIONS} order by r.number limit {_LIMIT}
"""  # noqa: S608 - of constants


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a programme's measures: those of one sector, of one lead, of both; or without any."""

    sector: str | None = None
    lead: BodyId | None = None
    no_sector: bool = False
    no_lead: bool = False


WHOLE = Part()


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedMeasure:
    """A measure as it stood; number and text are as of now."""

    instruction: InstructionId
    number: str
    text: str
    phase: str
    sector: str | None
    lead: BodyId | None
    timing: Timing
    departed_at: datetime | None
    """When it was carried over into another programme."""

    @classmethod
    def of(cls, found: asyncpg.Record) -> Self:
        row = dict(found)
        timing = Timing(**{field.name: row.pop(field.name) for field in fields(Timing)})
        return cls(**row, timing=timing)

    def lateness(self, at: datetime) -> Lateness:
        """As of `Measure.lateness`."""
        return self.timing.lateness(self.departed_at or at)


def _at_risk(as_of: AsOf) -> str:
    if as_of == NOW:
        return _AT_RISK_NOW
    return _AT_RISK_AT_POSITION if as_of.recorded is not None else _AT_RISK_AT_MOMENT


class Measures:
    """Questions to the register and the status periods. Catch both up first to see the latest."""

    def __init__(self, store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._store = store
        self._pool = pool

    async def count(
        self, programme: ProgrammeId, figure: AnyFigure, as_of: AsOf, at: datetime
    ) -> int:
        """How many are in one figure at `at`. Of all those that are published, figures.py tells at once.

        Args:
            as_of: one kind of limit at most.
        """
        found = await self._standings(programme, as_of)
        if figure == "at_risk":
            asked = _at_risk(as_of)
            return await self._pool.fetchval(asked, programme, at, *found.place)
        asked = found.sql + JUDGED + _COUNT.replace(_COUNTED, _WHICH[figure])
        return await self._pool.fetchval(asked, programme, at, *found.place)

    async def counted(
        self,
        programme: ProgrammeId,
        figure: AnyFigure,
        as_of: AsOf,
        at: datetime,
        *,
        part: Part = WHOLE,
        after_number: str = "",
        limit: int,
    ) -> Sequence[CountedMeasure]:
        """Those in one figure, by number (keyset).

        Args:
            as_of: as of `count`.
        """
        found = await self._standings(programme, as_of)
        conditions = Conditions(programme, at, *found.place)
        conditions.equal(**{"j.sector": part.sector, "j.lead": part.lead})
        if part.no_sector:
            conditions.add("j.sector is null")
        if part.no_lead:
            conditions.add("j.lead is null")
        conditions.add("r.number > {0}", after_number)
        (most,) = conditions.numbered(limit)
        page = _PAGE.replace(_COUNTED, _WHICH[figure])
        page = page.replace(_CONDITIONS, conditions.sql).replace(_LIMIT, most)
        rows = await self._pool.fetch(found.sql + JUDGED + page, *conditions.given)
        return [CountedMeasure.of(row) for row in rows]

    async def _standings(self, programme: ProgrammeId, as_of: AsOf) -> Standings:
        found = await standings(self._store, programme, as_of)
        if found is None:
            raise ValueError("both kinds of limit at once take replay: ask programme_report.py")
        return found
