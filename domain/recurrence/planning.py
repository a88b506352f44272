"""When an occurrence is due and when it is issued: days of the rule, moved by a calendar of working days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.deadline import DeadlineRequest, resolve
from domain.facts import Facts
from domain.recurrence.state import Recurrence
from domain.recurrence.terms import PlannedOccurrence, Terms
from domain.working_time import Calendar, instant, rolled, shift_day

LOOK_AHEAD = 64
"""Days of the rule that are looked up for one decision, besides those that are to be left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How a day of the rule becomes an occurrence."""

    terms: Terms
    zone: str
    calendar: Calendar
    tzdata: str

    def occurrence(self, n: int, day: date) -> PlannedOccurrence:
        """The n-th, which the rule has on this day."""
        on = rolled(day, self.terms.off_days, self.calendar)
        counted_in = self.calendar if self.terms.lead_in == "working" else None
        issued_on = shift_day(on, -self.terms.lead_days, counted_in)
        return PlannedOccurrence(
            n=n,
            day=day,
            deadline=resolve(DeadlineRequest(on=on), self.zone, self.tzdata),
            issue_at=instant(issued_on, self.terms.hour, self.zone),
            calendar=self.calendar.id,
            calendar_version=self.calendar.version,
        )

    def following(
        self, n: int, days: Sequence[date], left_out: frozenset[date] = frozenset()
    ) -> PlannedOccurrence | None:
        """The first of the days after the n-th occurrence's that is not left out; what is counts too."""
        for count, day in enumerate(days, start=n + 1):
            if day not in left_out:
                return self.occurrence(count, day)
        return None


def plan_of(state: Recurrence, facts: Facts) -> Plan:
    return Plan(
        terms=state.terms,
        zone=state.zone,
        calendar=facts.directory.calendar_of(state.terms.lead),
        tzdata=facts.tzdata,
    )


def same_moments(one: PlannedOccurrence, other: PlannedOccurrence) -> bool:
    """Whether both are due, and issued, at the same time, whatever they were computed with."""
    return (one.deadline.instant, one.issue_at) == (other.deadline.instant, other.issue_at)
