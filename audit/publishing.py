"""Carries checkpoints between the database and the outside store."""

from audit import statements
from audit.checkpoint import SignedCheckpoint, read
from audit.database import Connection, DatabaseTiles, latest_checkpoint
from audit.notes import BadNote, Verifier
from audit.outside import OutsideStore
from audit.tiles import tiles_in

_CHUNK = 64  # tiles that are on their way at once: half a megabyte


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

    Raises `Contradiction` if something else stands in a place that is to be written.
    """
    before = latest.checkpoint if latest else None
    after = before.number - 1 if before else 0
    source = DatabaseTiles(connection)
    while rows := await connection.fetch(statements.CHECKPOINTS, after, 100):
        for row in rows:
            new = read(row["note"], verifier).checkpoint
            known = before.size if before and before.line == new.line else 0
            grown = tiles_in(new.size, known)
            for at in range(0, len(grown), _CHUNK):
                tiles = await source.tiles(grown[at : at + _CHUNK], new.size)
                await outside.line(new.line).write(tiles, new.size)
            if before is None or new.number != before.number:
                await outside.write_latest(row["note"])
            await outside.write_checkpoint(new.number, row["note"])
            before, after = new, new.number
    await connection.execute(statements.PUBLISHED, after)


async def bring_back(connection: Connection, outside: OutsideStore, verifier: Verifier) -> None:
    """Write into the database the checkpoints that only the outside store has after its last one.

    Raises `BadNote` if one is not signed by this key, or is another than its name says.
    """
    last = await latest_checkpoint(connection, verifier)
    missing = await outside.numbers(last.checkpoint.number if last else 0)
    for number, note in (await outside.notes(missing)).items():
        found = read(note, verifier).checkpoint
        if found.number != number:
            raise BadNote(f"outside, checkpoint {number} says that it is {found.number}")
        await connection.execute(statements.WRITE_CHECKPOINT, number, found.size, note)
