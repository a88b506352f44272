"""A life lived again: what people did, at their times, with the machinery acting on time under some policy.

No rules of its own: moments are planned, fall due and are recorded by the very functions that do so in
earnest, over the state that `evolve` makes. What people did stays as it was, though under other rules they
might have done otherwise: an escalation that never came is still acknowledged, if it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.attribution import BY_SYSTEM, Attribution
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import CheckDeadlines
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.extension import decide_by
from domain.instruction.decisions.machinery import check_deadlines, replanned
from domain.instruction.evolution import evolve
from domain.instruction.state import InstructionState, Unissued
from domain.policies import Policy, policy_hash

_CHECK = CheckDeadlines(command_id="backtest", actor="system", instruction="instruction-backtest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What was recorded together, but for the machinery's own part in it."""

    at: datetime
    """When it was entered: later than it occurred, if it was entered as history."""
    events: tuple[e.InstructionEvent, ...]


def by_machinery(event: e.InstructionEvent) -> bool:
    """Whether it follows from the rules and time alone, or from a notice that was given."""
    match event:
        case e.Escalated() | e.ProgressRequested():
            return event.moment is not None
        case e.InstructionAssigned():
            return event.by == BY_SYSTEM
        case _:
            return isinstance(event, _OF_MACHINERY)


_OF_MACHINERY = (
    e.MomentsPlanned,
    e.ReminderDue,
    e.ReminderSuppressed,
    e.DeadlinePassed,
    e.MilestoneMissed,
    e.ExtensionExpired,
    e.NotificationDelivered,
    e.NotificationFailed,
    e.NotificationSuppressed,
)


def as_it_occurred(deeds: Iterable[Deed]) -> tuple[Deed, ...]:
    """The same as if each had been entered when it happened: what history left out then counts."""
    made: list[Deed] = []
    for deed in deeds:
        at = deed.events[0].occurred_at
        at = max(at, made[-1].at) if made else at
        made.append(Deed(at=at, events=tuple(_entered(event, at) for event in deed.events)))
    return tuple(made)


def _entered(event: e.InstructionEvent, at: datetime) -> e.InstructionEvent:
    known = "scheduled_from" in type(event).model_fields
    return event.model_copy(update={"occurred_at": at, **({"scheduled_from": at} if known else {})})


def relived(
    deeds: Sequence[Deed], facts: Facts, until: datetime, policy: Policy | None = None
) -> tuple[e.InstructionEvent, ...]:
    """All that would be on record by `until`, in order.

    Between two deeds the machinery acts on every moment as it comes. Costs a plan for each deed and each
    moment that fires; a plan costs about as many steps as the policy has occurrences.

    Args:
        deeds: in the order in which they were recorded.
        facts: the directory and calendars as they stand now, at all times.
        policy: instead of those in force; None relives it under these, changes of policy included.
    """
    life = _Life(facts, policy)
    for deed in deeds:
        if deed.at > until:
            break
        life.until(deed.at)
        life.take(deed)
    life.until(until)
    return tuple(life.events)


class _Life:
    def __init__(self, facts: Facts, policy: Policy | None) -> None:
        self._facts = facts
        self._policy = policy
        self._state: InstructionState = Unissued()
        self._clock: datetime | None = None
        self.events: list[e.InstructionEvent] = []

    def until(self, moment: datetime) -> None:
        """Let the machinery act on all that falls due by then; of what is entered at once, nothing between."""
        if self._clock is None or moment <= self._clock:
            self._clock = moment
            return
        while (wake := next_wake(self._state)) is not None and wake <= moment:
            self._clock = max(self._clock, wake)
            ctx = self._context(BY_SYSTEM, self._clock, self._clock)
            before = self._state
            fired = check_deadlines(_CHECK, before, ctx)
            assert fired, "what wakes it is due"
            self._record(fired)
            self._record(replanned(before, self._state, ctx))
        self._clock = moment

    def take(self, deed: Deed) -> None:
        before = self._state
        for event in deed.events:
            self._record(tuple(self._under_policy(event, deed.at)))
        last = deed.events[-1]
        ctx = self._context(last.by, last.occurred_at, deed.at)
        self._record(replanned(before, self._state, ctx))

    def _under_policy(
        self, event: e.InstructionEvent, at: datetime
    ) -> Iterator[e.InstructionEvent]:
        """The event as it would be if it is the other policy that is followed."""
        if self._policy is None:
            yield event
            return
        match event:
            case e.Proposed() | e.InstructionIssued():
                yield _with_policy(event, self._policy)
            case e.PolicyChanged():
                changed = _with_policy(event, self._policy)
                state = self._state
                if isinstance(state, Unissued) or changed.policy != state.record.policy:
                    yield changed
            case e.ExtensionRequested():
                if isinstance(self._state, Unissued):
                    yield event
                    return
                ctx = self._context(event.by, event.occurred_at, at)
                yield event.model_copy(update={"decide_by": decide_by(self._state.record, ctx)})
            case _:
                yield event

    def _context(self, by: Attribution, occurred_at: datetime, at: datetime) -> Context:
        return Context(by=by, occurred_at=occurred_at, at=at, facts=self._facts)

    def _record(self, events: Iterable[e.InstructionEvent]) -> None:
        for event in events:
            self._state = evolve(self._state, event)
            self.events.append(event)


def _with_policy(
    event: e.Proposed | e.InstructionIssued | e.PolicyChanged, policy: Policy
) -> e.Proposed | e.InstructionIssued | e.PolicyChanged:
    rules = policy.of_priority(event.priority)
    return event.model_copy(update={"policy": rules, "policy_hash": policy_hash(rules)})
