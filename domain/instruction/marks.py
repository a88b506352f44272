"""Marks on the way to a due moment: moved by spans, set to an hour, rolled off days off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from domain.policies import WorkingSpan, length, times
from domain.working_time import Calendar, OffDays, day_end, instant, rolled, shift, shift_day

_DAY = timedelta(days=1)
Span = timedelta | WorkingSpan


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the way to a due moment; of a whole day, its end."""

    at: datetime
    day: date | None


@dataclass
class Marks:
    """Moves marks by days of one zone and one calendar, and keeps account of the days that bear on them."""

    zone: str
    calendar: Calendar
    days: set[date] = field(default_factory=set[date])

    def moved(self, mark: Mark, span: Span, sign: int = 1) -> Mark:
        """So much later, or earlier. Whole days from the end of a day lead to the end of a day."""
        calendar = self.calendar if isinstance(span, WorkingSpan) else None
        offset = sign * length(span)
        if mark.day is None:
            at = shift(mark.at, offset, self.zone, calendar)
            self._account(calendar, mark.at, at)
            return Mark(at, None)
        days, rest = divmod(abs(offset), _DAY)
        day = shift_day(mark.day, sign * days, calendar)
        at = day_end(day, self.zone)
        if rest:
            at = shift(at, sign * rest, self.zone, calendar)
        if calendar is not None:  # of a day's end it is the day that bears on it
            self.days.update((mark.day, day))
        if rest:
            self._account(calendar, at)
        return Mark(at, None if rest else day)

    def repeated(self, first: Mark, every: Span) -> Iterator[Mark]:
        """The first, and those that follow it, the same time apart; without end."""
        yield first
        if not isinstance(every, WorkingSpan):
            for n in count(1):
                yield self.moved(first, times(every, n))
        while True:  # a working day more each time: not all of them anew for each
            first = self.moved(first, every)
            yield first

    def at_hour(
        self,
        mark: Mark,
        hour: time | None,
        off_days: OffDays,
        zone: str,
        after: datetime | None = None,
    ) -> datetime:
        """The moment at that hour, on the day itself or the nearest that is worked.

        `zone` is where day and hour are read; with no hour given the mark's own stays. `after` is what the
        moment comes after: where the working day before does not, it is the one after.
        """
        at = self._rolled(mark, hour, off_days, zone)
        if off_days == "earlier" and after is not None and at <= after:
            return self._rolled(mark, hour, "later", zone)
        return at

    def _rolled(self, mark: Mark, hour: time | None, off_days: OffDays, zone: str) -> datetime:
        local = mark.at.astimezone(ZoneInfo(zone))
        day = mark.day or local.date()
        on = rolled(day, off_days, self.calendar)
        if off_days != "as-is":
            self.days.update((day, on))
        if hour is not None:
            return instant(on, hour, zone)
        if on == day:
            return mark.at
        return day_end(on, zone) if mark.day is not None else instant(on, local.time(), zone)

    def first_after(self, moment: datetime, nth: Callable[[int], datetime]) -> int:
        """The least n from 1 on whose `nth(n)` lies after the moment, in as few steps as doubling takes.

        The days that were only tried bear on nothing.
        """
        kept, self.days = self.days, set()
        low, high = 0, 1
        while nth(high) <= moment:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if nth(middle) > moment else (middle, high)
        self.days = kept
        return high

    def _account(self, calendar: Calendar | None, *moments: datetime) -> None:
        if calendar is not None:
            self.days.update(m.astimezone(ZoneInfo(self.zone)).date() for m in moments)
