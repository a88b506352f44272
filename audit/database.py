"""The audit trail as the database holds it: tiles and checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from audit import statements
from audit.checkpoint import SignedCheckpoint, read
from audit.notes import Verifier
from audit.tiles import Tile, Tree

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)


@dataclass(frozen=True, slots=True)
class DatabaseTiles:
    """A `TileSource` over the table `audit.tiles`."""

    connection: Connection

    async def tiles(self, wanted: Sequence[Tile], size: int) -> Mapping[Tile, bytes]:
        del size  # partial tiles are grown in place
        rows = await self.connection.fetch(
            statements.TILES, [tile.level for tile in wanted], [tile.number for tile in wanted]
        )
        return {Tile(row["level"], row["number"]): row["hashes"] for row in rows}


@dataclass(frozen=True, slots=True)
class TrailProgress:
    """How far the tiles have followed the log."""

    epoch: int
    position: int
    published: int
    """Number of the last checkpoint written outside."""


async def trail_progress(connection: Connection) -> TrailProgress:
    row = await connection.fetchrow(statements.PROGRESS)
    assert row is not None
    return TrailProgress(**row)


async def tree_at(connection: Connection, size: int | None = None) -> Tree:
    """The tree of that size, by default as far as the tiles have followed the log."""
    if size is None:
        size = (await trail_progress(connection)).position
    return Tree(DatabaseTiles(connection), size)


async def latest_checkpoint(
    connection: Connection, verifier: Verifier, *, size: int | None = None
) -> SignedCheckpoint | None:
    """The last checkpoint, or the last of that size; None if there is none.

    Raises `BadNote` if the key did not sign what is stored.
    """
    if size is None:
        row = await connection.fetchrow(statements.LAST_CHECKPOINT)
    else:
        row = await connection.fetchrow(statements.CHECKPOINT_OF_SIZE, size)
    return None if row is None else read(row["note"], verifier)
