"""Computes the due moments of a policy's rules: which instant each of them is.

Done when something they are counted from changes, and recorded (MomentsPlanned) with the calendar and time
zones it rests on; replay reads what was recorded. A moment that lies before its schedule took effect (an
import, a deadline set in less than the reminder's offset) never acts; it is recorded as suppressed.
"""

from dataclasses import dataclass

from domain.directory.state import Directory
from domain.instruction.counting import Counting
from domain.instruction.deadlines import acts, rule_of
from domain.instruction.state import (
    Assigned,
    Begun,
    InstructionState,
    Plan,
    Record,
    Reported,
    Working,
)
from domain.instruction.terms import DueKey, PlannedMoment
from domain.working_time import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Planning:
    """What the rules come to, as computed now."""

    plan: Plan
    before_schedule: tuple[DueKey, ...]
    """The moments that will never act, because their schedule took effect only after them."""


def counted_from(state: InstructionState) -> tuple[object, ...]:
    """What its moments are counted from: while that stays the same, none of them moves."""
    if not isinstance(state, Working | Reported):
        return ()
    record = state.record
    return (
        record.policy,
        record.changed_rules,
        record.deadline,
        record.started_at,
        record.issuer,
        record.controller,
        record.scheduled_from,
        record.deadline_revision,
        record.milestones,
        record.escalation.ended,
        record.assignment if isinstance(state, Begun) else record.lead,
        record.assignment_revision,
        isinstance(state, Assigned),
        (state.counts_from, state.scheduled_from) if isinstance(state, Reported) else None,
        len(record.fired) if _counts_from_fired(record) else 0,
    )


def planning(state: InstructionState, directory: Directory) -> Planning:
    """The moments not yet fired or suppressed that the rules now ask for."""
    if not isinstance(state, Working | Reported):
        return Planning(plan=Plan(), before_schedule=())
    counting = Counting(state, directory, _calendar(state.record, directory))
    moments: dict[DueKey, PlannedMoment] = {}
    skipped: list[DueKey] = []
    for moment, took_effect in counting.moments():
        effective = took_effect is None or moment.due_at > took_effect
        if state.record.fired_at(moment.key) is not None:
            continue
        if effective:
            moments[moment.key] = moment
        elif moment.key not in state.record.left_out:
            skipped.append(moment.key)
    return Planning(plan=counting.plan(moments), before_schedule=tuple(skipped))


def never_planned(state: InstructionState) -> bool:
    """Whether its policy asks for something, and no event says when that is or why it will not be."""
    if not isinstance(state, Working | Reported) or state.record.plan.calendar is not None:
        return False
    asked = planning(state, Directory())  # when exactly does not matter
    return bool(asked.plan.moments or asked.before_schedule)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanChange:
    """What of a plan becomes another."""

    moments: tuple[PlannedMoment, ...]
    dropped: tuple[DueKey, ...]


def plan_change(state: InstructionState, to: Plan) -> PlanChange:
    """From what the instruction waits for to what it should. The moments that stay are not named.

    What was left out and lies within its schedule now is, also at the instant that it had before.
    """
    if not isinstance(state, Working | Reported):
        return PlanChange(moments=(), dropped=())
    before, left_out = state.record.plan.moments, state.record.left_out
    return PlanChange(
        moments=tuple(
            m for key, m in to.moments.items() if before.get(key) != m or key in left_out
        ),
        dropped=tuple(
            key for key, m in before.items() if key not in to.moments and _waited_for(m, state)
        ),
    )


def _waited_for(moment: PlannedMoment, state: Working | Reported) -> bool:
    """It would act, or would if the policy still had its rule."""
    record = state.record
    gone = rule_of(moment.key, record.policy) is None and moment.key not in record.fired
    return gone or acts(moment, state)


def outdated(state: InstructionState, directory: Directory) -> bool:
    """Whether a calendar published since bears on what the instruction waits for."""
    if not isinstance(state, Working | Reported):
        return False
    plan = state.record.plan
    if plan.calendar is None or plan.counted is None:
        return False
    calendar = _calendar(state.record, directory)
    if calendar.id != plan.calendar:
        return True
    changes = directory.calendar_changes_since(calendar.id, plan.calendar_version)
    return changes.between(*plan.counted)


def _calendar(record: Record, directory: Directory) -> Calendar:
    """The policy's own, else that of whoever is charged."""
    named = record.policy.calendar
    known = directory.calendars.get(named) if named is not None else None
    return known.calendar if known else directory.calendar_of(record.lead or record.issuer)


def _counts_from_fired(record: Record) -> bool:
    policy = record.policy
    return policy.progress is not None or any(
        step.since == "previous" for step in policy.escalation
    )
