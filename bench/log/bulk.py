"""What an import appends, thousands of events a call, next to COPY of the same rows."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import asyncpg

from bench.log.ground import LogGround
from bench.log.import_rows import ImportRows
from bench.results import Line, Result, spread
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendStatus

_EVENTS = 50_000
_ROUNDS = 5
TARGET = 0.5
_TABLES = """
    create schema copied;
    create table copied.events (like remit.events including all);
    create table copied.commands (like remit.commands including all);
    create table copied.streams (like remit.streams including all);
    create table copied.claims (like remit.claims including all)
"""
_ROWS: Mapping[str, str] = {
    "events": "select * from remit.events where position > $1 order by position",
    "commands": "select * from remit.commands where position > $1 order by position",
    "streams": """
        select s.* from remit.streams s join remit.events e using (stream_id)
        where e.version = 1 and e.position > $1 order by e.position
    """,
    "claims": """
        select c.* from remit.claims c join remit.commands k using (command_id)
        where k.position > $1 order by k.position
    """,
}
"""What an append wrote after a position; an import opens no notices."""


async def measure(ground: LogGround, progress: Callable[[int, int], None]) -> Result:
    """In turns. COPY writes all rows that ours did, its events with their commands, streams and numbers,
    in one transaction, into tables with the same keys and indexes and without triggers; it looks
    nothing up. Beside it, COPY of the events alone.
    """
    rows = await ImportRows.read()
    ours, whole, events_alone = list[float](), list[float](), list[float]()
    async with ground.database() as url, PostgresEventStore.open(url) as store:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_TABLES)
            for turn in range(_ROUNDS):
                before = await store.head()
                ours.append(await _appended(store, rows.next(_EVENTS)))
                took = await _copied(connection, before)
                events = await store.head() - before
                whole.append(events / sum(took.values()))
                events_alone.append(events / took["events"])
                progress(turn + 1, _ROUNDS)
        finally:
            await connection.close()
    return Result(
        lines=[
            Line(
                what="bulk append: ours / COPY of the same rows",
                value=_ratio(ours, whole),
                unit="×",
                target=TARGET,
                better="higher",
            ),
            Line(
                what="bulk append: ours / COPY of the events alone",
                value=_ratio(ours, events_alone),
                unit="×",
                better="higher",
            ),
        ],
        details={
            "events": _EVENTS,
            "events_per_second": {
                "ours": spread(ours),
                "COPY of the same rows": spread(whole),
                "COPY of the events alone": spread(events_alone),
            },
        },
    )


def _ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    pairs = zip(ours, others, strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)


async def _appended(store: PostgresEventStore, appends: Sequence[Append]) -> float:
    """Events per second."""
    events = sum(len(write.events) for append in appends for write in append.writes)
    began = time.perf_counter()
    results = await store.append_many(appends)
    took = time.perf_counter() - began
    assert all(result.status is AppendStatus.OK for result in results)
    return events / took


async def _copied(connection: "asyncpg.Connection[asyncpg.Record]", after: int) -> dict[str, float]:
    """Seconds for each table. The rows are read beforehand."""
    rows = {
        table: [tuple(row) for row in await connection.fetch(read, after)]
        for table, read in _ROWS.items()
    }
    took: dict[str, float] = {}
    async with connection.transaction():
        for table, found in rows.items():
            began = time.perf_counter()
            await connection.copy_records_to_table(table, records=found, schema_name="copied")
            took[table] = time.perf_counter() - began
        began = time.perf_counter()
    took["events"] += time.perf_counter() - began  # the commit
    return took
