"""The log in memory, for tests and trials. No method awaits anything, so each is atomic."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

from domain.identifiers import CommandId, StreamId
from domain.outcomes import NoticeKey
from eventstore import codec
from eventstore.bulk_call import bulk_call
from eventstore.held_in_memory import HeldNotices
from eventstore.protocol import (
    Append,
    AppendResult,
    AppendStatus,
    Loaded,
    Parcel,
    RecordedCommand,
    StoredEvent,
    StreamHead,
    StreamWrite,
)
from eventstore.succession import OVERTAKEN, Succession, next_turn


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryEventStore:
    """An `EventStore` that forgets everything with the process.

    Args:
        clock: gives `recorded_at`; if it goes back, the log stays at the latest moment it gave.
        log_format: what may be written to it; by default whatever this program knows.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = _now, log_format: int | None = None
    ) -> None:
        self._log_format = codec.FORMAT if log_format is None else log_format
        self._clock = clock
        self._recorded_at = datetime.min.replace(tzinfo=UTC)
        self._events: list[StoredEvent] = []
        self._streams: dict[StreamId, list[StoredEvent]] = {}
        self._heads: dict[StreamId, StreamHead] = {}
        self._commands: dict[CommandId, RecordedCommand] = {}
        self._claims: dict[str, CommandId] = {}
        self._delivered: dict[StreamId, dict[NoticeKey, bool]] = {}
        self._held = HeldNotices(lambda stream_id, notice: self._delivered[stream_id][notice])

    async def append(self, append: Append) -> AppendResult:
        if recorded := self._commands.get(append.command_id):
            if recorded.request_hash != append.request_hash:
                return AppendResult(status=AppendStatus.MISMATCH)
            return AppendResult(
                status=AppendStatus.DUPLICATE, version=recorded.version, position=recorded.position
            )
        expected = {write.stream_id: write.expected_version for write in append.writes}
        expected |= {read.stream_id: read.version for read in append.read}
        if any(self._version(stream_id) != version for stream_id, version in expected.items()):
            return AppendResult(status=AppendStatus.CONFLICT)
        if append.epoch != await self.epoch():
            return AppendResult(status=AppendStatus.CONFLICT)
        if taken := next((key for key in append.claims if key in self._claims), None):
            return AppendResult(status=AppendStatus.TAKEN, key=taken)

        recorded_at = max(self._clock(), self._recorded_at)
        self._recorded_at = recorded_at
        last = [self._write(append.command_id, write, recorded_at) for write in append.writes]
        own = last[0]
        self._claims.update(dict.fromkeys(append.claims, append.command_id))
        self._commands[append.command_id] = RecordedCommand(
            command_id=append.command_id,
            request_hash=append.request_hash,
            stream_id=own.stream_id,
            version=own.version,
            position=own.position,
        )
        return AppendResult(status=AppendStatus.OK, version=own.version, position=own.position)

    def _version(self, stream_id: StreamId) -> int:
        return len(self._streams.get(stream_id, ()))

    def _write(
        self, command_id: CommandId, write: StreamWrite, recorded_at: datetime
    ) -> StoredEvent:
        """Write one stream's share and answer its last event."""
        stream = self._streams.setdefault(write.stream_id, [])
        for event in write.events:
            stored = StoredEvent(
                position=len(self._events) + 1,
                stream_id=write.stream_id,
                version=len(stream) + 1,
                type=event.type,
                occurred_at=event.occurred_at,
                recorded_at=recorded_at,
                actor=event.actor,
                command_id=command_id,
                body=event.body,
            )
            self._events.append(stored)
            stream.append(stored)
        self._heads[write.stream_id] = StreamHead(
            stream_id=write.stream_id,
            version=len(stream),
            next_wake=write.next_wake,
            closed=write.closed,
        )
        delivered = self._delivered.setdefault(write.stream_id, {})
        for notice, send_after in write.outbox:
            if notice not in delivered:
                delivered[notice] = False
                if send_after is not None:
                    self._held.hold(write.stream_id, notice, send_after)
        for notice in write.settled:
            if notice in delivered:
                delivered[notice] = True
        return stream[-1]

    async def append_many(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        if bulk_call(appends) is not None and self._nothing_against(appends):
            return [await self.append(append) for append in appends]
        results = [OVERTAKEN] * len(appends)
        succession, waiting = Succession(), list(range(len(appends)))
        while waiting:
            turn, waiting = next_turn(appends, waiting)
            for item in turn:
                if succession.holds(appends[item]):
                    results[item] = await self.append(appends[item])
                succession.ended(appends[item], results[item])
        return results

    def _nothing_against(self, appends: Sequence[Append]) -> bool:
        """Whether all of these, which do not stand against each other, would be recorded."""
        versions: dict[StreamId, int] = {}
        for append in appends:
            if append.command_id in self._commands or not self._claims.keys().isdisjoint(
                append.claims
            ):
                return False
            for read in append.read:
                if self._version(read.stream_id) != read.version:
                    return False
            for write in append.writes:
                version = versions.get(write.stream_id, self._version(write.stream_id))
                if version != write.expected_version:
                    return False
                versions[write.stream_id] = version + len(write.events)
        return all(append.epoch == 1 for append in appends)

    async def load(
        self,
        stream_id: StreamId | None,
        *,
        command_id: CommandId | None,
        shared: StreamId,
        shared_after: int,
    ) -> Loaded:
        return Loaded(
            known=self._commands.get(command_id) if command_id else None,
            epoch=await self.epoch(),
            session=0,
            log_format=self._log_format,
            events=() if stream_id is None else tuple(await self.read_stream(stream_id)),
            shared=tuple(await self.read_stream(shared, after_version=shared_after)),
        )

    async def head(self) -> int:
        return len(self._events)

    async def epoch(self) -> int:
        return 1

    async def position_at(self, recorded_at: datetime) -> int:
        return max((e.position for e in self._events if e.recorded_at <= recorded_at), default=0)

    async def stream_head(self, stream_id: StreamId) -> StreamHead | None:
        return self._heads.get(stream_id)

    async def read_stream(
        self, stream_id: StreamId, *, after_version: int = 0
    ) -> Sequence[StoredEvent]:
        return self._streams.get(stream_id, [])[after_version:]

    async def read_streams(
        self, stream_ids: Sequence[StreamId], *, until_position: int | None = None
    ) -> Sequence[StoredEvent]:
        wanted = set(stream_ids)
        return [event for event in self._events[:until_position] if event.stream_id in wanted]

    async def read_all(
        self, *, after_position: int = 0, until_position: int | None = None, batch_size: int = 1000
    ) -> AsyncIterator[Sequence[StoredEvent]]:
        log = self._events[:until_position]  # a copy: the head as met
        for start in range(after_position, len(log), batch_size):
            yield log[start : start + batch_size]

    async def undelivered(self, stream_id: StreamId) -> tuple[NoticeKey, ...]:
        delivered = self._delivered.get(stream_id, {})
        return tuple(
            sorted(
                (notice for notice, done in delivered.items() if not done),
                key=lambda notice: (notice.version, notice.recipient, notice.channel),
            )
        )

    async def undelivered_before(
        self, moment: datetime, *, batch_size: int = 1000
    ) -> AsyncIterator[tuple[StreamId, NoticeKey]]:
        del batch_size
        for stream_id in sorted(self._delivered):
            for notice in await self.undelivered(stream_id):
                recorded_at = self._streams[stream_id][notice.version - 1].recorded_at
                if recorded_at < moment and (stream_id, notice) not in self._held:
                    yield stream_id, notice

    async def take_released(self, at: datetime, *, until: datetime, limit: int) -> Sequence[Parcel]:
        return self._held.take(at, until=until, limit=limit)

    async def postpone(self, parcels: Sequence[tuple[Parcel, datetime]]) -> None:
        self._held.postpone(parcels)

    async def overdue(self, before: datetime, *, limit: int) -> Sequence[StreamHead]:
        due = sorted(
            (head.next_wake, head.stream_id)
            for head in self._heads.values()
            if not head.closed and head.next_wake is not None and head.next_wake < before
        )
        return [self._heads[stream_id] for _, stream_id in due[:limit]]

    async def open_streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        wanted = sorted(
            stream_id
            for stream_id, head in self._heads.items()
            if stream_id.startswith(prefix) and stream_id > after_stream_id and not head.closed
        )
        return [self._heads[stream_id] for stream_id in wanted[:limit]]

    async def streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        wanted = sorted(i for i in self._heads if i.startswith(prefix) and i > after_stream_id)
        return [self._heads[stream_id] for stream_id in wanted[:limit]]
