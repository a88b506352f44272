"""The log in PostgreSQL. What happens inside an append is in migrations/0013_append_as_read.sql, inside that of
many at once in 0014_append_bulk.sql.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from datetime import datetime
from typing import Self

import asyncpg

from domain.identifiers import CommandId, StreamId
from domain.outcomes import NoticeKey
from eventstore import statements
from eventstore.append_call import arguments
from eventstore.batcher import Batcher
from eventstore.bulk_call import BulkCall, bulk_call, chunks, contend
from eventstore.connections import DATABASE_LOST, untouched
from eventstore.protocol import (
    Append,
    AppendFailed,
    AppendResult,
    AppendStatus,
    Loaded,
    PositionGap,
    RecordedCommand,
    StoredEvent,
    StreamHead,
)

_CALL_SIZE = 200
_BULK_SIZE = 4000
"""Events a call of `append_many`: other writers wait as long as it takes."""
_SECONDS_BETWEEN_ANNOUNCEMENTS = 0.05


class PostgresEventStore:
    """An `EventStore` over a pool of connections. Made by `open`.

    Concurrent appends of one process share calls (see `Batcher`). After each call readers are told the
    log's new head by NOTIFY `remit_log`: later, by another connection, and never more than twenty
    times a second, because the append must not wait for it.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._batcher = Batcher(
            self._call,
            item_errors=(asyncpg.DataError, asyncpg.IntegrityConstraintViolationError),
        )
        self._announcer = _Announcer(pool)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database_url: str,
        *,
        pool_size: int = 10,
        role: str = "remit_appender",
        call_timeout: float = 30,
    ) -> AsyncGenerator[Self]:
        """Connect, and on leaving answer what is under way and disconnect.

        Args:
            pool_size: connections at most.
            role: what the connections may do: `remit_appender`, `remit_projector` or `remit_auditor`,
                which the URL's user must be a member of.
            call_timeout: seconds that one statement may take.
        """
        settings = {"role": role, "application_name": "remit"}
        async with asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=pool_size,
            command_timeout=call_timeout,
            server_settings=settings,
            reset=untouched,
        ) as pool:
            store = cls(pool)
            try:
                yield store
            finally:
                await store._batcher.close()
                await store._announcer.close()

    async def append(self, append: Append) -> AppendResult:
        return await self._batcher.append(append)

    async def append_many(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        """Thousands of events a call: one is recorded while the next is laid out, sent and looked up."""
        results: list[AppendResult] = []
        under_way: deque[tuple[BulkCall | None, asyncio.Task[Sequence[AppendResult]]]] = deque()
        try:
            for part in chunks(appends, _BULK_SIZE):
                call = await asyncio.to_thread(bulk_call, part)
                while under_way and (len(under_way) > 1 or contend(under_way[0][0], call)):
                    results += await under_way[0][1]
                    under_way.popleft()
                under_way.append((call, asyncio.create_task(self._call_bulk(part, call))))
            while under_way:
                results += await under_way[0][1]
                under_way.popleft()
        except (asyncpg.PostgresError, *DATABASE_LOST) as error:
            raise AppendFailed(f"{len(results)} of {len(appends)} are recorded: {error}") from error
        finally:
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
        return results

    async def _call_bulk(
        self, appends: Sequence[Append], call: BulkCall | None
    ) -> Sequence[AppendResult]:
        """Record all at once; if the log will not have that, in calls that judge each by itself."""
        if call is not None:
            before = await self._pool.fetchval(statements.APPEND_BULK, *call.arguments)
            if before is not None:
                self._announcer.announce(before + call.events)
                return call.results(before)
        results: list[AppendResult] = []
        for start in range(0, len(appends), _CALL_SIZE):
            results += await self._call(appends[start : start + _CALL_SIZE])
        return results

    async def _call(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        rows = await self._pool.fetch(statements.APPEND, *arguments(appends))
        results = {
            row["item"]: AppendResult(
                status=AppendStatus(row["status"]),
                version=row["version"],
                position=row["log_position"],
                key=row["key"],
            )
            for row in rows
        }
        recorded = [r.position for r in results.values() if r.status is AppendStatus.OK]
        if recorded:
            self._announcer.announce(max(recorded))
        return [results[item] for item in range(1, len(appends) + 1)]

    async def load(
        self,
        stream_id: StreamId,
        *,
        command_id: CommandId | None,
        shared: StreamId,
        shared_after: int,
    ) -> Loaded:
        rows = await self._pool.fetch(statements.LOAD, stream_id, command_id, shared, shared_after)
        first = rows[0]
        events = [
            StoredEvent(**{name: row[name] for name in _EVENT_COLUMNS})
            for row in rows
            if row["position"] is not None
        ]
        own = [event for event in events if event.stream_id == stream_id]
        if stream_id == shared:
            others = [event for event in own if event.version > shared_after]
        else:
            others = [event for event in events if event.stream_id == shared]
        return Loaded(
            known=_known(command_id, first),
            epoch=first["epoch"],
            events=own,
            undelivered=tuple(
                NoticeKey(version=version, recipient=recipient, channel=channel)
                for version, recipient, channel in first["undelivered"] or ()
            ),
            shared=others,
        )

    async def head(self) -> int:
        return await self._pool.fetchval(statements.HEAD)

    async def epoch(self) -> int:
        return await self._pool.fetchval(statements.EPOCH)

    async def position_at(self, recorded_at: datetime) -> int:
        return await self._pool.fetchval(statements.POSITION_AT, recorded_at) or 0

    async def stream_head(self, stream_id: StreamId) -> StreamHead | None:
        row = await self._pool.fetchrow(statements.STREAM_HEAD, stream_id)
        return None if row is None else StreamHead(**row)

    async def read_stream(
        self, stream_id: StreamId, *, after_version: int = 0
    ) -> Sequence[StoredEvent]:
        rows = await self._pool.fetch(statements.READ_STREAM, stream_id, after_version)
        return [StoredEvent(**row) for row in rows]

    async def read_streams(
        self, stream_ids: Sequence[StreamId], *, until_position: int | None = None
    ) -> Sequence[StoredEvent]:
        rows = await self._pool.fetch(statements.READ_STREAMS, stream_ids, until_position)
        return [StoredEvent(**row) for row in rows]

    async def read_all(
        self, *, after_position: int = 0, until_position: int | None = None, batch_size: int = 1000
    ) -> AsyncIterator[Sequence[StoredEvent]]:
        head = await self.head()
        until = head if until_position is None else min(head, until_position)
        cursor = after_position
        while cursor < until:
            rows = await self._pool.fetch(statements.READ_ALL, cursor, until, batch_size)
            batch = [StoredEvent(**row) for row in rows]
            for expected, event in enumerate(batch, start=cursor + 1):
                if event.position != expected:
                    raise PositionGap(expected, event.position)
            if not batch:
                raise PositionGap(cursor + 1, until + 1)
            yield batch
            cursor = batch[-1].position

    async def undelivered(self, stream_id: StreamId) -> tuple[NoticeKey, ...]:
        rows = await self._pool.fetch(statements.UNDELIVERED, stream_id)
        return tuple(NoticeKey(**row) for row in rows)

    async def undelivered_before(
        self, moment: datetime, *, batch_size: int = 1000
    ) -> AsyncIterator[tuple[StreamId, NoticeKey]]:
        last: tuple[str, int, str, str] = ("", 0, "", "")
        while rows := await self._pool.fetch(
            statements.UNDELIVERED_BEFORE, moment, *last, batch_size
        ):
            for stream_id, version, recipient, channel in rows:
                last = (stream_id, version, recipient, channel)
                yield stream_id, NoticeKey(version=version, recipient=recipient, channel=channel)

    async def overdue(self, before: datetime, *, limit: int) -> Sequence[StreamHead]:
        rows = await self._pool.fetch(statements.OVERDUE, before, limit)
        return [StreamHead(**row) for row in rows]

    async def unfinished(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        rows = await self._pool.fetch(statements.UNFINISHED, prefix, after_stream_id, limit)
        return [StreamHead(**row) for row in rows]

    async def streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        rows = await self._pool.fetch(statements.STREAMS, prefix, after_stream_id, limit)
        return [StreamHead(**row) for row in rows]


_EVENT_COLUMNS = tuple(field.name for field in fields(StoredEvent))


def _known(command_id: CommandId | None, row: asyncpg.Record) -> RecordedCommand | None:
    if command_id is None or row["known_hash"] is None:
        return None
    return RecordedCommand(
        command_id=command_id,
        request_hash=row["known_hash"],
        stream_id=row["known_stream_id"],
        version=row["known_version"],
        position=row["known_position"],
    )


class _Announcer:
    """Tells tailing readers that the log has grown. A lost announcement costs them one poll."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._head = 0
        self._task: asyncio.Task[None] | None = None

    def announce(self, head: int) -> None:
        self._head = max(self._head, head)
        if self._task is None:
            self._task = asyncio.create_task(self._announce_all())

    async def close(self) -> None:
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _announce_all(self) -> None:
        announced = 0
        try:
            while announced < self._head:
                announced = self._head
                with suppress(asyncpg.PostgresError, *DATABASE_LOST):
                    await self._pool.execute(statements.ANNOUNCE, str(announced))
                await asyncio.sleep(_SECONDS_BETWEEN_ANNOUNCEMENTS)
        finally:
            self._task = None
