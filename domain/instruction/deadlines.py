"""What is due when: every moment an instruction waits for, from its state alone.

A moment is *planned* for `due_at` and identified by its `DueKey`. Those of the policy's rules were computed and
recorded when their schedule was set (planning.py); those of deadlines are the deadlines themselves. A moment
*acts* at `acts_at`: later than planned only where an operator silenced the chain, or an extension request
held it up, until then; or where it lay in the past when its clock was set going: by an entry of what had
happened, by a report that stands no more, by a resumption.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.instruction.state import (
    Assigned,
    Begun,
    InstructionState,
    OpenState,
    Record,
    Reported,
    Working,
)
from domain.instruction.terms import DueKey, PlannedMoment
from domain.policies import BuiltIn, EscalationStep, Policy, ProgressCycle, ReminderRule, RuleId

What = ReminderRule | EscalationStep | ProgressCycle | BuiltIn
_OF_MILESTONE = "/"


@dataclass(frozen=True, kw_only=True, slots=True)
class DueMoment:
    key: DueKey
    due_at: datetime
    acts_at: datetime
    what: What


def planned(state: InstructionState) -> tuple[DueMoment, ...]:
    """The moments still to act, soonest first. None while it is proposed, suspended or closed."""
    return tuple(sorted(_all(state), key=lambda m: (m.acts_at, m.due_at)))


def next_wake(state: InstructionState) -> datetime | None:
    """When the instruction next has something due; None if nothing is planned."""
    return min((m.acts_at for m in _all(state)), default=None)


def acts(moment: PlannedMoment, state: InstructionState) -> bool:
    """Whether the moment is waited for as the instruction stands."""
    if not isinstance(state, OpenState) or moment.key in state.record.fired:
        return False
    what = rule_of(moment.key, state.record.policy)
    if what is None:
        return False
    if moment.since == "submission":
        return isinstance(state, Reported)
    if not isinstance(state, Working):
        return False  # a submission that stands stops the clock
    if isinstance(what, EscalationStep) and state.record.escalation.ended:
        return False
    if isinstance(what, ProgressCycle):
        return isinstance(state, Begun)
    return moment.since != "assignment" or isinstance(state, Assigned)


def rule_of(key: DueKey, policy: Policy) -> What | None:
    """What the moment is of; None if the policy has it no more."""
    rule = rule_id(key.rule)
    match rule:
        case "progress":
            return policy.progress
        case "deadline" | "extension-decision" | "acknowledgement" | "acceptance" | "milestone":
            return rule
        case _:
            return policy.reminder(rule) or policy.step(rule)


def rule_id(rule: str) -> RuleId:
    """The id of a rule as the policy has it, of its name in a due moment's identity."""
    return rule.partition(_OF_MILESTONE)[0]


def milestone_of(key: DueKey) -> str | None:
    """The id of the milestone that the moment is of, if it is of one."""
    return key.rule.partition(_OF_MILESTONE)[2] or None


def rule_of_milestone(rule: str, milestone: str) -> str:
    """How a rule is named in the identity of a milestone's due moment."""
    return f"{rule}{_OF_MILESTONE}{milestone}"


def _all(state: InstructionState) -> Iterator[DueMoment]:
    if not isinstance(state, OpenState):
        return
    record = state.record
    if record.extension is not None:
        key = DueKey(rule="extension-decision", occurrence=1, revision=record.extension_revision)
        yield _at(key, record.extension.decide_by, "extension-decision", record)
    if isinstance(state, Working):
        yield from _deadlines(record)
    for moment in record.plan.moments.values():
        if not acts(moment, state):
            continue
        what = rule_of(moment.key, record.policy)
        assert what is not None
        if not isinstance(what, EscalationStep):
            yield _at(moment.key, moment.due_at, what, record, *_took_effect(moment, state))
        elif not _held(record):
            yield _at(moment.key, moment.due_at, what, record, *_silenced_until(record))


def _deadlines(record: Record) -> Iterator[DueMoment]:
    """That a deadline passed is a fact: it is never left out."""
    key = DueKey(rule="deadline", occurrence=1, revision=record.deadline_revision)
    if key not in record.fired:
        yield _at(key, record.deadline.instant, "deadline", record, record.scheduled_from)
    for standing in record.milestones:
        milestone = standing.milestone
        rule = rule_of_milestone("milestone", milestone.id)
        key = DueKey(rule=rule, occurrence=1, revision=standing.revision)
        if standing.open and key not in record.fired:
            due_at = milestone.due.instant
            yield _at(key, due_at, "milestone", record, standing.scheduled_from)


def _at(
    key: DueKey, due_at: datetime, what: What, record: Record, *not_before: datetime
) -> DueMoment:
    turned = () if record.turned_at is None else (record.turned_at,)
    acts_at = max((due_at, *turned, *not_before))
    return DueMoment(key=key, due_at=due_at, acts_at=acts_at, what=what)


def _took_effect(moment: PlannedMoment, state: OpenState) -> Iterator[datetime]:
    """Since when it is known what it counts from, and that it is asked for."""
    change = state.record.changed_rules.get(rule_id(moment.key.rule))
    if change is not None:
        yield change.since
    if moment.since == "submission" and isinstance(state, Reported):
        yield state.scheduled_from
    if moment.since == "assignment" and state.record.assignment is not None:
        yield state.record.assignment.scheduled_from


def _held(record: Record) -> bool:
    return record.extension is not None and record.extension.holds_chain


def _silenced_until(record: Record) -> list[datetime]:
    standing = record.escalation
    return [m for m in (standing.silenced_until, standing.resumed_at) if m is not None]
