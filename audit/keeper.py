"""Keeps the trail: grows the tiles with the log, signs checkpoints, and writes both outside."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import asyncpg

from audit import statements
from audit.checkpoint import Checkpoint, SignedCheckpoint, read, sign
from audit.database import Connection, DatabaseTiles, latest_checkpoint, trail_progress, tree_at
from audit.last_outside import Refused, last_outside
from audit.leaf import instant, leaf_hashes
from audit.notes import NoteError, Signer
from audit.outside import Contradiction, OutsideFailed, OutsideStore
from audit.publishing import bring_back, fill, publish, write_tiles
from audit.tiles import HASH, TileBuilder, TileError, TileMissing, Tree, edge_tiles, width_in
from audit.tree import verifies_consistency
from eventstore.connections import DATABASE_LOST
from eventstore.protocol import PositionGap, StoredEvent

_logger = logging.getLogger(__name__)

_LOCK = 0x41554449


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What one round came to."""

    latest: SignedCheckpoint | None
    """The last checkpoint there is now."""
    signed: bool
    """Whether this round signed it."""


class Keeper:
    """One round is `keep`; `run` does it for ever. Any number of processes may: one at a time works.

    Args:
        pool: connections under the role `remit_projector`; one is used at a time.
        signer: signs checkpoints.
        outside: where they go besides; None keeps them in the database only.
        batch_size: events that are hashed and written in one transaction.
        now: the clock that a checkpoint's time is read from.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        signer: Signer,
        outside: OutsideStore | None,
        *,
        batch_size: int = 2048,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._pool = pool
        self._signer = signer
        self._verifier = signer.verifier
        self._outside = outside
        self._batch_size = batch_size
        self._now = now

    async def run(self, seconds: float) -> None:
        """A round every so many seconds, for ever. What goes wrong is logged, and tried again."""
        while True:
            try:
                async with self._alone(wait=False) as connection:
                    if connection is not None:
                        await self._round(connection)
            except (*DATABASE_LOST, OutsideFailed) as error:
                _logger.warning("no checkpoint could be signed: %s", error)
            except (Refused, Contradiction, NoteError, PositionGap, TileError) as error:
                _logger.critical("NO CHECKPOINT IS SIGNED: %s", error)
            except Exception:
                _logger.exception("no checkpoint could be signed")
            await asyncio.sleep(seconds)

    async def follow(self) -> int:
        """Bring the tiles up to the log's head, and sign nothing; returns the position.

        Raises `PositionGap` and `TileMissing`, as `keep` does.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            return (await self._follow(connection)).size

    async def keep(self) -> Kept:
        """Bring the tiles up to the log's head, sign if it has grown, and write outside.

        Raises:
            Refused: the new tree does not continue the last checkpoint, or the outside store lacks what was
                written there.
            Contradiction: outside, something else stands in a place that is to be written.
            BadNote: the last checkpoint is not signed by this key.
            PositionGap: an event is missing, or the log is shorter than its tiles.
            TileError: a tile is missing, too short, or not what the one above it says.
            OutsideFailed: the outside store did not answer.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            return await self._round(connection)

    async def keep_after_loss(self, reason: str) -> Kept:
        """Go on after a failover that lost signed events, and say so in a checkpoint, for good.

        Brings back checkpoints that only the outside store has. If all of them fit the log, this is a
        round like any other. Raises what `keep` does.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            tree = await self._follow(connection)
            if self._outside is not None:
                await bring_back(connection, self._outside, self._verifier)
            last = await latest_checkpoint(connection, self._verifier)
            if last is not None:
                kept = await self._last_that_fits(connection, tree)
                if kept < last.checkpoint.number:
                    if tree.size == 0:
                        raise Refused("the log is empty: there is nothing to sign")
                    number = last.checkpoint.number + 1
                    made = await self._next(connection, tree, last)
                    made = replace(made, line=number, after_loss=reason, kept=kept)
                    await self._write(connection, made)
            return await self._round(connection)

    async def repair(self, reason: str) -> Kept:
        """Make the tiles again from the log, carry over what the database or the outside store lacks of
        the other's checkpoints, write outside what is missing there, and say so in a checkpoint, for good.

        Nothing is changed but for checkpoints brought back if the log does not continue the last one.
        Raises what `keep` does.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            if self._outside is not None:
                await bring_back(connection, self._outside, self._verifier)
            last = await latest_checkpoint(connection, self._verifier)
            async with connection.transaction():
                await connection.execute(statements.CLEAR_TILES)
                await connection.execute(statements.BEGIN_AGAIN)
                tree = await self._follow(connection)
                if tree.size == 0:
                    raise Refused("the log is empty: there is nothing to sign")
                if last is not None:
                    await self._insist_that_it_continues(last.checkpoint, tree)
            made = await self._next(connection, tree, last)
            rows = await connection.fetch(statements.MISSING_CHECKPOINTS, made.number - 1)
            lost = _runs(row["n"] for row in rows)
            signed = await self._write(connection, replace(made, repaired=reason, lost=lost))
            if self._outside is not None:
                await fill(connection, self._outside, self._verifier, signed)
            return Kept(latest=signed, signed=True)

    @asynccontextmanager
    async def _alone(self, *, wait: bool) -> "AsyncGenerator[Connection | None]":
        """A connection that holds the keepers' lock; None if another has it, and `wait` is not set."""
        async with self._pool.acquire() as connection:
            statement = statements.LOCK if wait else statements.TRY_LOCK
            if await connection.fetchval(statement, _LOCK) is False:
                yield None
                return
            try:
                yield connection
            finally:
                if not connection.is_closed():
                    await connection.execute(statements.UNLOCK, _LOCK)

    async def _round(self, connection: Connection) -> Kept:
        tree = await self._follow(connection)
        last = await latest_checkpoint(connection, self._verifier)
        outside = None
        if self._outside is not None:
            outside = await last_outside(connection, self._outside, self._verifier, last)
            if last is None:
                # Before the first signature: a store that cannot be written to is found out by it.
                await write_tiles(self._outside, 1, tree)
        for earlier in (outside, last):
            # What another line holds was given up after a loss, by a checkpoint that says so.
            if earlier and last and earlier.checkpoint.line == last.checkpoint.line:
                await self._insist_that_it_continues(earlier.checkpoint, tree)
        signed = tree.size > (last.checkpoint.size if last else 0)
        if signed:
            last = await self._write(connection, await self._next(connection, tree, last))
        if self._outside is not None:
            await publish(connection, self._outside, self._verifier, outside)
        return Kept(latest=last, signed=signed)

    async def _follow(self, connection: Connection) -> Tree:
        """Grow the tiles up to the log's head, and answer the tree."""
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
                    builder = await self._builder(connection, position)
                events = await self._events(connection, position, head)
                if events:
                    await self._grow(connection, builder, events)
                await connection.execute(statements.MOVE, epoch, builder.size)
            if builder.size == head:
                return await tree_at(connection, head)

    async def _builder(self, connection: Connection, size: int) -> TileBuilder:
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
        self, connection: Connection, position: int, head: int
    ) -> Sequence[StoredEvent]:
        rows = await connection.fetch(statements.EVENTS, position, head, self._batch_size)
        for expected, row in enumerate(rows, start=position + 1):
            if row["position"] != expected:
                raise PositionGap(expected, row["position"])
        if not rows and position < head:
            raise PositionGap(position + 1, head + 1)
        return [StoredEvent(**row) for row in rows]

    async def _grow(
        self, connection: Connection, builder: TileBuilder, events: Sequence[StoredEvent]
    ) -> None:
        # Beside the loop, which in a worker serves those who record.
        grown = await asyncio.to_thread(lambda: builder.add(leaf_hashes(events)))
        await connection.execute(
            statements.WRITE_TILES,
            [tile.level for tile in grown],
            [tile.number for tile in grown],
            list(grown.values()),
        )

    async def _insist_that_it_continues(self, earlier: Checkpoint, tree: Tree) -> None:
        if not await _fits(earlier, tree):
            raise Refused(
                f"the log does not continue checkpoint {earlier.number} (size {earlier.size}, epoch "
                f"{earlier.epoch}): it was rewritten, or lost its end in a failover. "
                "`remit audit verify` says where"
            )

    async def _next(
        self, connection: Connection, tree: Tree, last: SignedCheckpoint | None
    ) -> Checkpoint:
        """The checkpoint over the tree that comes after the last one."""
        return Checkpoint(
            size=tree.size,
            root=await tree.root(),
            number=last.checkpoint.number + 1 if last else 1,
            epoch=(await trail_progress(connection)).epoch,
            time=instant(self._now()),
            line=last.checkpoint.line if last else 1,
        )

    async def _write(self, connection: Connection, made: Checkpoint) -> SignedCheckpoint:
        signed = sign(made, self._signer)
        await connection.execute(statements.WRITE_CHECKPOINT, made.number, made.size, signed.note)
        return signed

    async def _last_that_fits(self, connection: Connection, tree: Tree) -> int:
        """The number of the last checkpoint whose tree is this one's beginning."""
        last = await latest_checkpoint(connection, self._verifier)
        number = last.checkpoint.number if last else 0
        while number:
            row = await connection.fetchrow(statements.CHECKPOINT, number)
            if row and await _fits(read(row["note"], self._verifier).checkpoint, tree):
                return number
            number -= 1
        return 0


async def _fits(earlier: Checkpoint, tree: Tree) -> bool:
    """Whether the tree continues the checkpoint's, by a proof of consistency."""
    if earlier.size > tree.size:
        return False
    proof = await tree.consistency(earlier.size)
    return verifies_consistency(earlier.size, earlier.root, tree.size, await tree.root(), proof)


def _runs(numbers: Iterable[int]) -> tuple[range, ...]:
    """Ascending numbers as runs of neighbours."""
    found: list[range] = []
    for number in numbers:
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return tuple(found)
