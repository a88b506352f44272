"""Carries checkpoints between the database and the outside store."""

from collections.abc import AsyncGenerator

from audit import statements
from audit.checkpoint import SignedCheckpoint, read
from audit.database import Connection, latest_checkpoint, tree_at
from audit.notes import BadNote, Verifier
from audit.outside import OutsideStore
from audit.tiles import TileDiffers, Tree, tiles_in

_CHUNK = 64  # tiles that are on their way at once: half a megabyte
_PAGE = 100


async def publish(
    connection: Connection,
    outside: OutsideStore,
    verifier: Verifier,
    latest: SignedCheckpoint | None,
) -> None:
    """Write outside what the database has more: of each checkpoint tiles, then the note.

    `checkpoint` comes before the note's own file: whoever reads in the other order never finds
    `checkpoint` behind. The last one outside is written again, as this may have ended in between.

    Args:
        latest: the last checkpoint outside, which the log was found to continue.

    Raises:
        Contradiction: something else stands in a place that is to be written.
        TileError: the tiles do not lead to what was signed.
    """
    before = latest.checkpoint if latest else None
    after = before.number - 1 if before else 0
    last = await latest_checkpoint(connection, verifier)
    async for signed in _signed(connection, verifier, after):
        new = signed.checkpoint
        known = before.size if before and before.line == new.line else 0
        if last and new.line == last.checkpoint.line:  # of an earlier line the log may be lost
            await _write_tiles(connection, outside, signed, known)
        if before is None or new.number != before.number:
            await outside.write_latest(signed.note)
        await outside.write_checkpoint(new.number, signed.note)
        before, after = new, new.number
    await connection.execute(statements.PUBLISHED, after)


async def fill(
    connection: Connection, outside: OutsideStore, verifier: Verifier, last: SignedCheckpoint
) -> None:
    """Write outside all that is missing there: the notes, and the tiles of the last one's tree.

    Raises what `publish` does.
    """
    await _write_tiles(connection, outside, last, 0)
    there = await outside.numbers()
    await outside.write_latest(last.note)
    missing = sorted(set(range(1, last.checkpoint.number + 1)).difference(there))
    for at in range(0, len(missing), _PAGE):
        for row in await connection.fetch(statements.NOTES, missing[at : at + _PAGE]):
            note = _numbered(row["number"], row["note"], verifier, "in the database").note
            await outside.write_checkpoint(row["number"], note)
    await connection.execute(statements.PUBLISHED, last.checkpoint.number)


async def bring_back(
    connection: Connection, outside: OutsideStore, verifier: Verifier
) -> SignedCheckpoint | None:
    """Write into the database the checkpoints that only the outside store has; answers `checkpoint`.

    Raises `BadNote` if one is not signed by this key, or is another than its name says.
    """
    numbers = await outside.numbers()
    note = await outside.latest()
    latest = None if note is None else read(note, verifier)
    if latest is not None:
        await _bring_back(connection, latest)
    held = await connection.fetch(statements.CHECKPOINTS_AMONG, numbers)
    missing = sorted(set(numbers).difference(row["number"] for row in held))
    for number, note in (await outside.notes(missing)).items():
        await _bring_back(connection, _numbered(number, note, verifier, "outside"))
    return latest


def _numbered(number: int, note: str, verifier: Verifier, where: str) -> SignedCheckpoint:
    try:
        found = read(note, verifier)
    except BadNote as error:
        raise BadNote(f"{where}, checkpoint {number}: {error}") from error
    if found.checkpoint.number != number:
        raise BadNote(f"{where}, checkpoint {number} says that it is {found.checkpoint.number}")
    return found


async def _bring_back(connection: Connection, found: SignedCheckpoint) -> None:
    number = found.checkpoint.number
    if await connection.fetchrow(statements.CHECKPOINT, number) is None:
        size = found.checkpoint.size
        await connection.execute(statements.WRITE_CHECKPOINT, number, size, found.note)


async def _signed(
    connection: Connection, verifier: Verifier, after: int
) -> AsyncGenerator[SignedCheckpoint]:
    """The checkpoints of the database after a number."""
    while rows := await connection.fetch(statements.CHECKPOINTS, after, _PAGE):
        for row in rows:
            yield read(row["note"], verifier)
            after = row["number"]


async def _write_tiles(
    connection: Connection, outside: OutsideStore, signed: SignedCheckpoint, known: int
) -> None:
    """The tiles of the checkpoint's tree that are new since the size `known`, if they lead to its root."""
    new = signed.checkpoint
    tree = await tree_at(connection, new.size)
    if await tree.root() != new.root:
        raise TileDiffers(f"the root at checkpoint {new.number}")
    await write_tiles(outside, new.line, tree, known)


async def write_tiles(outside: OutsideStore, line: int, tree: Tree, known: int = 0) -> None:
    """Write the tiles of a tree that are new, or wider, since the size `known`.

    Raises `TileError` unless full ones are what the tile above says; partial ones go into the root.
    """
    grown = tiles_in(tree.size, known)
    for at in range(0, len(grown), _CHUNK):
        tiles = await tree.tiles(grown[at : at + _CHUNK])
        await outside.line(line).write(tiles)
