"""A programme's figures and execution discipline, counted by PostgreSQL: now, or as of any moment.

Now from the register, as of a moment from the status periods. What each figure counts is said in
domain/programme/report.py; replay (programme_report.py) stays the reference, and tests hold this to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from domain.identifiers import ProgrammeId
from domain.programme.difference import Figure
from domain.programme.report import percent
from domain.programme.terms import Figures, PartFigures
from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf
from readmodels.standings import COUNTED, DEPARTED, standings

# $1 is the programme, $2 the moment lateness is measured at.
# `Timing.lateness` in domain/instruction/lateness.py, word for word.
JUDGED = f"""
    judged as (
        select
            instruction, sector, lead, acting, phase, closed, refused, cancelled_at, departed_at,
            {COUNTED} as counted,
            coalesce(submitted_at, cancelled_at, departed_at, $2::timestamptz)
                > original_deadline as late,
            coalesce(submitted_at, stopped_at, cancelled_at, departed_at, $2::timestamptz)
                > deadline
                or (
                    not closed and submitted_at is null and stopped_at is null
                    and coalesce(departed_at, $2::timestamptz) > coalesce(milestone, 'infinity')
                ) as behind,
            not closed and submitted_at is null and stopped_at is null as running,
            original_deadline, deadline, submitted_at, stopped_at, milestone
        from standing
    )
"""  # noqa: S608 - of constants
# Counted in two steps: each measure once, and then the few parts, for all of them, each sector and each body.
COUNTS: Mapping[Figure, str] = {
    "total": "counted",
    "implemented": "counted and phase = 'Completed'",
    "behind_schedule": "counted and running and behind",
    "late_against_original": "counted and late",
    "completed_late": "counted and closed and behind",
    "open_late": "counted and not closed and behind",
    "cancelled": "not counted and phase <> 'Proposed' and not refused",
    "carried_over": "counted and departed_at is not null",
    "proposed": "phase = 'Proposed'",
    "refused": "not counted and phase <> 'Proposed' and refused",
}
"""Which measures are in each figure: conditions on `judged`."""
_FIGURES = f"""
    , parts as (
        select sector, lead, {", ".join(f"count(*) filter (where {of}) as {name}" for name, of in COUNTS.items())}
        from judged group by sector, lead
    )
    select
        grouping(sector) = 0 as of_sector,
        grouping(lead) = 0 as of_lead,
        sector,
        lead,
        {", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in COUNTS)}
    from parts
    group by grouping sets ((), (sector), (lead))
"""  # noqa: S608 - of constants
# From the tally of those that stand alike. What is late as long as it goes on as it is depends on the moment: that is
# counted from an index, and taken from those in time.
_FIGURES_NOW = f"""
    , weighed as (
        select sector, lead, phase, refused, closed, counted, late, behind, running, departed_at, 1 as measures
        from judged
        union all
        select sector, lead, phase, refused, closed, counted, coalesce(late_for_good, false),
            coalesce(behind_for_good, false), false, null, measures
        from readmodel.register_alike where programme = $1
        union all
        select sector, lead, null, false, false, true, false, is_so, is_so, null, case when is_so then measures else -measures end
        from (
            select sector, lead, count(*) as measures from readmodel.register
            where programme = $1 and counted and late_from < $2 group by sector, lead
        ) now_behind, (values (true), (false)) as turned (is_so)
        union all
        select sector, lead, null, false, false, true, is_so, false, false, null, case when is_so then measures else -measures end
        from (
            select sector, lead, count(*) as measures from readmodel.register
            where programme = $1 and counted and original_from < $2 group by sector, lead
        ) now_late, (values (true), (false)) as turned (is_so)
    )
    select
        grouping(sector) = 0 as of_sector,
        grouping(lead) = 0 as of_lead,
        sector,
        lead,
        {", ".join(f"coalesce(sum(measures) filter (where {of}), 0)::bigint as {name}" for name, of in COUNTS.items())}
    from weighed
    group by grouping sets ((), (sector), (lead))
"""  # noqa: S608 - of constants
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
        """The figures at `at`; None where they take replay (see `standings`)."""
        if as_of == NOW and until_position is None:
            asked = DEPARTED + JUDGED + _FIGURES_NOW
            return _figures(await self._pool.fetch(asked, programme, at))
        found = await standings(self._store, programme, as_of, until_position=until_position)
        if found is None:
            return None
        asked = found.sql + JUDGED + _FIGURES
        return _figures(await self._pool.fetch(asked, programme, at, *found.place))

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
        found = await standings(self._store, programme, as_of)
        if found is None:
            return None
        named = _BY_BODY if by == "body" else _BY_PERSON
        asked = found.sql + JUDGED + named + _DISCIPLINE
        rows = await self._pool.fetch(asked, programme, at, *found.place)
        return [Discipline(**row) for row in rows]


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
