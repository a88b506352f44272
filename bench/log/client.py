"""A process of writers: `python -m bench.log.client ours|raw URL CLIENTS SECONDS`.

Says `ready`, waits for a line on standard input, writes, and prints what it did as JSON. peer.py speaks
the same way.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import asyncpg

from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendStatus, NewEvent, StreamWrite
from tests.golden_events import FOLDER

_HASH = bytes(32)
_TYPE = "ProgressReported"
_INSERT = """
    insert into raw_events (stream_id, version, type, occurred_at, recorded_at, actor, command_id, body)
    values ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7)
"""
RAW_TABLE = """
    create table raw_events (
        position bigint generated always as identity primary key,
        stream_id text collate "C" not null,
        version bigint not null,
        type text collate "C" not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text collate "C" not null,
        command_id text collate "C" not null,
        body bytea not null,
        unique (stream_id, version)
    )
"""

Write = Callable[[str, int], Awaitable[object]]
"""Writes a stream's event of this version."""


def body() -> bytes:
    """A progress report as it is stored."""
    return (FOLDER / f"{_TYPE}.v1.json").read_bytes().strip()


@asynccontextmanager
async def _ours(url: str, clients: int) -> AsyncGenerator[Sequence[Write]]:
    stored = body()
    async with PostgresEventStore.open(url) as store:
        epoch = await store.epoch()

        async def write(stream: str, version: int) -> None:
            event = NewEvent(type=_TYPE, occurred_at=datetime.now(UTC), actor="p-7f3a", body=stored)
            result = await store.append(
                Append(
                    command_id=str(uuid4()),
                    request_hash=_HASH,
                    epoch=epoch,
                    writes=(
                        StreamWrite(
                            stream_id=stream, expected_version=version - 1, events=(event,)
                        ),
                    ),
                )
            )
            assert result.status is AppendStatus.OK, result

        yield [write] * clients


@asynccontextmanager
async def _raw(url: str, clients: int) -> AsyncGenerator[Sequence[Write]]:
    stored = body()
    connections = [await asyncpg.connect(url) for _ in range(clients)]

    def writer(connection: "asyncpg.Connection[asyncpg.Record]") -> Write:
        async def write(stream: str, version: int) -> None:
            await connection.execute(
                _INSERT, stream, version, _TYPE, datetime.now(UTC), "p-7f3a", str(uuid4()), stored
            )

        return write

    try:
        yield [writer(connection) for connection in connections]
    finally:
        for connection in connections:
            await connection.close()


async def _client(write: Write, until: float, took_ms: list[float]) -> None:
    """One event after the other, all of one stream."""
    stream = f"instruction-{uuid4()}"
    for version in count(1):
        began = time.perf_counter()
        if began >= until:
            return
        await write(stream, version)
        took_ms.append((time.perf_counter() - began) * 1000)


async def _write(kind: str, url: str, clients: int, seconds: float) -> None:
    async with {"ours": _ours, "raw": _raw}[kind](url, clients) as writers:
        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        took_ms = list[float]()
        began = time.perf_counter()
        await asyncio.gather(*(_client(write, began + seconds, took_ms) for write in writers))
        took = time.perf_counter() - began
    _say(json.dumps({"seconds": took, "took_ms": took_ms}))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
