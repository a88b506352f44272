"""Completeness: whether everything that ought to happen has happened, or is attended to.

Verification proves that the recorded events are what they were. Here each instruction is folded from its
events, and that is compared with what conducts it: its row in `remit.streams`, which the watchdog goes
by, its workflow, its due moments and its notices. What was recorded or started within a grace period is
still on its way and left out.
"""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.identifiers import INSTRUCTION_PREFIX, InstructionId
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import DeliveryOutcome, InstructionEvent, NotifyingEvent
from domain.instruction.planning import never_planned
from domain.instruction.state import InstructionState, Unissued, is_closed
from domain.outcomes import NoticeKey
from eventstore.codec import UndecodableEvent
from eventstore.protocol import EventStore, StoredEvent, StreamHead
from eventstore.replay import read_as_of

_PAGE = 1000

Running = Callable[[str, str | None], Awaitable[Mapping[InstructionId, datetime]]]
"""Which instructions' workflows run, and since when: those whose id comes after the first bound and,
unless it is None, not after the second."""


class Kind(StrEnum):
    """What can be wrong. Codes are stable."""

    NO_WORKFLOW = "no-workflow"
    """The instruction is open, and no workflow of it runs."""
    STRAY_WORKFLOW = "stray-workflow"
    """A workflow runs for an instruction that is closed or was never issued."""
    WAKE_OVERDUE = "wake-overdue"
    """The moment at which the instruction was to be woken went by, and nothing was recorded."""
    DUE_WITHOUT_EVENT = "due-without-event"
    """A due moment has neither fired nor been suppressed."""
    NOTICE_WITHOUT_OUTCOME = "notice-without-outcome"
    """A notice was neither delivered, nor failed, nor suppressed."""
    NOTICE_NOT_IN_OUTBOX = "notice-not-in-outbox"
    """Such a notice is missing in the outbox as well: nobody will see to it."""
    WAKE_DIFFERS = "wake-differs"
    """`remit.streams` says another moment than the events do."""
    CLOSED_DIFFERS = "closed-differs"
    """`remit.streams` says closed, the events say open, or the other way round."""
    UNREADABLE = "unreadable"
    """An event cannot be read, so nothing else can be said of the instruction."""


_ATTEND = "`remit recover`, with a worker running"
_RECORD_ANYTHING = "record anything in it, such as `remit comment`: each event sets it anew"
WAYS_OUT: Mapping[Kind, str] = {
    Kind.NO_WORKFLOW: _ATTEND,
    Kind.STRAY_WORKFLOW: "run a worker, then it ends by itself; or `temporal workflow terminate`",
    Kind.WAKE_OVERDUE: _ATTEND,
    Kind.DUE_WITHOUT_EVENT: _ATTEND,
    Kind.NOTICE_WITHOUT_OUTCOME: "run a worker: its watchdog has it sent within minutes",
    Kind.NOTICE_NOT_IN_OUTBOX: "tell the person another way; `remit audit verify` for what was altered",
    Kind.WAKE_DIFFERS: f"{_RECORD_ANYTHING}; then `remit audit verify` for what was altered",
    Kind.CLOSED_DIFFERS: f"{_RECORD_ANYTHING}; then `remit audit verify` for what was altered",
    Kind.UNREADABLE: "as the sentence says",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Discrepancy:
    """One thing that is not as the events of an instruction say."""

    kind: Kind
    instruction: InstructionId
    number: str | None
    """None if it was never issued, or cannot be read."""
    detail: str

    @property
    def way_out(self) -> str:
        return WAYS_OUT[self.kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class InstructionStanding:
    """One instruction: its row in `remit.streams`, and how it stood then by its events."""

    head: StreamHead
    state: InstructionState
    unsettled: Mapping[NoticeKey, datetime]
    """Its notices without an outcome, and since when each is to be sent: recorded, or released."""
    recorded_last: datetime
    """Its last event, also if that came after the row was read."""

    @property
    def number(self) -> str | None:
        return None if isinstance(self.state, Unissued) else self.state.record.number

    @property
    def phase(self) -> str:
        return "never issued" if isinstance(self.state, Unissued) else self.state.phase

    def found(self, kind: Kind, detail: str) -> Discrepancy:
        return Discrepancy(
            kind=kind, instruction=self.head.stream_id, number=self.number, detail=detail
        )


def instruction_standing(
    head: StreamHead, stored: Sequence[StoredEvent]
) -> InstructionStanding | Discrepancy:
    """How an instruction stands by its events up to its row's version; or that they cannot be read.

    Args:
        head: its row in `remit.streams`.
        stored: its events in version order; there may be more since the row was read.
    """
    then = [event for event in stored if event.version <= head.version]
    try:
        events = read_as_of(then)
    except UndecodableEvent as error:
        return _unreadable(head, str(error))
    if not events:
        return _unreadable(head, "remit.streams has it, no event does; see `remit audit verify`")
    return InstructionStanding(
        head=head,
        state=instruction_decider.fold(events),
        unsettled=_unsettled(then, events),
        recorded_last=stored[-1].recorded_at,
    )


def _unreadable(head: StreamHead, detail: str) -> Discrepancy:
    return Discrepancy(kind=Kind.UNREADABLE, instruction=head.stream_id, number=None, detail=detail)


def _unsettled(
    stored: Sequence[StoredEvent], events: Sequence[InstructionEvent]
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


def examine(
    one: InstructionStanding, outbox: Collection[NoticeKey], *, before: datetime
) -> Iterator[Discrepancy]:
    """What is wrong with one instruction, its workflow left aside.

    Args:
        one: how it stands.
        outbox: its notices that the outbox has as open.
        before: what was due or recorded later than this is still on its way.
    """
    closed, wake = is_closed(one.state), next_wake(one.state)
    if one.head.closed != closed:
        said = f"closed is {one.head.closed}".lower()
        yield one.found(Kind.CLOSED_DIFFERS, f"{said}, but it is {one.phase}")
    if one.head.next_wake != wake:
        said = f"next_wake is {_moment(one.head.next_wake)}"
        yield one.found(Kind.WAKE_DIFFERS, f"{said}, but it is due {_moment(wake)}")
    for notice, given in one.unsettled.items():
        if given < before:
            whom = f"event {notice.version}, to {notice.recipient} by {notice.channel}"
            yield one.found(Kind.NOTICE_WITHOUT_OUTCOME, f"{whom}, to be sent {_moment(given)}")
            if notice not in outbox:
                yield one.found(Kind.NOTICE_NOT_IN_OUTBOX, whom)
    if one.recorded_last >= before:
        return
    if not one.head.closed and one.head.next_wake is not None and one.head.next_wake < before:
        yield one.found(Kind.WAKE_OVERDUE, f"next_wake was {_moment(one.head.next_wake)}")
    for moment in planned(one.state):
        if moment.acts_at < before:
            what = f"{moment.key.rule}, occurrence {moment.key.occurrence}"
            yield one.found(Kind.DUE_WITHOUT_EVENT, f"{what}, was due {_moment(moment.acts_at)}")
    if never_planned(one.state):
        yield one.found(Kind.DUE_WITHOUT_EVENT, "its policy's moments were never planned")


def workflows(
    known: Iterable[InstructionStanding | Discrepancy],
    running: Mapping[InstructionId, datetime],
    *,
    before: datetime,
) -> Iterator[Discrepancy]:
    """What is wrong with the workflows of these instructions, and which run for no instruction.

    Args:
        known: all instructions in a range of ids.
        running: the workflows that run in that range, and since when.
        before: what was recorded or started later than this is still on its way.
    """
    strays = dict(running)
    for one in known:
        if isinstance(one, Discrepancy):
            strays.pop(one.instruction, None)
            continue
        since = strays.pop(one.head.stream_id, None)
        if one.recorded_last >= before:
            continue
        last = _moment(one.recorded_last)
        if since is None and not is_closed(one.state):
            yield one.found(Kind.NO_WORKFLOW, f"{one.phase}, last recorded {last}")
        if since is not None and is_closed(one.state) and not one.unsettled:
            yield one.found(Kind.STRAY_WORKFLOW, f"{one.phase} since {last}, and it runs")
    for instruction, since in strays.items():
        if since < before:
            yield Discrepancy(
                kind=Kind.STRAY_WORKFLOW,
                instruction=instruction,
                number=None,
                detail=f"never issued, and it runs since {_moment(since)}",
            )


async def discrepancies(
    store: EventStore,
    running: Running,
    *,
    at: datetime,
    grace: timedelta,
    page: int = _PAGE,
    progress: Callable[[int, int], None] | None = None,
) -> AsyncIterator[Discrepancy]:
    """All that is wrong with any instruction. Reads the whole log, so many instructions at a time.

    Args:
        at: the present, UTC.
        grace: what was due, recorded or started so short a time ago is still on its way.
        page: how many instructions are held in memory at once.
        progress: is told how many of the log's events were read, and how many there are.

    Raises what the store and `running` raise.
    """
    before, total, read, last = at - grace, await store.head(), 0, ""
    while True:
        heads = await store.streams(prefix=INSTRUCTION_PREFIX, after_stream_id=last, limit=page)
        until = heads[-1].stream_id if heads else None
        events = await _events(store, heads)
        known = [instruction_standing(head, events[head.stream_id]) for head in heads]
        for one in known:
            if isinstance(one, Discrepancy):
                yield one
                continue
            old = any(given < before for given in one.unsettled.values())
            outbox = await store.undelivered(one.head.stream_id) if old else ()
            for found in examine(one, outbox, before=before):
                yield found
        for found in await _lasting(known, running, last, until, before):
            yield found
        read += sum(map(len, events.values()))
        if progress is not None:
            progress(min(read, total) if heads else total, total)
        if until is None:
            break
        last = until


async def _events(
    store: EventStore, heads: Sequence[StreamHead]
) -> Mapping[InstructionId, Sequence[StoredEvent]]:
    found: dict[InstructionId, list[StoredEvent]] = {head.stream_id: [] for head in heads}
    for event in await store.read_streams(tuple(found)):
        found[event.stream_id].append(event)
    return found


async def _lasting(
    known: Sequence[InstructionStanding | Discrepancy],
    running: Running,
    after: InstructionId,
    until: InstructionId | None,
    before: datetime,
) -> list[Discrepancy]:
    """What is wrong at two looks: a run that goes on as a new one is for a moment not listed."""
    found = list(workflows(known, await running(after, until), before=before))
    if not found:
        return []
    again = workflows(known, await running(after, until), before=before)
    lasting = {(one.kind, one.instruction) for one in again}
    return [one for one in found if (one.kind, one.instruction) in lasting]


def _moment(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
