"""What became of every due moment, from the events alone: each fired once, at its instant, or there is a reason.

Between events the state says what is waited for and when it acts (domain/instruction/deadlines.py). Whatever was
waited for must fire at that instant, or go for one of the reasons named here. A moment that lies in the past when it
comes to be waited for (it was suspended, or the policy gained a rule) must fire at once, and say that it is late.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from domain.identifiers import StreamId
from domain.instruction import events as e
from domain.instruction.deadlines import DueMoment, milestone_of, next_wake, planned
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.evolution import evolve
from domain.instruction.state import InstructionState
from domain.instruction.terms import DueKey
from domain.policies import EscalationStep, ProgressCycle, ReminderRule
from eventstore.codec import decoded
from eventstore.protocol import StoredEvent

Ending = Literal["fired", "collapsed", "suppressed", "dropped", "overtaken", "ahead"]
Firing = (
    e.ReminderDue
    | e.Escalated
    | e.ProgressRequested
    | e.MilestoneMissed
    | e.DeadlinePassed
    | e.ExtensionExpired
)
_PUNCTUAL = timedelta(minutes=1)
_OVERTAKING = (
    e.CompletionReported, e.InstructionCompleted, e.ReportWithdrawn, e.ReturnedForRework, e.Suspended, e.Resumed,
    e.Cancelled, e.Reopened, e.InstructionAssigned, e.AssignmentAcknowledged, e.AssignmentDeclined,
    e.ProgressReported, e.MilestoneReached, e.MilestonesSet, e.PolicyChanged, e.ExtensionRequested,
    e.ExtensionApproved, e.ExtensionRefused, e.ExtensionWithdrawn, e.DeadlineChanged, e.Deescalated,
    e.EscalationAcknowledged, e.EscalationSnoozed,
)  # fmt: skip
"""After which something may be waited for no more, or not yet."""


@dataclass(kw_only=True, slots=True)
class Fate:
    """Of one due moment."""

    kind: str
    ending: Ending
    why: str = ""
    at: datetime | None = None
    """When it fired."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A due moment that is yet to fire."""

    due_at: datetime
    acts_at: datetime
    since: datetime
    """When it came to be waited for with this instant."""

    @property
    def instant(self) -> datetime:
        return max(self.acts_at, self.since)


@dataclass(kw_only=True)
class Account:
    """One instruction's."""

    stream: StreamId
    tolerance: timedelta
    """By how much a check may come after its moment: none under a clock that jumps."""
    fates: dict[DueKey, Fate] = field(default_factory=dict[DueKey, Fate])
    findings: list[str] = field(default_factory=list[str])
    moved: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """How often moments were planned for another instant: by kind, and because of what."""
    past_when_planned: int = 0
    """Moments that lay in the past when they came to be waited for."""
    states: list[tuple[datetime, InstructionState]] = field(
        default_factory=list[tuple[datetime, InstructionState]]
    )
    """After each command, and since when."""
    waiting: dict[DueKey, Waiting] = field(default_factory=dict[DueKey, Waiting])
    """What is waited for as far as the account has got."""

    @property
    def state(self) -> InstructionState:
        return self.states[-1][1]

    def add(self, at: datetime, what: str) -> None:
        self.findings.append(f"{self.stream} at {at:%Y-%m-%d %H:%M:%S}: {what}")


def account(
    stored: Sequence[StoredEvent], ends: datetime, *, tolerance: timedelta = timedelta(0)
) -> Account:
    """Of one instruction's stream, until `ends`."""
    of = Account(stream=stored[0].stream_id, tolerance=tolerance)
    state: InstructionState = instruction_decider.initial
    for at, events in _by_command(stored):
        _nothing_overdue(of, at)
        for event in events:
            if isinstance(event, Firing) and event.moment is not None:
                _fired(of, event, event.moment, state)
            elif isinstance(event, e.ReminderSuppressed):
                _suppressed(of, event, state)
            state = evolve(state, event)
        of.states.append((at, state))
        _wait(of, at, state, events)
    _nothing_overdue(of, ends + of.tolerance)
    wake = next_wake(state)
    if wake is not None and wake <= ends:
        of.add(ends, f"its next wake {wake} does not lie ahead")
    return of


def _by_command(
    stored: Sequence[StoredEvent],
) -> Iterator[tuple[datetime, Sequence[e.InstructionEvent]]]:
    """The events of each command together; what became of notices is left out."""
    for _, group in groupby(stored, key=lambda event: event.command_id):
        events = [one for one in decoded(group) if not isinstance(one, e.DeliveryOutcome)]
        if events:
            yield events[0].occurred_at, events


def _nothing_overdue(of: Account, at: datetime) -> None:
    for key, waiting in of.waiting.items():
        if waiting.instant + of.tolerance < at:
            of.add(at, f"{_named(key)} should have fired at {waiting.instant}, and has not")


def _fired(of: Account, event: Firing, moment: DueKey, state: InstructionState) -> None:
    waited_for = {m.key: m for m in planned(state)}
    collapsed = getattr(event, "collapsed", ())
    for key in (*collapsed, moment):
        due = waited_for.get(key)
        if _ended(of, key):
            of.add(event.occurred_at, f"{_named(key)} has fired or ended before")
        if due is None:
            of.add(event.occurred_at, f"{_named(key)} fired though it was not waited for")
            continue
        waiting = _since(of, due, event.occurred_at)
        after = event.occurred_at - waiting.instant
        if not timedelta(0) <= after <= of.tolerance:
            of.add(event.occurred_at, f"{_named(key)} fired {after} after its instant")
        ending: Ending = "fired" if key == moment else "collapsed"
        _end(of, key, _kind(due), ending, at=event.occurred_at)
        if key == moment:
            _says_so(of, event, due, waiting)


def _says_so(of: Account, event: Firing, due: DueMoment, waiting: Waiting) -> None:
    """The event names the instant that was computed, and is late only where it comes long after that."""
    if event.due_at != due.due_at:
        of.add(event.occurred_at, f"{_named(due.key)} was due {due.due_at}, not {event.due_at}")
    of.past_when_planned += waiting.since - due.acts_at > _PUNCTUAL
    if event.late != (event.occurred_at - due.acts_at > _PUNCTUAL):
        of.add(event.occurred_at, f"{_named(due.key)} says late={event.late}")


def _suppressed(of: Account, event: e.ReminderSuppressed, state: InstructionState) -> None:
    waited_for = {m.key: m for m in planned(state)}
    for key in event.moments:
        if _ended(of, key):
            of.add(event.occurred_at, f"{_named(key)} is suppressed, and had ended before")
        due = waited_for.get(key)
        if due is not None and event.why != "before-schedule":
            after = event.occurred_at - _since(of, due, event.occurred_at).instant
            if not timedelta(0) <= after <= of.tolerance:
                of.add(event.occurred_at, f"{_named(key)} suppressed {after} after its instant")
        kind = _kind(due) if due else _kind_by_name(key, state)
        _end(of, key, kind, "suppressed", why=event.why)


def _wait(
    of: Account, at: datetime, state: InstructionState, events: Iterable[e.InstructionEvent]
) -> None:
    """Compare what is waited for now with what was, and ask for the reason of what went."""
    now = {m.key: _since(of, m, at) for m in planned(state)}
    dropped = [key for one in events if isinstance(one, e.MomentsPlanned) for key in one.dropped]
    overtaken = next((one.type for one in events if isinstance(one, _OVERTAKING)), None)
    # Steps may count from when the one before fired.
    otherwise = "Escalated" if any(isinstance(one, e.Escalated) for one in events) else "calendar"
    for key, waiting in of.waiting.items():
        fate = of.fates[key]
        if key in now:
            if now[key].due_at != waiting.due_at:
                of.moved[fate.kind, overtaken or otherwise] += 1
        elif not _ended(of, key):
            if key in dropped:
                fate.ending, fate.why = "dropped", overtaken or otherwise
            elif overtaken is not None:
                fate.ending, fate.why = "overtaken", overtaken
            else:
                of.add(at, f"{_named(key)} is waited for no more, and nothing says why")
    for moment in planned(state):
        known = of.fates.get(moment.key)
        if known is None:
            of.fates[moment.key] = Fate(kind=_kind(moment), ending="ahead")
        elif _ended(of, moment.key) and not _due_again(moment.key, known, events):
            of.add(at, f"{_named(moment.key)} is waited for again after it fired")
        else:
            known.ending, known.why = "ahead", ""
    of.waiting = now


def _since(of: Account, moment: DueMoment, at: datetime) -> Waiting:
    before = of.waiting.get(moment.key)
    if before is not None and (before.due_at, before.acts_at) == (moment.due_at, moment.acts_at):
        return before
    return Waiting(due_at=moment.due_at, acts_at=moment.acts_at, since=at)


def _due_again(key: DueKey, fate: Fate, events: Iterable[e.InstructionEvent]) -> bool:
    """Left out of its schedule, it was planned once it lay within it."""
    planned_now = (
        m.key for one in events if isinstance(one, e.MomentsPlanned) for m in one.moments
    )
    return fate.why == "before-schedule" and key in planned_now


def _ended(of: Account, key: DueKey) -> bool:
    fate = of.fates.get(key)
    return fate is not None and fate.ending in ("fired", "collapsed", "suppressed")


def _end(
    of: Account,
    key: DueKey,
    kind: str,
    ending: Ending,
    *,
    why: str = "",
    at: datetime | None = None,
) -> None:
    of.fates[key] = Fate(kind=kind, ending=ending, why=why, at=at)


def _kind(moment: DueMoment) -> str:
    match moment.what:
        case ReminderRule():
            return "milestone reminder" if milestone_of(moment.key) else "reminder"
        case EscalationStep():
            return "escalation"
        case ProgressCycle():
            return "progress request"
        case _:
            return str(moment.what)


def _kind_by_name(key: DueKey, state: InstructionState) -> str:
    """Of a moment that was never waited for: its schedule took effect only after it."""
    record = getattr(state, "record", None)
    if record is not None and record.policy.step(key.rule) is not None:
        return "escalation"
    if key.rule == "progress":
        return "progress request"
    return "milestone reminder" if milestone_of(key) else "reminder"


def _named(key: DueKey) -> str:
    return f"{key.rule} ({key.occurrence}, revision {key.revision})"
