"""Rows of projections made stream by stream: each stream is read and folded once, and its rows are copied."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from eventstore.codec import event_at
from eventstore.protocol import PositionGap
from readmodels.projection import History, Projection
from readmodels.tables import BESIDE, Connection, Row, Table

_READ = """
    select stream_id, version, position, type, body from remit.events
    where stream_id >= $1 and stream_id < $2 and position <= $3
    order by stream_id, version
"""
_BOUNDS = """
    select stream_id from (
        select stream_id, row_number() over (order by stream_id) - 1 as place, count(*) over () as total
        from remit.streams where stream_id >= $1 and stream_id < $2
    ) numbered
    where place % greatest((total + $3 - 1) / $3, 1) = 0
    order by stream_id
"""
# With the position after the last one put at the end: there too nothing may be missing before it.
_GAP = """
    select place as expected, position as found from (
        select position, row_number() over (order by position) as place from (
            select position from remit.events where position <= $1
            union all select $1 + 1
        ) there
    ) numbered
    where position <> place
    order by position limit 1
"""
_FETCHED = 5_000
"""Events that are read at a time."""
_COPIED = 50_000
"""Rows that are copied at a time: so many are laid in order."""


class StreamGap(RuntimeError):
    """The stream {stream_id} lacks its event of version {version}."""

    def __init__(self, stream_id: str, version: int) -> None:
        super().__init__(f"the stream {stream_id} lacks its event of version {version}")
        self._where = stream_id, version

    def __reduce__(self) -> tuple[type["StreamGap"], tuple[str, int]]:
        """How it passes from one process to another."""
        return StreamGap, self._where


@dataclass(frozen=True, kw_only=True)
class Part:
    """A range of streams that the same projections are made from."""

    projections: tuple[str, ...]
    first: str
    end: str
    """Not included."""


async def parts(
    connection: "Connection[asyncpg.Record]", projections: Sequence[Projection], *, at_most: int
) -> Sequence[Part]:
    """All streams of these projections, in ranges of about as many streams each."""
    found: list[Part] = []
    for prefix in dict.fromkeys(projection.prefix for projection in projections):
        names = tuple(p.name for p in projections if p.prefix == prefix)
        end = f"{prefix}~"  # no stream id reaches it
        bounds = [row["stream_id"] for row in await connection.fetch(_BOUNDS, prefix, end, at_most)]
        firsts = [prefix, *bounds[1:]]  # one at least, also where there is no stream
        found += [
            Part(projections=names, first=first, end=last)
            for first, last in zip(firsts, [*firsts[1:], end], strict=True)
        ]
    return found


async def load(
    connection: "Connection[asyncpg.Record]",
    projections: Sequence[Projection],
    part: Part,
    *,
    until_position: int,
    schema: str = BESIDE,
) -> int:
    """Copy the rows that follow from the part's streams into tables that hold none of theirs.

    Returns how many events that took. Raises `StreamGap` if a stream lacks an event before its last one;
    `insist_on_every_event` finds whatever else is missing.
    """
    tables: dict[Table, list[Row]] = {t: [] for p in projections for t in p.tables}
    read = 0
    async with connection.transaction():
        cursor = await connection.cursor(_READ, part.first, part.end, until_position)
        stream: list[asyncpg.Record] = []
        while fetched := await cursor.fetch(_FETCHED):
            for record in fetched:
                if stream and stream[0]["stream_id"] != record["stream_id"]:
                    _add(tables, projections, stream)
                    stream = []
                stream.append(record)
            read += len(fetched)
            if sum(map(len, tables.values())) >= _COPIED:
                await _copy(connection, tables, schema)
        if stream:
            _add(tables, projections, stream)
        await _copy(connection, tables, schema)
    return read


async def insist_on_every_event(
    connection: "Connection[asyncpg.Record]", until_position: int
) -> None:
    """Raises `PositionGap` unless the log holds an event at every position up to this one."""
    gap = await connection.fetchrow(_GAP, until_position)
    if gap is not None:
        raise PositionGap(gap["expected"], gap["found"])


def _add(
    tables: dict[Table, list[Row]],
    projections: Sequence[Projection],
    stream: Sequence[asyncpg.Record],
) -> None:
    stream_id = stream[0]["stream_id"]
    positions: list[int] = []
    events: list[object] = []
    for expected, (_, version, position, type_, body) in enumerate(stream, start=1):
        if version != expected:
            raise StreamGap(stream_id, expected)
        positions.append(position)
        events.append(
            event_at(type_, body, position=position, stream_id=stream_id, version=version)
        )
    history = History(stream_id=stream_id, positions=positions, events=events)
    for projection in projections:
        for table, rows in zip(projection.tables, projection.rows(history), strict=True):
            tables[table] += rows


async def _copy(
    connection: "Connection[asyncpg.Record]", tables: dict[Table, list[Row]], schema: str
) -> None:
    for table, rows in tables.items():
        if rows:
            await table.copy(connection, rows, schema=schema)
            rows.clear()
