"""What an import appends, thousands of events a call, next to COPY of the same rows."""

import time
from collections.abc import Callable, Sequence

import asyncpg

from bench.log.ground import LogGround
from bench.log.import_rows import ImportRows
from bench.results import Line, Result, spread
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendStatus

_EVENTS = 50_000
_ROUNDS = 5
TARGET = 0.5
_TABLE = "create table copied (like remit.events including all)"
_COLUMNS = (
    "position", "stream_id", "version", "type", "occurred_at", "recorded_at", "actor", "command_id", "body",
)  # fmt: skip
_ROWS = f"select {', '.join(_COLUMNS)} from remit.events where position > $1 order by position"  # noqa: S608


async def measure(ground: LogGround, progress: Callable[[int, int], None]) -> Result:
    """In turns; COPY into a table with the log's columns, keys and indexes, and without its triggers."""
    rows = await ImportRows.read()
    ours, copied = list[float](), list[float]()
    async with ground.database() as url, PostgresEventStore.open(url) as store:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_TABLE)
            for turn in range(_ROUNDS):
                before = await store.head()
                appends = rows.next(_EVENTS)
                ours.append(await _appended(store, appends))
                copied.append(await _copied(connection, before))
                progress(turn + 1, _ROUNDS)
        finally:
            await connection.close()
    mine, others = spread(ours), spread(copied)
    return Result(
        lines=[
            Line(
                what="bulk append: ours / COPY",
                value=round(mine["median"] / others["median"], 2),
                unit="×",
                target=TARGET,
                better="higher",
            )
        ],
        details={"events": _EVENTS, "ours_per_second": mine, "copy_per_second": others},
    )


async def _appended(store: PostgresEventStore, appends: Sequence[Append]) -> float:
    """Events per second."""
    events = sum(len(write.events) for append in appends for write in append.writes)
    began = time.perf_counter()
    results = await store.append_many(appends)
    took = time.perf_counter() - began
    assert all(result.status is AppendStatus.OK for result in results)
    return events / took


async def _copied(connection: "asyncpg.Connection[asyncpg.Record]", after: int) -> float:
    """Rows per second; they are read beforehand, and one transaction as the COPY is."""
    rows = [tuple(row) for row in await connection.fetch(_ROWS, after)]
    began = time.perf_counter()
    await connection.copy_records_to_table("copied", records=rows, columns=_COLUMNS)
    return len(rows) / (time.perf_counter() - began)
