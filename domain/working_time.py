"""Moving a moment by days and hours as people count them.

Working days and hours, country calendars and local send hours are not here yet: until then an offset
counts calendar days.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def shift(moment: datetime, offset: timedelta, zone: str) -> datetime:
    """The moment `offset` later (earlier, if negative), in UTC.

    Whole days are days of the zone's calendar, so that three days before 18:00 is 18:00 even across a
    change to or from summer time; what is left over is elapsed time.
    """
    days, rest = divmod(abs(offset), timedelta(days=1))
    sign = -1 if offset < timedelta(0) else 1
    if days:  # adding even no days would forget which of two equal local times is meant
        local = moment.astimezone(ZoneInfo(zone)) + sign * timedelta(days=days)
        moment = local.astimezone(UTC)
    return moment + sign * rest


@cache
def zones() -> frozenset[str]:
    """The IANA time zones known here. Cached: finding them takes some 20 ms of reading folders.

    `localtime` is none of them: it would mean another zone on another machine.
    """
    return frozenset(available_timezones()) - {"localtime"}
