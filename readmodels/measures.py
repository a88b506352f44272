"""Which measures of a programme each figure counts: how many, and which they are, now or as of a moment.

The figures are those of figures.py, and what is at risk besides: that is never published, since it is about what comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from domain.identifiers import BodyId, InstructionId, ProgrammeId
from domain.programme.difference import Figure
from domain.programme.report import AT_RISK
from eventstore.protocol import EventStore
from eventstore.replay import AsOf
from readmodels.conditions import Conditions
from readmodels.figures import COUNTS, JUDGED
from readmodels.standings import Standings, standings

AnyFigure = Figure | Literal["at_risk"]
# `Measure.at_risk`.
_WHICH: Mapping[AnyFigure, str] = {
    **COUNTS,
    "at_risk": "counted and departed_at is null and running and not behind"
    f" and behind_from < $2::timestamptz + interval '{AT_RISK.days} days'",
}
ANY_FIGURE: Sequence[AnyFigure] = tuple(_WHICH)
_COUNTS = f"""
    select {", ".join(f"count(*) filter (where {which}) as {name}" for name, which in _WHICH.items())}
    from judged
"""  # noqa: S608 - of constants
_COUNTED, _CONDITIONS, _LIMIT = "/* counted */", "/* conditions */", "/* limit */"
_PAGE = f"""
    select j.instruction, r.number
    from (select instruction, sector, lead from judged where {_COUNTED}) j
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


class Measures:
    """Questions to the register and the status periods. Catch both up first to see the latest."""

    def __init__(self, store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._store = store
        self._pool = pool

    async def counts(
        self, programme: ProgrammeId, as_of: AsOf, at: datetime
    ) -> Mapping[AnyFigure, int]:
        """How many are in each figure at `at`.

        Args:
            as_of: one kind of limit at most.
        """
        found = await self._standings(programme, as_of)
        asked = found.sql + JUDGED + _COUNTS
        row = await self._pool.fetchrow(asked, programme, at, *found.place)
        assert row is not None  # it counts
        return {name: row[name] for name in _WHICH}

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
    ) -> Sequence[tuple[InstructionId, str]]:
        """Those in one figure with their numbers, by number (keyset).

        Args:
            as_of: as of `counts`.
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
        return [(row["instruction"], row["number"]) for row in rows]

    async def _standings(self, programme: ProgrammeId, as_of: AsOf) -> Standings:
        found = await standings(self._store, programme, as_of)
        if found is None:
            raise ValueError("both kinds of limit at once take replay: ask programme_report.py")
        return found
