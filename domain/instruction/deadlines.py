"""What is due when: every moment an instruction waits for, planned from its state alone.

A moment is *planned* for `due_at` and identified by its `DueKey`. It *acts* at `acts_at`: later than
planned only where an operator silenced the chain, or an extension request held it up, until then. One
that lies before its schedule took effect (an import, a deadline set in less than the reminder's offset)
never acts; the decision that set the schedule records it as suppressed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.instruction.state import (
    Assigned,
    InstructionState,
    Record,
    Reported,
    Working,
)
from domain.instruction.terms import DueKey
from domain.policies import BuiltIn, EscalationStep, ReminderRule, Repeat
from domain.working_time import shift


@dataclass(frozen=True, kw_only=True, slots=True)
class DueMoment:
    key: DueKey
    due_at: datetime
    acts_at: datetime
    what: ReminderRule | EscalationStep | BuiltIn


def planned(state: InstructionState) -> tuple[DueMoment, ...]:
    """The moments still to act, soonest first. None while it is proposed, suspended or closed."""
    moments = (m for m, effective in _all(state) if effective)
    return tuple(sorted(moments, key=lambda m: (m.acts_at, m.due_at)))


def before_schedule(state: InstructionState) -> tuple[DueKey, ...]:
    """The moments that will never act, because their schedule took effect only after them."""
    return tuple(m.key for m, effective in _all(state) if not effective)


def counted_from(state: InstructionState) -> tuple[object, ...]:
    """What its moments are counted from: while that stays the same, none comes to lie before it."""
    if not isinstance(state, Working):
        return ()
    record = state.record
    return (
        record.policy,
        record.deadline,
        record.scheduled_from,
        record.deadline_revision,
        record.escalation.ended,
        record.assignment if isinstance(state, Assigned) else None,
        record.assignment_revision,
    )


def next_wake(state: InstructionState) -> datetime | None:
    """When the instruction next has something due; None if nothing is planned."""
    return min((m.acts_at for m in planned(state)), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Schedule:
    """What rules count from, and since when it holds."""

    since: Literal["deadline", "assignment"]
    start: datetime
    took_effect: datetime
    revision: int


def _all(state: InstructionState) -> Iterator[tuple[DueMoment, bool]]:
    """Every moment not yet fired or suppressed, and whether it lies within its schedule."""
    if isinstance(state, Working | Reported):
        yield from _extension_decision(state.record)
    if not isinstance(state, Working):
        return  # a submission that stands stops every clock but that of an open request
    record = state.record
    deadline = _Schedule(
        since="deadline",
        start=record.deadline.instant,
        took_effect=record.scheduled_from,
        revision=record.deadline_revision,
    )
    yield from _deadline_itself(record, deadline)
    for rule in record.policy.reminders:
        offset = -rule.offset if rule.side == "before" else rule.offset
        yield from _moments(record, deadline, rule, shift(deadline.start, offset, _zone(record)))
    if record.escalation.ended:
        return
    yield from _escalation(record, deadline)
    if isinstance(state, Assigned) and record.assignment is not None:
        unacknowledged = _Schedule(
            since="assignment",
            start=record.assignment.counts_from,
            took_effect=record.assignment.scheduled_from,
            revision=record.assignment_revision,
        )
        yield from _escalation(record, unacknowledged)


def _zone(record: Record) -> str:
    return record.deadline.zone


def _deadline_itself(record: Record, schedule: _Schedule) -> Iterator[tuple[DueMoment, bool]]:
    """That the deadline passed is a fact, and tells nobody: it is never left out."""
    key = DueKey(rule="deadline", occurrence=1, revision=schedule.revision)
    if key not in record.fired:
        yield (
            DueMoment(key=key, due_at=schedule.start, acts_at=schedule.start, what="deadline"),
            True,
        )


def _escalation(record: Record, schedule: _Schedule) -> Iterator[tuple[DueMoment, bool]]:
    """The steps that count from the schedule's start, directly or through the step before them.

    A step that lies before its schedule is left out; the next counts from when it was planned for.
    """
    before: datetime | None = None
    for step in record.policy.escalation:
        if step.since != "previous":
            before = schedule.start if step.since == schedule.since else None
        if before is None:
            continue
        first = shift(before, step.after, _zone(record))
        yield from _moments(record, schedule, step, first)
        if first <= schedule.took_effect:
            before = first
        else:
            before = record.fired.get(_key(step, 1, schedule))


def _key(rule: ReminderRule | EscalationStep, occurrence: int, schedule: _Schedule) -> DueKey:
    return DueKey(rule=rule.id, occurrence=occurrence, revision=schedule.revision)


def _moments(
    record: Record, schedule: _Schedule, rule: ReminderRule | EscalationStep, first: datetime
) -> Iterator[tuple[DueMoment, bool]]:
    """A rule's occurrences. Escalation waits while a request is open, and while it is silenced."""
    standing = record.escalation
    held_until = [m for m in (standing.silenced_until, standing.resumed_at) if m is not None]
    for due_at, occurrence in _occurrences(first, rule.repeat, _zone(record)):
        key = _key(rule, occurrence, schedule)
        if key in record.fired:
            continue
        effective, acts_at = due_at > schedule.took_effect, due_at
        if isinstance(rule, EscalationStep) and effective:
            if record.extension is not None and record.extension.holds_chain:
                continue
            acts_at = max([due_at, *held_until])
        yield DueMoment(key=key, due_at=due_at, acts_at=acts_at, what=rule), effective


def _extension_decision(record: Record) -> Iterator[tuple[DueMoment, bool]]:
    if record.extension is None:
        return
    key = DueKey(rule="extension-decision", occurrence=1, revision=record.extension_revision)
    due_at = record.extension.decide_by
    yield DueMoment(key=key, due_at=due_at, acts_at=due_at, what="extension-decision"), True


def _occurrences(
    first: datetime, repeat: Repeat | None, zone: str
) -> Iterator[tuple[datetime, int]]:
    yield first, 1
    if repeat is not None:
        for n in range(1, repeat.times + 1):
            yield shift(first, n * repeat.every, zone), n + 1
