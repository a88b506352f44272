"""The burn-up: month by month, how many measures were to be done by its end, and how many were.

Counted are the measures that the figures count, from the same tables (standings.py), now from tallies of them (tallies.py); at the
last month the two agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from domain.identifiers import ProgrammeId
from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf
from readmodels.standings import COUNTED, DEPARTED, standings

_TICK = timedelta(microseconds=1)


def _quarter(moment: str) -> str:
    """SQL for the quarter of an hour that the moment lies in, its end included: months end with one in every zone, and to
    find a moment's month takes longer than all else here. The very end of a month, which most deadlines are, is in it still.
    """
    return f"date_bin('15 minutes', {moment} - interval '1 microsecond', '1970-01-01 00:00:00+00')"


# $2 is the zone that months end in.
_COUNTED = f"""
    counted as (
        select
            {_quarter("original_deadline")} as planned,
            {_quarter("deadline")} as due,
            case when phase = 'Completed' then {_quarter("submitted_at")} end as submitted
        from standing where {COUNTED}
    ),
    by_part as (
        select
            coalesce(planned, due, submitted) as part,
            case when grouping(planned) = 0 then count(*) else 0 end as planned,
            case when grouping(due) = 0 then count(*) else 0 end as due,
            case when grouping(submitted) = 0 then count(*) else 0 end as submitted
        from counted group by grouping sets ((planned), (due), (submitted))
"""  # noqa: S608 - of constants
# Now, what the register's tallies hold besides.
_TALLIED = """
        union all
        select planned_in, measures, 0, 0 from readmodel.register_planned where $1::text is null or programme = $1
        union all
        select due_in, 0, measures, 0 from readmodel.register_due where $1::text is null or programme = $1
        union all
        select submitted_in, 0, 0, measures from readmodel.register_submitted where $1::text is null or programme = $1
"""
_BY_MONTH = """
    )
    select
        date_trunc('month', part at time zone $2::text)::date as month,
        sum(planned)::bigint as planned, sum(due)::bigint as due, sum(submitted)::bigint as submitted
    from by_part where part is not null
    group by 1 order by 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """Where all measures had come to by its end."""

    first_day: date
    planned: int
    """Were to be done by then, by the original deadline."""
    due: int
    """The same by the currently approved one."""
    submitted: int
    """Of those that are implemented: submitted by then."""


async def burn_up(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    programme: ProgrammeId | None,
    as_of: AsOf,
    at: datetime,
    *,
    zone: str = "UTC",
) -> Sequence[Month]:
    """Every month from the first that something was due or submitted in, to the last, and to that of `at` at least; none if
    no measure is counted. Catch the register and the status periods up first to see the latest.

    Args:
        programme: None for all instructions, each where it is.
        as_of: one kind of limit, not both.
        zone: an IANA name, known to PostgreSQL too.
    """
    if as_of == NOW:
        rows = await pool.fetch(DEPARTED + _COUNTED + _TALLIED + _BY_MONTH, programme, zone)
    else:
        found = await standings(store, programme, as_of)
        assert found is not None, "both kinds of limit"
        rows = await pool.fetch(found.sql + _COUNTED + _BY_MONTH, programme, zone, *found.place)
    return _summed(rows, (at.astimezone(ZoneInfo(zone)) - _TICK).date().replace(day=1))


def _summed(rows: Sequence[asyncpg.Record], reaches: date) -> Sequence[Month]:
    by_month = {row["month"]: row for row in rows}
    months: list[Month] = []
    planned = due = submitted = 0
    for month in _months(min(by_month), max(reaches, *by_month)) if by_month else ():
        if row := by_month.get(month):
            planned += row["planned"]
            due += row["due"]
            submitted += row["submitted"]
        months.append(Month(first_day=month, planned=planned, due=due, submitted=submitted))
    return months


def _months(first: date, last: date) -> Iterable[date]:
    """The first day of each."""
    while first <= last:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)
