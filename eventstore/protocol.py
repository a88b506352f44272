"""What a log must do, whichever database keeps it. tests/eventstore holds the contract as tests.

Words: a *stream* is the events of one instruction (or of the directory, or of a programme), its
*version* counts them from 1; a *position* counts the events of the whole log from 1, without gaps.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.identifiers import CommandId, PersonId, StreamId
from domain.outcomes import NoticeKey

ANY_SESSION = sys.maxsize
"""Of an append that rests on nothing that was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEvent:
    """An event on its way into the log."""

    type: str
    occurred_at: datetime
    """Business time, UTC."""
    actor: PersonId
    body: bytes
    """JSON of the versioned event; these very bytes are kept, and hashed by the audit layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEvent:
    """An event as the log holds it."""

    position: int
    stream_id: StreamId
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    """The log's own clock, UTC; never goes back as positions grow."""
    actor: PersonId
    command_id: CommandId
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldNotice:
    """A notice that is not to be sent before a moment."""

    notice: NoticeKey
    send_after: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """Released notices that go out as one message: to one person, by one channel, held until one moment."""

    recipient: PersonId
    channel: str
    send_after: datetime
    together: bool
    """Several went into one message when they were first taken, and those that are left stay so. A notice
    that came later than the others, or alone, is a parcel by itself."""
    notices: tuple[tuple[StreamId, NoticeKey], ...]
    """Those without an outcome, at least one; by stream and version."""
    attempts: int
    """How often its sending failed before, as far as `postpone` was told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamWrite:
    """What one command writes to one stream."""

    stream_id: StreamId
    expected_version: int
    """The version the decision was taken at; 0 for a stream that does not exist yet."""
    events: tuple[NewEvent, ...]
    """At least one."""
    next_wake: datetime | None = None
    """When the stream next has something due, after these events."""
    closed: bool = False
    """Whether the stream is at rest after these events."""
    notices: tuple[NoticeKey, ...] = ()
    """Outbox rows to open: notices that these events give, to be sent at once."""
    held: tuple[HeldNotice, ...] = ()
    """The same for those that wait."""
    settled: tuple[NoticeKey, ...] = ()
    """Outbox rows to close: notices whose outcome these events record."""

    @property
    def outbox(self) -> tuple[tuple[NoticeKey, datetime | None], ...]:
        """All rows to open, with the moment that each waits for."""
        at_once = tuple((notice, None) for notice in self.notices)
        return (*at_once, *((held.notice, held.send_after) for held in self.held))

    def __post_init__(self) -> None:
        if not self.events:
            raise ValueError(f"a write to {self.stream_id} has no events")


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamRead:
    """The version at which a stream was read that is not written to."""

    stream_id: StreamId
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Append:
    """All that one command writes: every stream of it or nothing."""

    command_id: CommandId
    request_hash: bytes
    """SHA-256 over the command without what the server stamps; tells a retry from a reused id."""
    writes: tuple[StreamWrite, ...]
    """At least one, each stream at most once; the first is the command's own and gives the answer."""
    claims: tuple[str, ...] = ()
    """Unique keys to take, such as an instruction's number. A key once taken stays taken."""
    read: tuple[StreamRead, ...] = ()
    """Other streams that the decision rests on, as they must still be when it is recorded."""
    epoch: int
    """The log must still be in this one."""
    session: int = ANY_SESSION
    """The log must not be served by another server than what was read (`Loaded.session`)."""
    written: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)
    """What it writes: streams, its id, claims. No two that write the same are on their way together."""
    rested_on: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)
    """What no command before it in the same call may write: what it writes itself, and what it has read."""

    def __post_init__(self) -> None:
        if not self.writes:
            raise ValueError(f"command {self.command_id} writes nothing")
        streams = frozenset([("stream", write.stream_id) for write in self.writes])
        read = frozenset([("stream", read.stream_id) for read in self.read])
        if len(streams | read) < len(self.writes) + len(self.read):
            raise ValueError(f"command {self.command_id} names one stream twice")
        claims = [("claim", key) for key in self.claims]
        written = streams.union((("command", self.command_id), *claims))
        object.__setattr__(self, "written", written)
        object.__setattr__(self, "rested_on", written | read if read else written)


class AppendStatus(StrEnum):
    OK = "ok"
    CONFLICT = "conflict"
    """A stream is not at the expected version, or the log in another epoch or session. Load and decide
    again."""
    DUPLICATE = "duplicate"
    """The same command is recorded already; version and position are the original ones."""
    MISMATCH = "mismatch"
    """The command id is recorded for another request."""
    TAKEN = "taken"
    """A claimed key belongs to another command; `key` says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppendResult:
    status: AppendStatus
    version: int = 0
    """Of the command's own stream after its last event (ok, duplicate)."""
    position: int = 0
    """Of the command's last event in its own stream (ok, duplicate)."""
    key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCommand:
    command_id: CommandId
    request_hash: bytes
    stream_id: StreamId
    version: int
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamHead:
    """A stream's standing, kept in step with its events by the append itself."""

    stream_id: StreamId
    version: int
    next_wake: datetime | None
    closed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a decision starts from, all as of one moment."""

    known: RecordedCommand | None
    """The command, if it is recorded already."""
    epoch: int
    session: int
    """Grows with each server that this process is connected to, one after the other, a restarted one
    too. What it read from one may be lost to the next, in the same epoch until the owner begins another."""
    log_format: int
    """What may be written to the log, as codec.py has it. Grows."""
    events: Sequence[StoredEvent]
    """The whole stream, in version order."""
    shared: Sequence[StoredEvent]
    """What is new in the stream that every decision needs, in version order."""


class EventStore(Protocol):
    """An append-only log of streams."""

    async def append(self, append: Append) -> AppendResult:
        """Write what a command decided, atomically; a refusal is a status, not an exception.

        The order of checks: duplicate/mismatch, then conflict, then taken.

        Raises `AppendFailed` if the log could not answer.
        """
        ...

    async def append_many(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        """The same for several commands in few round trips; one refused fails no other.

        Several may go to the same stream, each expecting the version the one before leaves. What contends
        is recorded in the order given. What follows a command that did not leave that version is a
        conflict, whatever version another has left meanwhile: it was decided on what never was.

        Raises `AppendFailed` if the log could not answer all; where one command cannot be stored, after
        the others were answered.
        """
        ...

    async def load(
        self,
        stream_id: StreamId | None,
        *,
        command_id: CommandId | None,
        shared: StreamId,
        shared_after: int,
    ) -> Loaded:
        """A stream, if one is named, and the events of the `shared` one after a version, in one round trip."""
        ...

    async def head(self) -> int:
        """The last position; 0 for an empty log."""
        ...

    async def epoch(self) -> int:
        """Grows when a failover may have lost the tail: what was read under another is void."""
        ...

    async def position_at(self, recorded_at: datetime) -> int:
        """The last position recorded at or before this moment; 0 if none was."""
        ...

    async def stream_head(self, stream_id: StreamId) -> StreamHead | None: ...

    async def read_stream(
        self, stream_id: StreamId, *, after_version: int = 0
    ) -> Sequence[StoredEvent]:
        """A stream's events in version order."""
        ...

    async def read_streams(
        self, stream_ids: Sequence[StreamId], *, until_position: int | None = None
    ) -> Sequence[StoredEvent]:
        """The events of many streams in position order, in one round trip."""
        ...

    def read_all(
        self, *, after_position: int = 0, until_position: int | None = None, batch_size: int = 1000
    ) -> AsyncIterator[Sequence[StoredEvent]]:
        """The whole log in position order, in batches; ends at `until_position`, or the head as met.

        Raises `PositionGap` if a position is missing: a skipped event is never passed over in silence.
        """
        ...

    async def undelivered(self, stream_id: StreamId) -> tuple[NoticeKey, ...]:
        """The stream's outbox rows without an outcome, by version, recipient and channel."""
        ...

    def undelivered_before(
        self, moment: datetime, *, batch_size: int = 1000
    ) -> AsyncIterator[tuple[StreamId, NoticeKey]]:
        """Notices of any stream that were to be sent at once, were recorded before the moment and have no
        outcome. Held ones are never among them: `take_released` finds those.
        """
        ...

    async def take_released(self, at: datetime, *, until: datetime, limit: int) -> Sequence[Parcel]:
        """Held notices without an outcome whose moment has come by `at`, those waiting longest first, in so
        many groups of (person, channel, moment) at most.

        What is taken is nobody else's until `until`. How the notices of one moment go out is settled once:
        those that are found together by whoever looks first are one parcel for good.
        """
        ...

    async def postpone(self, parcels: Sequence[tuple[Parcel, datetime]]) -> None:
        """The sending of these failed once more: leave each alone until its moment."""
        ...

    async def overdue(self, before: datetime, *, limit: int) -> Sequence[StreamHead]:
        """Open streams whose `next_wake` lies before the moment, the longest overdue first."""
        ...

    async def open_streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        """Streams that are not closed, by stream id (keyset pages)."""
        ...

    async def streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        """All streams, closed ones too, by stream id (keyset pages)."""
        ...


class AppendFailed(RuntimeError):
    """The log did not answer; whether the command is recorded is not known.

    Try again with the same command id: if it was recorded, the answer is the original one.
    """


class EpochChanged(RuntimeError):
    """The log is in epoch {found}, the cursor is of epoch {expected}: read again from the start."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"the log is in epoch {found}, the cursor is of epoch {expected}: read again from the start"
        )
        self.expected = expected
        self.found = found


class PositionGap(RuntimeError):
    """The log skipped a position: {expected} was expected, {found} came."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"the log skipped a position: {expected} was expected, {found} came")
        self.expected = expected
        self.found = found
