"""When a person wants to be told: quiet hours, days off, the daily message, and what they need not be told.

What is held is decided together with the event that tells, and recorded with it: replay looks nothing up.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain.instruction.events import NotifyingEvent
from domain.value import Value
from domain.working_time import Calendar, instant

Language = Literal["en", "ru"]

NOTICE_KINDS: frozenset[str] = frozenset(
    kind.model_fields["type"].default for kind in get_args(NotifyingEvent)
)
"""The types of the events that people are told of."""
MANDATORY: frozenset[str] = frozenset(
    {
        "InstructionAssigned",
        "Escalated",
        "Cancelled",
        "ReturnedForRework",
        "DeadlineChanged",
        "ExtensionRefused",
        "MilestoneMissed",
    }
)
"""What nobody may leave unread: neither muted nor put off to the daily message. A reminder after the deadline is too."""

GATHERING = timedelta(minutes=5)
"""By how much the daily message goes out after its hour: what falls due on the hour is to be in it."""

_DAY = timedelta(days=1)
_FURTHEST = 400
"""Days within which a working day must be found: else the calendar has none, and nothing is held by it."""


def _naive(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("a local time has no offset; write 20:00")
    return hour


LocalTime = Annotated[time, AfterValidator(_naive)]
"""An hour of the day where the person is."""


class QuietHours(Value):
    """From one local time to another, over midnight if the second is the earlier one."""

    start: LocalTime
    end: LocalTime = Field(description="the first moment that is not quiet any more")

    @model_validator(mode="after")
    def _some_of_the_day(self) -> "QuietHours":
        if self.start == self.end:
            raise ValueError("quiet hours end at another time than they begin")
        return self


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """Of one person. The defaults hold for whoever has set none."""

    language: Language = "en"
    zone: str | None = None
    """IANA zone of all times here; none: the zone of the body they are told for."""
    quiet: QuietHours | None = None
    working_days_only: bool = False
    daily_at: time | None = None
    """Once a day, at this local time, all that is not mandatory comes together."""
    muted: frozenset[str] = frozenset()
    """Kinds of notice."""


DEFAULTS = Preferences()


def send_after(
    preferences: Preferences,
    *,
    kind: str,
    at: datetime,
    zone: str,
    calendar: Calendar,
    overdue: bool = False,
) -> datetime | Literal["muted"] | None:
    """Until when a notice that is given at `at` waits (UTC); None if it goes out at once.

    What is mandatory waits for the end of quiet hours at most, so never for a day; neither days off nor
    the daily message hold it.

    Args:
        kind: the type of the event.
        zone: of the body that the person is told for.
        calendar: that body's.
        overdue: it is a reminder after the deadline, and as mandatory as the kinds that always are.
    """
    where, mandatory = preferences.zone or zone, overdue or kind in MANDATORY
    if not mandatory and kind in preferences.muted:
        return "muted"
    moment = at
    if not mandatory:
        days_off = calendar if preferences.working_days_only else None
        if preferences.daily_at is not None:
            moment = _next_daily(preferences.daily_at, at, where, days_off)
        else:
            moment = _after_quiet_hours(preferences.quiet, moment, where)
            moment = _on_a_working_day(moment, where, days_off)
    moment = _after_quiet_hours(preferences.quiet, moment, where)
    return moment if moment > at else None


def _after_quiet_hours(quiet: QuietHours | None, moment: datetime, zone: str) -> datetime:
    """The end of the quiet hours that the moment lies in, else the moment itself.

    By instants, not by what the clock shows: an hour that the clock shows twice is quiet once.
    """
    if quiet is None:
        return moment
    today = moment.astimezone(ZoneInfo(zone)).date()
    for day in (today - _DAY, today):
        begun = instant(day, quiet.start, zone)
        over = instant(day + _DAY if quiet.end < quiet.start else day, quiet.end, zone)
        if begun <= moment < over:
            return over
    return moment


def _next_daily(hour: time, at: datetime, zone: str, days_off: Calendar | None) -> datetime:
    """Of yesterday too: one shortly before midnight goes out after it."""
    yesterday = at.astimezone(ZoneInfo(zone)).date() - _DAY
    days = [yesterday + n * _DAY for n in range(3)]
    first = next(day for day in days if instant(day, hour, zone) + GATHERING > at)
    return instant(_working_day(first, days_off), hour, zone) + GATHERING


def _on_a_working_day(moment: datetime, zone: str, days_off: Calendar | None) -> datetime:
    """The moment itself, or else when work begins on the next working day."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    day = _working_day(today, days_off)
    if days_off is None or day == today:
        return moment
    return instant(day, days_off.hours(day)[0].start, zone)


def _working_day(day: date, days_off: Calendar | None) -> date:
    """This day or the next one that is worked."""
    if days_off is None:
        return day
    coming = (day + n * _DAY for n in range(_FURTHEST))
    return next((one for one in coming if days_off.works(one)), day)
