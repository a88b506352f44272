"""Keeps the trail: grows the tiles with the log, signs checkpoints, and writes both outside."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import asyncpg

from audit import statements
from audit.checkpoint import Checkpoint, SignedCheckpoint, read, sign
from audit.database import Connection, latest_checkpoint, trail_progress
from audit.following import follow
from audit.last_outside import Refused, insist_that_the_database_has_it, last_outside
from audit.leaf import instant
from audit.notes import NoteError, Signer
from audit.outside import Contradiction, OutsideFailed, OutsideStore
from audit.publishing import bring_back, fill, publish, write_tiles
from audit.tiles import TileError, Tree
from audit.tree import verifies_consistency
from eventstore.connections import DATABASE_LOST
from eventstore.protocol import PositionGap

_logger = logging.getLogger(__name__)

_LOCK = 0x41554449
_NOT_SIGNED = (Refused, Contradiction, NoteError, PositionGap, TileError)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What one round came to."""

    latest: SignedCheckpoint | None
    """The last checkpoint there is now."""
    signed: bool
    """Whether this round signed it."""


class SignedOnly(RuntimeError):
    """Checkpoint {number} is signed, and not written outside: {error}."""

    def __init__(self, signed: SignedCheckpoint, error: Exception) -> None:
        self.signed = signed
        super().__init__(f"{_but_signed(signed)}: {error}")


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
                _logger.warning("the trail could not be kept: %s", error)
            except SignedOnly as error:
                _logger.critical("NO CHECKPOINT IS WRITTEN OUTSIDE: %s", error)
            except _NOT_SIGNED as error:
                _logger.critical("NO CHECKPOINT IS SIGNED: %s", error)
            except Exception:
                _logger.exception("the trail could not be kept")
            await asyncio.sleep(seconds)

    async def follow(self) -> int:
        """Bring the tiles up to the log's head, and sign nothing; returns the position.

        Raises `PositionGap` and `TileMissing`, as `keep` does.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            return (await follow(connection, self._batch_size)).size

    async def keep(self) -> Kept:
        """Bring the tiles up to the log's head, sign if it has grown, and write outside.

        Raises:
            Refused: the new tree does not continue the last checkpoint, or the outside store lacks what was
                written there last.
            SignedOnly: a checkpoint was signed, and one of the others came up before it was outside.
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
            tree = await follow(connection, self._batch_size)
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
                    signed = await self._write(connection, made)
                    async with _signed_by_now(signed):
                        return replace(await self._round(connection), signed=True)
            return await self._round(connection)

    async def repair(self, reason: str) -> Kept:
        """Make the tiles again from the log, carry over what the database or the outside store lacks of
        the other's checkpoints, write outside what is missing there, and say so in a checkpoint, for good.

        Nothing is changed but for checkpoints brought back if the log does not continue the last one of
        either. Raises what `keep` does, and `Refused` without the outside store if one was written to.
        """
        async with self._alone(wait=True) as connection:
            assert connection is not None
            outer = None
            if self._outside is not None:
                outer = await bring_back(connection, self._outside, self._verifier)
                if outer is not None:
                    await insist_that_the_database_has_it(connection, outer)
            elif (await trail_progress(connection)).published:
                raise Refused(
                    "checkpoints were written outside; without the outside store (REMIT_AUDIT_URL) "
                    "nobody can say which of them are lost"
                )
            last = await latest_checkpoint(connection, self._verifier)
            async with connection.transaction():
                await connection.execute(statements.CLEAR_TILES)
                await connection.execute(statements.BEGIN_AGAIN)
                tree = await follow(connection, self._batch_size)
                if tree.size == 0:
                    raise Refused("the log is empty: there is nothing to sign")
                await self._insist_that_it_continues(outer, last, tree)
            made = await self._next(connection, tree, last)
            rows = await connection.fetch(statements.MISSING_CHECKPOINTS, made.number - 1)
            lost = _runs(row["n"] for row in rows)
            signed = await self._write(connection, replace(made, repaired=reason, lost=lost))
            if self._outside is not None:
                async with _signed_by_now(signed):
                    await fill(connection, self._outside, self._verifier, signed)
            return Kept(latest=signed, signed=True)

    @asynccontextmanager
    async def _alone(self, *, wait: bool) -> "AsyncGenerator[Connection | None]":
        """A connection that holds the keepers' lock; None if another has it, and `wait` is not set."""
        async with self._pool.acquire() as connection:
            if wait:
                async with connection.transaction():
                    await connection.execute(statements.WAIT_FOR_LOCK)
                    await connection.execute(statements.LOCK, _LOCK)
            elif not await connection.fetchval(statements.TRY_LOCK, _LOCK):
                yield None
                return
            try:
                yield connection
            finally:
                if not connection.is_closed():
                    await connection.execute(statements.UNLOCK, _LOCK)

    async def _round(self, connection: Connection) -> Kept:
        tree = await follow(connection, self._batch_size)
        last = await latest_checkpoint(connection, self._verifier)
        outside = None
        if self._outside is not None:
            outside = await last_outside(connection, self._outside, self._verifier, last)
        await self._insist_that_it_continues(outside, last, tree)
        if last is None and outside is not None:  # the keeper was stopped within `_write_first`
            await self._keep_note(connection, outside)
            last = outside
        signed = None
        if tree.size > (last.checkpoint.size if last else 0):
            made = await self._next(connection, tree, last)
            if last is None and self._outside is not None:
                outside = signed = await self._write_first(connection, self._outside, made, tree)
            else:
                signed = await self._write(connection, made)
        if self._outside is not None:
            async with _signed_by_now(signed):
                await publish(connection, self._outside, self._verifier, outside)
        return Kept(latest=signed or last, signed=signed is not None)

    async def _insist_that_it_continues(
        self, outside: SignedCheckpoint | None, last: SignedCheckpoint | None, tree: Tree
    ) -> None:
        """The last checkpoint outside and that of the database; raises `Refused`."""
        # What another line holds was given up after a loss, by a checkpoint that says so.
        if outside and last and outside.checkpoint.line != last.checkpoint.line:
            outside = None
        for signed in (outside, last):
            if signed and not await _fits(signed.checkpoint, tree):
                earlier = signed.checkpoint
                raise Refused(
                    f"the log does not continue checkpoint {earlier.number} (size {earlier.size}, "
                    f"epoch {earlier.epoch}): it was rewritten, or lost its end in a failover. "
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
        await self._keep_note(connection, signed)
        return signed

    async def _write_first(
        self, connection: Connection, outside: OutsideStore, made: Checkpoint, tree: Tree
    ) -> SignedCheckpoint:
        """The first of all goes outside before it is in the database.

        With one there an empty outside store is an emptied one; whether a keeper was stopped in between, or
        somebody emptied it, could not be told.
        """
        await write_tiles(outside, made.line, tree)
        signed = sign(made, self._signer)
        await outside.write_latest(signed.note)
        await self._keep_note(connection, signed)
        return signed

    async def _keep_note(self, connection: Connection, signed: SignedCheckpoint) -> None:
        made = signed.checkpoint
        await connection.execute(statements.WRITE_CHECKPOINT, made.number, made.size, signed.note)

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


def _but_signed(signed: SignedCheckpoint) -> str:
    return f"checkpoint {signed.checkpoint.number} is signed, and not written outside"


@asynccontextmanager
async def _signed_by_now(signed: SignedCheckpoint | None) -> AsyncGenerator[None]:
    """Have an error say that a checkpoint was signed before it came up."""
    try:
        yield
    except OutsideFailed as error:
        if signed is None:
            raise
        raise OutsideFailed(f"{_but_signed(signed)}: {error}") from error
    except _NOT_SIGNED as error:
        if signed is None:
            raise
        raise SignedOnly(signed, error) from error


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
