"""How an instruction or a recurrence stands by its events, beside what its row in `remit.streams` says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.discrepancy import Discrepancy, Kind
from domain.identifiers import StreamId
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import DeliveryOutcome, NotifyingEvent
from domain.instruction.planning import never_planned
from domain.instruction.state import Unissued, is_closed
from domain.outcomes import NoticeKey
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.events import RecurrenceEvent
from domain.recurrence.state import Recurrence, at_rest
from domain.recurrence.state import next_wake as recurrence_wake
from eventstore.codec import AnyEvent, UndecodableEvent, decoded
from eventstore.protocol import StoredEvent, StreamHead
from eventstore.replay import read_as_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """Something that is to happen, and has not."""

    what: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One stream: its row in `remit.streams`, and how it stood then by its events."""

    head: StreamHead
    number: str | None = None
    """An instruction's; None if it was never issued."""
    phase: str
    closed: bool
    """Nothing falls due by itself, and no workflow is to run."""
    wake: datetime | None
    due: Sequence[Due]
    """All that is waited for, whenever that is."""
    never_planned: bool = False
    """Of an instruction: what it waits for was not recorded, as it should have been."""
    unsettled: Mapping[NoticeKey, datetime]
    """Its notices without an outcome, and since when each is to be sent: recorded, or released."""
    recorded_last: datetime
    """Its last event, also if that came after the row was read."""

    @property
    def stream(self) -> StreamId:
        return self.head.stream_id

    def found(self, kind: Kind, detail: str) -> Discrepancy:
        return Discrepancy(kind=kind, stream=self.stream, number=self.number, detail=detail)


def instruction_standing(head: StreamHead, stored: Sequence[StoredEvent]) -> Standing | Discrepancy:
    """How an instruction stands by its events up to its row's version; or that they cannot be read.

    Args:
        head: its row in `remit.streams`.
        stored: its events in version order; there may be more since the row was read.
    """
    then = _up_to(head, stored)
    try:
        events = read_as_of(then)
    except UndecodableEvent as error:
        return _unreadable(head, str(error))
    if not events:
        return _without_events(head)
    state = instruction_decider.fold(events)
    unissued = isinstance(state, Unissued)
    return Standing(
        head=head,
        number=None if unissued else state.record.number,
        phase="never issued" if unissued else state.phase,
        closed=is_closed(state),
        wake=next_wake(state),
        due=[
            Due(what=f"{one.key.rule}, occurrence {one.key.occurrence}", at=one.acts_at)
            for one in planned(state)
        ],
        never_planned=never_planned(state),
        unsettled=_unsettled(then, events),
        recorded_last=stored[-1].recorded_at,
    )


def recurrence_standing(head: StreamHead, stored: Sequence[StoredEvent]) -> Standing | Discrepancy:
    """The same of a recurrence, which waits for one thing at most: the moment to issue its next occurrence."""
    then = _up_to(head, stored)
    try:
        events: Sequence[RecurrenceEvent] = list(decoded(then))
    except UndecodableEvent as error:
        return _unreadable(head, str(error))
    if not events:
        return _without_events(head)
    state = recurrence_decider.replay(events)
    return Standing(
        head=head,
        phase="never started" if state is None else state.phase,
        closed=at_rest(state),
        wake=recurrence_wake(state),
        due=_occurrence_due(state),
        unsettled=_unsettled(then, events),
        recorded_last=stored[-1].recorded_at,
    )


def _occurrence_due(state: Recurrence | None) -> Sequence[Due]:
    wake = recurrence_wake(state)
    if state is None or state.next is None or wake is None:
        return ()
    return (Due(what=f"occurrence {state.next.n} of {state.next.day}", at=wake),)


def _up_to(head: StreamHead, stored: Iterable[StoredEvent]) -> Sequence[StoredEvent]:
    return [event for event in stored if event.version <= head.version]


def _unreadable(head: StreamHead, detail: str) -> Discrepancy:
    return Discrepancy(kind=Kind.UNREADABLE, stream=head.stream_id, number=None, detail=detail)


def _without_events(head: StreamHead) -> Discrepancy:
    return _unreadable(head, "remit.streams has it, no event does; see `remit audit verify`")


def _unsettled(
    stored: Sequence[StoredEvent], events: Sequence[AnyEvent]
) -> Mapping[NoticeKey, datetime]:
    given = {
        NoticeKey(version=one.version, recipient=to.person, channel=to.channel): max(
            one.recorded_at, to.not_before or one.recorded_at
        )
        for one, event in zip(stored, events, strict=True)
        if isinstance(event, NotifyingEvent)
        for to in event.notices
    }
    for event in events:
        if isinstance(event, DeliveryOutcome):
            given.pop(event.notice, None)
    return given
