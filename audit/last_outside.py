"""Where the outside store stands: its last checkpoint, and that it lacks none of the latest ones.

The database says what was written; but whoever administers it can make it say otherwise. So an outside
store that is empty is taken for a new one only while the database has no checkpoint either. Tiles, and
notes before the last that the database says was written, are not looked for: `remit audit verify` does.
"""

from audit import statements
from audit.checkpoint import SignedCheckpoint, read
from audit.database import Connection, trail_progress
from audit.notes import Verifier
from audit.outside import OutsideStore

_WAY_OUT = (
    "`remit audit repair --reason REASON` writes it again, once it is clear how that came about"
)


class Refused(RuntimeError):
    """The keeper does not sign: the log is not the one that was signed. `remit audit verify` says where."""


async def last_outside(
    connection: Connection,
    outside: OutsideStore,
    verifier: Verifier,
    last: SignedCheckpoint | None,
) -> SignedCheckpoint | None:
    """The last checkpoint outside; None if nothing was ever signed, nor written there.

    The database has it too, or none at all: a keeper was stopped while it wrote the first one.

    Args:
        last: the last checkpoint of the database.

    Raises:
        Refused: `checkpoint`, the note that was written last by the database's account, or one after it is
            gone; or the last one is not the database's.
        BadNote: the last one is not signed by this key.
        OutsideFailed: the outside store did not answer.
    """
    published = (await trail_progress(connection)).published
    numbers = await outside.numbers(max(published - 1, 0))
    note = await outside.latest()
    if note is None:
        if last is None and not published and not numbers:
            return None
        what = "`checkpoint` is" if numbers else "all checkpoints are"
        raise Refused(
            f"outside, {what} missing, and the database has some; {_WAY_OUT}. It is also how an outside "
            "store is begun for a log that was signed before"
        )
    found = read(note, verifier)
    number = found.checkpoint.number
    if numbers and number < numbers[-1]:
        raise Refused(
            f"outside, `checkpoint` was put back to number {number}: number {numbers[-1]} is there; "
            f"{_WAY_OUT}"
        )
    # `checkpoint` is written first: the note of its own number may be missing, no other.
    expected = {*range(max(published, 1), number), *({published} if published else ())}
    if gone := expected.difference(numbers):
        raise Refused(
            f"checkpoint {min(gone)} was written outside, and is there no longer; {_WAY_OUT}"
        )
    if last is None and not published and not numbers and number == 1:
        return found
    if last is None or last.checkpoint.number < number:
        raise Refused(
            f"checkpoint {number} is outside, and the database does not have it: deleted, or lost "
            "in a failover. `remit audit checkpoint --after-loss REASON` brings it back"
        )
    await insist_that_the_database_has_it(connection, found)
    return found


async def insist_that_the_database_has_it(connection: Connection, found: SignedCheckpoint) -> None:
    """Raises `Refused` if the database has another checkpoint, or none, under that number."""
    number = found.checkpoint.number
    row = await connection.fetchrow(statements.CHECKPOINT, number)
    if row is None or row["note"] != found.note:
        raise Refused(
            f"checkpoint {number} is another one outside than in the database; `remit audit verify` "
            "says which of them the key signed"
        )
