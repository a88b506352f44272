"""What is recorded without anybody's asking: occurrences that fell due."""

from datetime import datetime

from domain.attribution import BY_SYSTEM
from domain.deadline import PUNCTUAL
from domain.facts import Facts
from domain.identifiers import instruction_id
from domain.recurrence import events as e
from domain.recurrence.planning import LOOK_AHEAD, plan_of, same_moments
from domain.recurrence.state import Recurrence
from domain.recurrence.terms import PlannedOccurrence
from domain.recurrence.wording import filled

_MOST_SKIPPED = LOOK_AHEAD // 2
"""By one check; the days that were looked up reach farther."""


def check(state: Recurrence, facts: Facts, at: datetime) -> tuple[e.RecurrenceEvent, ...]:
    """What has fallen due by now: one occurrence is issued at most, the next wake brings the next.

    Those whose deadline has passed meanwhile (all was down, or it was paused) are recorded as skipped. One
    whose instruction is refused pauses the recurrence: whoever resumes it has it tried again.
    """
    if state.phase != "Active" or state.next is None:
        return ()
    plan = plan_of(state, facts)
    current = plan.occurrence(state.next.n, state.next.day)
    if current.issue_at > at:
        replanned = e.OccurrenceReplanned(occurred_at=at, by=BY_SYSTEM, next=current)
        return () if same_moments(current, state.next) else (replanned,)
    skipped: list[e.RecurrenceEvent] = []
    days = facts.rule_days
    while current.deadline.instant <= at and len(skipped) < _MOST_SKIPPED:
        upcoming = plan.following(current.n, days, state.skipped_ahead)
        skipped.append(_skipped(current, upcoming, at))
        if upcoming is None or upcoming.issue_at > at:
            return tuple(skipped)
        days = tuple(day for day in days if day > upcoming.day)
        current = upcoming
    if current.deadline.instant <= at:
        return tuple(skipped)
    if facts.refused is not None:
        paused = e.RecurrencePaused(
            occurred_at=at,
            by=BY_SYSTEM,
            reason=f"occurrence {current.n} of {current.day} could not be issued: "
            f"{facts.refused.message}",
            refusal=facts.refused.code,
        )
        return (*skipped, paused)
    upcoming = plan.following(current.n, days, state.skipped_ahead)
    return (*skipped, _issued(state, current, upcoming, at))


def _skipped(
    passed: PlannedOccurrence, upcoming: PlannedOccurrence | None, at: datetime
) -> e.OccurrenceSkipped:
    return e.OccurrenceSkipped(
        occurred_at=at,
        by=BY_SYSTEM,
        n=passed.n,
        day=passed.day,
        why="deadline-passed",
        reason="",
        next=upcoming,
    )


def _issued(
    state: Recurrence,
    current: PlannedOccurrence,
    upcoming: PlannedOccurrence | None,
    at: datetime,
) -> e.OccurrenceIssued:
    number = filled(state.terms.number, current.n, current.day)
    return e.OccurrenceIssued(
        occurred_at=at,
        by=BY_SYSTEM,
        n=current.n,
        day=current.day,
        deadline=current.deadline,
        instruction=instruction_id(number),
        number=number,
        due_at=current.issue_at,
        late=at - current.issue_at > PUNCTUAL,
        next=upcoming,
    )
