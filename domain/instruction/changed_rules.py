"""Which rules another policy changes, and what that makes of their due moments.

A rule is changed if its moments come at others than before; whom it tells and what it does then may differ. What
has not changed goes on as it was. What has begins a revision of its own, so that nothing of it counts as fired.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.changed import changed
from domain.instruction import events as e
from domain.instruction.state import Record, RuleChange
from domain.policies import EscalationStep, Policy, WorkingSpan

_Span = timedelta | WorkingSpan


def with_policy(record: Record, event: e.PolicyChanged) -> Record:
    """Under the other policy."""
    before, after = dict(_when(record.policy)), dict(_when(event.policy))
    differing = {rule for rule in {*before, *after} if before.get(rule) != after.get(rule)}
    changes = {
        rule: RuleChange(
            revisions=_revisions(record, rule) if rule in before else _base(record, rule),
            since=event.scheduled_from,
        )
        for rule in sorted(differing)
    }
    return changed(
        record,
        policy=event.policy,
        priority=event.priority,
        changed_rules={**record.changed_rules, **changes},
    )


def revision(record: Record, rule: str, of_schedule: int) -> int:
    """Of a moment of the rule, which counts from something of that revision."""
    return _base(record, rule) + of_schedule


def schedule_revision(record: Record, rule: str, revision: int) -> int:
    """Of what a moment of the rule counts from."""
    return revision - _base(record, rule)


def asked_since(record: Record, rule: str) -> datetime | None:
    """Since when the rule asks for what it does; None if it always did."""
    change = record.changed_rules.get(rule)
    return None if change is None else change.since


def _base(record: Record, rule: str) -> int:
    change = record.changed_rules.get(rule)
    return 0 if change is None else change.revisions


def _revisions(record: Record, rule: str) -> int:
    """As many as any moment of the rule can have had, whatever it counted from."""
    return _base(record, rule) + max(
        record.deadline_revision,
        record.assignment_revision,
        record.submission_revision,
        *(standing.revision for standing in record.milestones),
        0,
    )


def _when(policy: Policy) -> Iterator[tuple[str, object]]:
    """By rule, all that decides when its moments come."""
    for rule in policy.reminders:
        spans, rolls = (rule.offset, rule.repeat and rule.repeat.every), rule.off_days != "as-is"
        yield rule.id, _by_calendar(rule, policy, *spans, rolls=rolls)
    yield from _when_of_steps(policy)
    for name, within in (
        ("acknowledgement", policy.acknowledge_within),
        ("acceptance", policy.accept_within),
    ):
        if within is not None:
            yield name, _by_calendar(within, policy, within)
    cycle = policy.progress
    if cycle is not None:
        rolls = cycle.off_days != "as-is"
        yield "progress", _by_calendar(cycle, policy, cycle.every, rolls=rolls)


def _when_of_steps(policy: Policy) -> Iterator[tuple[str, object]]:
    """A step since the previous one comes when that and all before it, back to where they count from, say."""
    chain: tuple[EscalationStep, ...] = ()
    again = None
    for step in policy.escalation:
        chain = (*chain, step) if step.since == "previous" else (step,)
        if policy.again is not None and policy.again.since == step.id:
            again = (policy.again.every, policy.again.times)
        when = tuple((one.after, one.since, one.at, one.off_days) for one in chain)
        yield (
            step.id,
            _by_calendar(
                (when, step.repeat, again),
                policy,
                *(one.after for one in chain),
                step.repeat and step.repeat.every,
                again and again[0],
                rolls=any(one.off_days != "as-is" for one in chain),
            ),
        )


def _by_calendar(when: object, policy: Policy, *spans: _Span | None, rolls: bool = False) -> object:
    """With the calendar, if the moments depend on it."""
    working = any(isinstance(span, WorkingSpan) for span in spans)
    return (when, policy.calendar) if working or rolls else when
