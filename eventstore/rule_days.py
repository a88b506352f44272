"""The days of a recurrence's rule, by dateutil: a fact that its decisions are given."""

from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

from domain.recurrence.commands import (
    ChangeRecurrence,
    CheckRecurrence,
    RecurrenceCommand,
    SkipOccurrence,
    StartRecurrence,
)
from domain.recurrence.planning import LOOK_AHEAD
from domain.recurrence.rule import problem_of, without_end
from domain.recurrence.state import Recurrence

_FARTHEST = timedelta(days=80 * 366)
"""How far ahead a day is looked for: the 29th of February every nine years may be 72 years away. A rule that
its first day makes void (every 12th month from January, in March) would be followed to the year 9999."""
_BACK = timedelta(days=31)
"""A day of the rule that lies so far back may have its deadline moved to after now, over a long holiday."""


def days_for(
    command: RecurrenceCommand, state: Recurrence | None, at: datetime
) -> tuple[date, ...]:
    """The days that the command's decision may turn to, in order: `LOOK_AHEAD` at most, and as many more as
    are to be left out.

    Takes milliseconds, or seconds for a rule whose days are years apart and looked for day by day.
    """
    recent = (at - _BACK).date()
    most = LOOK_AHEAD + (len(state.skipped_ahead) if state is not None else 0)
    match command:
        case StartRecurrence():
            return days_after(command.rule, command.first_day, recent)
        case ChangeRecurrence():
            done = state.last_day if state is not None else None
            return days_after(command.rule, command.first_day, max(recent, done or recent), most)
        case CheckRecurrence() | SkipOccurrence() if state is not None and state.next is not None:
            return days_after(state.terms.rule, state.terms.first_day, state.next.day, most)
        case _:
            return ()


def days_after(rule: str, first_day: date, after: date, most: int = LOOK_AHEAD) -> tuple[date, ...]:
    """The rule's days after this one, so many at most; none of a rule that is not accepted."""
    if problem_of(rule) is not None:
        return ()
    endless = without_end(rule)
    farthest = max(after, first_day) + _FARTHEST
    until = min(endless.until or farthest, farthest)
    moments = rrulestr(
        f"{endless.rule};UNTIL={until:%Y%m%d}", dtstart=datetime.combine(first_day, time())
    )
    # COUNT is counted here: dateutil takes no limit beside it.
    days = (moment.date() for moment in islice(moments, endless.count))
    return tuple(islice((day for day in days if day > after), most))
