"""Completeness: whether everything that ought to happen has happened, or is attended to.

Verification proves that the recorded events are what they were. Here each instruction and each recurrence
is folded from its events, and that is compared with what conducts it: its row in `remit.streams`, which
the watchdog goes by, its workflow, its due moments and its notices. What was recorded or started within a
grace period is still on its way and left out.
"""

import asyncio
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

from audit.discrepancy import Discrepancy, Kind
from audit.standing import Standing, instruction_standing, recurrence_standing
from domain.identifiers import INSTRUCTION_PREFIX, RECURRENCE_PREFIX, StreamId
from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore, StoredEvent, StreamHead

_PAGE = 1000
_LOOKS_APART = 2.0
"""Seconds between two looks at what runs: Temporal's visibility is a moment behind."""

Running = Callable[[str, str | None], Awaitable[Mapping[StreamId, datetime]]]
"""Which streams' workflows of one kind run, and since when: those whose id comes after the first bound
and, unless it is None, not after the second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Conducted:
    """A kind of stream that workflows conduct."""

    prefix: str
    standing: Callable[[StreamHead, Sequence[StoredEvent]], Standing | Discrepancy]
    running: Running
    never_begun: str
    """What is said of a workflow without a stream."""


def examine(
    one: Standing, outbox: Collection[NoticeKey], *, before: datetime
) -> Iterator[Discrepancy]:
    """What is wrong with one instruction or recurrence, its workflow left aside.

    Args:
        one: how it stands.
        outbox: its notices that the outbox has as open.
        before: what was due or recorded later than this is still on its way.
    """
    if one.head.closed != one.closed:
        said = f"closed is {one.head.closed}".lower()
        yield one.found(Kind.CLOSED_DIFFERS, f"{said}, but it is {one.phase}")
    if one.head.next_wake != one.wake:
        said = f"next_wake is {_moment(one.head.next_wake)}"
        yield one.found(Kind.WAKE_DIFFERS, f"{said}, but it is due {_moment(one.wake)}")
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
    for due in one.due:
        if due.at < before:
            yield one.found(Kind.DUE_WITHOUT_EVENT, f"{due.what}, was due {_moment(due.at)}")
    if one.never_planned:
        yield one.found(Kind.DUE_WITHOUT_EVENT, "its policy's moments were never planned")


def workflows(
    known: Iterable[Standing | Discrepancy],
    running: Mapping[StreamId, datetime],
    *,
    before: datetime,
    never_begun: str,
) -> Iterator[Discrepancy]:
    """What is wrong with the workflows of these streams, and which run for no stream.

    Args:
        known: all streams of a kind in a range of ids.
        running: the workflows of that kind that run in that range, and since when.
        before: what was recorded or started later than this is still on its way.
        never_begun: what is said of a stream that the log does not have.
    """
    strays = dict(running)
    for one in known:
        since = strays.pop(one.stream, None)
        if isinstance(one, Discrepancy) or one.recorded_last >= before:
            continue
        last = _moment(one.recorded_last)
        if since is None and not one.closed:
            yield one.found(Kind.NO_WORKFLOW, f"{one.phase}, last recorded {last}")
        if since is not None and since < before and one.closed and not one.unsettled:
            yield one.found(Kind.STRAY_WORKFLOW, f"{one.phase} since {last}, and it runs")
    for stream, since in strays.items():
        if since < before:
            yield Discrepancy(
                kind=Kind.STRAY_WORKFLOW,
                stream=stream,
                number=None,
                detail=f"{never_begun}, and it runs since {_moment(since)}",
            )


async def discrepancies(
    store: EventStore,
    *,
    instructions: Running,
    recurrences: Running,
    at: datetime,
    grace: timedelta,
    page: int = _PAGE,
    looks_apart: float = _LOOKS_APART,
    progress: Callable[[int, int], None] | None = None,
) -> AsyncIterator[Discrepancy]:
    """All that is wrong with any instruction, then with any recurrence. Reads all of their events, so many
    streams at a time.

    Args:
        instructions: which of their workflows run.
        recurrences: which of theirs do.
        at: the present, UTC.
        grace: what was due, recorded or started so short a time ago is still on its way.
        page: how many streams are held in memory at once.
        looks_apart: seconds after which workflows with which something is wrong are looked at again.
        progress: is told how many of the log's events were read, and how many there are.

    Raises what the store and the two raise.
    """
    before, total, read = at - grace, await store.head(), 0
    for kind in (
        _Conducted(
            prefix=INSTRUCTION_PREFIX,
            standing=instruction_standing,
            running=instructions,
            never_begun="never issued",
        ),
        _Conducted(
            prefix=RECURRENCE_PREFIX,
            standing=recurrence_standing,
            running=recurrences,
            never_begun="never started",
        ),
    ):
        last: StreamId | None = ""
        while last is not None:
            heads = await store.streams(prefix=kind.prefix, after_stream_id=last, limit=page)
            until = heads[-1].stream_id if heads else None
            events = await _events(store, heads)
            # In a thread: whoever else is served meanwhile does not wait for a thousand to be folded.
            known = await asyncio.to_thread(_standings, kind, heads, events)
            for one in known:
                for found in await _of_its_own(store, kind, one, before):
                    yield found
            for found in await _lasting(kind, known, last, until, before, looks_apart):
                yield found
            read += sum(map(len, events.values()))
            if progress is not None and heads:
                progress(min(read, total), total)
            last = until
    if progress is not None:
        progress(total, total)


async def _events(
    store: EventStore, heads: Sequence[StreamHead]
) -> Mapping[StreamId, Sequence[StoredEvent]]:
    found: dict[StreamId, list[StoredEvent]] = {head.stream_id: [] for head in heads}
    for event in await store.read_streams(tuple(found)):
        found[event.stream_id].append(event)
    return found


def _standings(
    kind: _Conducted,
    heads: Sequence[StreamHead],
    events: Mapping[StreamId, Sequence[StoredEvent]],
) -> Sequence[Standing | Discrepancy]:
    return [kind.standing(head, events[head.stream_id]) for head in heads]


async def _of_its_own(
    store: EventStore, kind: _Conducted, one: Standing | Discrepancy, before: datetime
) -> Sequence[Discrepancy]:
    outbox: Sequence[NoticeKey] = ()
    if isinstance(one, Standing) and any(given < before for given in one.unsettled.values()):
        outbox = await store.undelivered(one.stream)
        # Read again, and only now: what was settled meanwhile is open in neither.
        head = await store.stream_head(one.stream)
        assert head is not None, f"{one.stream} was there, and no stream is ever deleted"
        one = kind.standing(head, await store.read_stream(one.stream))
    return [one] if isinstance(one, Discrepancy) else [*examine(one, outbox, before=before)]


async def _lasting(
    kind: _Conducted,
    known: Sequence[Standing | Discrepancy],
    after: StreamId,
    until: StreamId | None,
    before: datetime,
    looks_apart: float,
) -> list[Discrepancy]:
    """What is wrong at two looks: a run that goes on as a new one is for a moment not listed."""

    async def look() -> list[Discrepancy]:
        running = await kind.running(after, until)
        return list(workflows(known, running, before=before, never_begun=kind.never_begun))

    found = await look()
    if not found:
        return []
    await asyncio.sleep(looks_apart)
    lasting = {(one.kind, one.stream) for one in await look()}
    return [one for one in found if (one.kind, one.stream) in lasting]


def _moment(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
