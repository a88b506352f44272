"""Has the tiles follow the log: a projection, grown from the events in batches."""

import asyncio
import logging
from collections.abc import Sequence

from audit import statements
from audit.database import Connection, DatabaseTiles, trail_progress, tree_at
from audit.leaf import leaf_hashes
from audit.tiles import HASH, TileBuilder, TileMissing, Tree, edge_tiles, width_in
from eventstore.protocol import PositionGap, StoredEvent

_logger = logging.getLogger(__name__)


async def follow(connection: Connection, batch_size: int) -> Tree:
    """Grow the tiles up to the log's head, and answer the tree.

    Args:
        connection: one that no other keeper works beside.
        batch_size: events that are hashed and written in one transaction.

    Raises:
        PositionGap: an event is missing, or the log is shorter than its tiles.
        TileMissing: a tile that is to grow is missing or too short.
    """
    builder: TileBuilder | None = None
    while True:
        async with connection.transaction():
            counter = await connection.fetchrow(statements.COUNTER)
            assert counter is not None
            head, epoch = counter["position"], counter["epoch"]
            done = await trail_progress(connection)
            position = done.position
            if done.epoch != epoch:
                _logger.warning("the tiles are made again: the log is in epoch %d", epoch)
                await connection.execute(statements.CLEAR_TILES)
                position, builder = 0, None
            if head < position:
                raise PositionGap(position + 1, head)
            if builder is None or builder.size != position:
                builder = await _builder(connection, position)
            events = await _events(connection, position, head, batch_size)
            if events:
                await _grow(connection, builder, events)
            await connection.execute(statements.MOVE, epoch, builder.size)
        if builder.size == head:
            return await tree_at(connection, head)


async def _builder(connection: Connection, size: int) -> TileBuilder:
    wanted = edge_tiles(size)
    held = await DatabaseTiles(connection).tiles(wanted, size)
    edge: list[bytes] = []
    for tile in wanted:
        length = width_in(tile, size) * HASH
        partial = held.get(tile, b"")[:length]
        if len(partial) < length:
            raise TileMissing(tile)
        edge.append(partial)
    return TileBuilder(size, edge)


async def _events(
    connection: Connection, position: int, head: int, batch_size: int
) -> Sequence[StoredEvent]:
    rows = await connection.fetch(statements.EVENTS, position, head, batch_size)
    for expected, row in enumerate(rows, start=position + 1):
        if row["position"] != expected:
            raise PositionGap(expected, row["position"])
    if not rows and position < head:
        raise PositionGap(position + 1, head + 1)
    return [StoredEvent(**row) for row in rows]


async def _grow(
    connection: Connection, builder: TileBuilder, events: Sequence[StoredEvent]
) -> None:
    # Beside the loop, which in a worker serves those who record.
    grown = await asyncio.to_thread(lambda: builder.add(leaf_hashes(events)))
    await connection.execute(
        statements.WRITE_TILES,
        [tile.level for tile in grown],
        [tile.number for tile in grown],
        list(grown.values()),
    )
