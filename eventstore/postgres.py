"""The log in PostgreSQL. What happens inside an append, and where held notices are taken, is in
migrations/0018_held_notices.sql.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from typing import Self

import asyncpg

from domain.identifiers import CommandId, StreamId
from domain.outcomes import NoticeKey
from eventstore import statements
from eventstore.announcer import Announcer
from eventstore.append_call import arguments
from eventstore.batcher import Batcher
from eventstore.bulk_call import BulkCall, bulk_call, chunks, contend
from eventstore.connections import DATABASE_LOST, PROGRAM, untouched
from eventstore.parcels import ReleasedNotice, parcels, postponed
from eventstore.protocol import (
    Append,
    AppendFailed,
    AppendResult,
    AppendStatus,
    Loaded,
    Parcel,
    PositionGap,
    RecordedCommand,
    StoredEvent,
    StreamHead,
)
from eventstore.succession import OVERTAKEN, Succession, next_turn
from telemetry.telling import Telemetry

_CALL_SIZE = 200
_BULK_SIZE = 4000
"""Events a call of `append_many`: other writers wait as long as it takes."""
_ITEM_ERRORS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What one command of a call may be to blame for; nothing of the call is recorded then."""

_Answers = Sequence[AppendResult | AppendFailed]


class PostgresEventStore:
    """An `EventStore` over a pool of connections. Made by `open`.

    Concurrent appends of one process share calls (see `Batcher`). After each call readers are told the
    log's new head by NOTIFY `remit_log`: later, by another connection, and never more than twenty
    times a second, because the append must not wait for it.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        sessions: "_Sessions",
        telemetry: Telemetry | None = None,
    ) -> None:
        self._pool = pool
        self._sessions = sessions
        self._telemetry = telemetry or Telemetry()
        self._batcher = Batcher(self._call, item_errors=_ITEM_ERRORS, sent=self._telemetry.batch)
        self._announcer = Announcer(pool)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database_url: str,
        *,
        pool_size: int = 10,
        role: str = "remit_appender",
        call_timeout: float = 30,
        telemetry: Telemetry | None = None,
    ) -> AsyncGenerator[Self]:
        """Connect, and on leaving answer what is under way and disconnect.

        Args:
            pool_size: connections at most.
            role: what the connections may do: `remit_appender`, `remit_projector` or `remit_auditor`,
                which the URL's user must be a member of.
            call_timeout: seconds that one statement may take.
            telemetry: is told of each append and of each call, those of `append_many` left out.
        """
        settings = {"role": role, "application_name": PROGRAM}
        sessions = _Sessions()
        async with asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=pool_size,
            command_timeout=call_timeout,
            server_settings=settings,
            reset=untouched,
            init=sessions.connected,
        ) as pool:
            store = cls(pool, sessions, telemetry)
            try:
                yield store
            finally:
                await store._batcher.close()
                await store._announcer.close()

    async def append(self, append: Append) -> AppendResult:
        with self._telemetry.append(append.command_id):
            return await self._batcher.append(append)

    async def append_many(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        """Thousands of events a call: one is recorded while the next is laid out, sent and looked up."""
        results: list[AppendResult | AppendFailed] = []
        succession = Succession()
        under_way: deque[tuple[BulkCall | None, asyncio.Task[_Answers]]] = deque()
        try:
            for part in chunks(appends, _BULK_SIZE):
                call = await asyncio.to_thread(bulk_call, part)
                while under_way and (len(under_way) > 1 or contend(under_way[0][0], call)):
                    results += await under_way[0][1]
                    under_way.popleft()
                under_way.append(
                    (call, asyncio.create_task(self._call_bulk(part, call, succession)))
                )
            while under_way:
                results += await under_way[0][1]
                under_way.popleft()
        except (asyncpg.PostgresError, *DATABASE_LOST) as error:
            raise AppendFailed(
                f"at least {len(results)} of {len(appends)} were answered: {error}"
            ) from error
        finally:
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
        answered = [result for result in results if isinstance(result, AppendResult)]
        failed = [result for result in results if isinstance(result, AppendFailed)]
        if failed:
            raise AppendFailed(
                f"{len(answered)} of {len(appends)} were answered: {failed[0]}"
            ) from failed[0]
        return answered

    async def _call_bulk(
        self, appends: Sequence[Append], call: BulkCall | None, succession: Succession
    ) -> _Answers:
        """Record all at once; if the log will not have that, in turns that judge each by itself."""
        if call is not None and all(map(succession.holds, appends)):
            before = await self._bulk(appends, call)
            if before is not None:
                self._announcer.announce(before + call.events)
                recorded = call.results(before)
                for append, result in zip(appends, recorded, strict=True):
                    succession.ended(append, result)
                return recorded
        results: list[AppendResult | AppendFailed] = [OVERTAKEN] * len(appends)
        waiting = list(range(len(appends)))
        while waiting:
            turn, waiting = next_turn(appends, waiting)
            holding: list[int] = []
            for item in turn:
                if succession.holds(appends[item]):
                    holding.append(item)
                else:
                    succession.ended(appends[item], OVERTAKEN)
            for start in range(0, len(holding), _CALL_SIZE):
                items = holding[start : start + _CALL_SIZE]
                found = await self._judged([appends[item] for item in items])
                for item, result in zip(items, found, strict=True):
                    results[item] = result
                    succession.ended(appends[item], result)
        return results

    async def _judged(self, appends: Sequence[Append]) -> _Answers:
        """Each by itself; if one of them cannot be stored, as if each came alone."""
        try:
            return await self._call(appends)
        except _ITEM_ERRORS:
            return await asyncio.gather(*map(self._answer, appends))

    async def _bulk(self, appends: Sequence[Append], call: BulkCall) -> int | None:
        """The position before the first event; None if nothing was recorded."""
        async with self._pool.acquire() as connection:
            if not all(map(self._sessions.holds, appends)):
                return None
            try:
                return await connection.fetchval(statements.APPEND_BULK, *call.arguments)
            except _ITEM_ERRORS:
                return None

    async def _answer(self, append: Append) -> AppendResult | AppendFailed:
        try:
            return await self.append(append)
        except AppendFailed as error:
            return error

    async def _call(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        results = [AppendResult(status=AppendStatus.CONFLICT)] * len(appends)
        async with self._pool.acquire() as connection:
            # Not before: the connection may be to another server than the last one.
            items = [item for item, append in enumerate(appends) if self._sessions.holds(append)]
            if not items:
                return results
            rows = await connection.fetch(
                statements.APPEND, *arguments([appends[item] for item in items])
            )
        for row in rows:
            results[items[row["item"] - 1]] = AppendResult(
                status=AppendStatus(row["status"]),
                version=row["version"],
                position=row["log_position"],
                key=row["key"],
            )
        recorded = [r.position for r in results if r.status is AppendStatus.OK]
        if recorded:
            self._announcer.announce(max(recorded))
        return results

    async def load(
        self,
        stream_id: StreamId | None,
        *,
        command_id: CommandId | None,
        shared: StreamId,
        shared_after: int,
    ) -> Loaded:
        async with self._pool.acquire() as connection:
            session = self._sessions.latest
            rows = await connection.fetch(
                statements.LOAD, stream_id, command_id, shared, shared_after
            )
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
            session=session,
            log_format=first["format"],
            events=own,
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

    async def take_released(self, at: datetime, *, until: datetime, limit: int) -> Sequence[Parcel]:
        rows = await self._pool.fetch(statements.TAKE_RELEASED, at, until, limit)
        return parcels(ReleasedNotice(**row) for row in rows)

    async def postpone(self, parcels: Sequence[tuple[Parcel, datetime]]) -> None:
        await self._pool.execute(statements.POSTPONE, *postponed(parcels))

    async def overdue(self, before: datetime, *, limit: int) -> Sequence[StreamHead]:
        rows = await self._pool.fetch(statements.OVERDUE, before, limit)
        return [StreamHead(**row) for row in rows]

    async def open_streams(
        self, *, prefix: str, after_stream_id: StreamId = "", limit: int
    ) -> Sequence[StreamHead]:
        rows = await self._pool.fetch(statements.OPEN_STREAMS, prefix, after_stream_id, limit)
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


class _Sessions:
    """Counts the servers that a pool was connected to, one after the other."""

    def __init__(self) -> None:
        self.latest = 0
        self._started: datetime | None = None

    async def connected(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        started = await connection.fetchval(statements.SERVER_STARTED)
        if started != self._started:
            self._started = started
            self.latest += 1

    def holds(self, append: Append) -> bool:
        return append.session >= self.latest
