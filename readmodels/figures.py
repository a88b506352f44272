"""A programme's figures and execution discipline, counted by PostgreSQL: now, or as of any moment.

Now from the register, as of a moment from the status periods. What each figure counts is said in
domain/programme/report.py; replay (programme_report.py) stays the reference, and tests hold this to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from domain.identifiers import ProgrammeId
from domain.programme.report import percent
from domain.programme.terms import Figures, PartFigures
from eventstore.protocol import EventStore
from eventstore.replay import AsOf
from readmodels.periods import ALWAYS_POSITION

# $1 is the programme (none: all instructions, each where it is now), $2 the moment lateness is measured at.
_NOW = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.departures where programme = $1
        union all
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, null, milestone
        from readmodel.register where programme = $1
    ),
"""
_ALL_NOW = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, null::timestamptz as departed_at,
            milestone
        from readmodel.register where $1::text is null
    ),
"""
_AT_POSITION = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where programme = $1 and from_position <= $3 and to_position > $3
    ),
"""
_ALL_AT_POSITION = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where $1::text is null and departed_at is null
          and from_position <= $3 and to_position > $3
    ),
"""
_AT_MOMENT = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where programme = $1 and from_moment <= $3 and to_moment > $3
    ),
"""
_ALL_AT_MOMENT = """
    with standing as (
        select phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where $1::text is null and departed_at is null
          and from_moment <= $3 and to_moment > $3
    ),
"""
# `Timing.lateness` in domain/instruction/lateness.py, word for word.
_JUDGED = """
    judged as (
        select
            sector, lead, acting, phase, closed, refused, cancelled_at, departed_at,
            phase <> 'Proposed' and cancelled_at is null as counted,
            coalesce(submitted_at, cancelled_at, departed_at, $2::timestamptz)
                > original_deadline as late,
            coalesce(submitted_at, stopped_at, cancelled_at, departed_at, $2::timestamptz)
                > deadline
                or (
                    not closed and submitted_at is null and stopped_at is null
                    and coalesce(departed_at, $2::timestamptz) > coalesce(milestone, 'infinity')
                ) as behind,
            not closed and submitted_at is null and stopped_at is null as running
        from standing
    )
"""
_FIGURES = """
    select
        grouping(sector) = 0 as of_sector,
        grouping(lead) = 0 as of_lead,
        sector,
        lead,
        count(*) filter (where counted) as total,
        count(*) filter (where counted and phase = 'Completed') as implemented,
        count(*) filter (where counted and running and behind) as behind_schedule,
        count(*) filter (where counted and late) as late_against_original,
        count(*) filter (where counted and closed and behind) as completed_late,
        count(*) filter (where counted and not closed and behind) as open_late,
        count(*) filter (where not counted and phase <> 'Proposed' and not refused) as cancelled,
        count(*) filter (where counted and departed_at is not null) as carried_over,
        count(*) filter (where phase = 'Proposed') as proposed,
        count(*) filter (where not counted and phase <> 'Proposed' and refused) as refused
    from judged
    group by grouping sets ((), (sector), (lead))
"""
_BY_BODY = """
    , named as (select lead as name, closed, behind from judged where counted)
"""
_BY_PERSON = """
    , named as (select acting as name, closed, behind from judged where counted)
"""
_DISCIPLINE = """
    select
        name,
        count(*) as total,
        count(*) filter (where closed and behind) as completed_late,
        count(*) filter (where not closed and behind) as open_late
    from named
    group by name
    order by name nulls first
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Discipline:
    """How well one body or one person kept to deadlines."""

    name: str | None
    """The lead's id, or the person's who submitted the report or acts for the lead; none if nobody does."""
    total: int
    completed_late: int
    open_late: int

    @property
    def share(self) -> str:
        """(total - completed late - open late) / total, as a percentage."""
        return percent(self.total - self.completed_late - self.open_late, self.total)


class FiguresByCount:
    """Questions to the register and the status periods. Catch both up first to see the latest."""

    def __init__(self, store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._store = store
        self._pool = pool

    async def of_programme(
        self,
        programme: ProgrammeId,
        as_of: AsOf,
        at: datetime,
        *,
        until_position: int | None = None,
    ) -> Figures | None:
        """The figures at `at`; None where they take replay (see `_source`)."""
        source = await self._source(programme, as_of, until_position)
        if source is None:
            return None
        standing, limits = source
        parts = (standing, _JUDGED, _FIGURES)
        return _figures(await self._pool.fetch("".join(parts), programme, at, *limits))

    async def discipline(
        self,
        programme: ProgrammeId | None,
        by: Literal["body", "person"],
        as_of: AsOf,
        at: datetime,
    ) -> Sequence[Discipline] | None:
        """Of a programme, or of all instructions there are; None where it takes replay.

        One that was carried over counts in every programme it was in, and once among all.
        """
        source = await self._source(programme, as_of, None)
        if source is None:
            return None
        standing, limits = source
        parts = (standing, _JUDGED, _BY_BODY if by == "body" else _BY_PERSON, _DISCIPLINE)
        rows = await self._pool.fetch("".join(parts), programme, at, *limits)
        return [Discipline(**row) for row in rows]

    async def _source(
        self, programme: ProgrammeId | None, as_of: AsOf, until_position: int | None
    ) -> tuple[str, tuple[object, ...]] | None:
        """How measures stood, and what limits that; None for both kinds of limit at once."""
        known_then = as_of.recorded is not None or until_position is not None
        if as_of.occurred is not None:
            if known_then:
                return None
            return (_AT_MOMENT if programme else _ALL_AT_MOMENT), (as_of.occurred,)
        if not known_then:
            return (_NOW if programme else _ALL_NOW), ()
        position = ALWAYS_POSITION - 1 if until_position is None else until_position
        if as_of.recorded is not None:
            position = min(position, await self._store.position_at(as_of.recorded))
        return (_AT_POSITION if programme else _ALL_AT_POSITION), (position,)


def _figures(rows: Sequence[asyncpg.Record]) -> Figures:
    (whole,) = (row for row in rows if not row["of_sector"] and not row["of_lead"])
    counts = {name: whole[name] for name in Figures.model_fields if not name.startswith("by_")}
    return Figures(
        **counts,
        by_sector=_parts("sector", rows),
        by_lead=_parts("lead", rows),
    )


def _parts(
    part: Literal["sector", "lead"], rows: Sequence[asyncpg.Record]
) -> tuple[PartFigures, ...]:
    """By name; those of no part come first."""
    found = [row for row in rows if row[f"of_{part}"] and row["total"]]
    names = [name for name in PartFigures.model_fields if name != "name"]
    return tuple(
        PartFigures(name=row[part], **{name: row[name] for name in names})
        for row in sorted(found, key=lambda row: row[part] or "")
    )
