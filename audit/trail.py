"""What readers of the trail ask it: its checkpoints, that one continues another, how far the last one reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit import statements
from audit.checkpoint import Checkpoint, SignedCheckpoint, read
from audit.database import Connection, latest_checkpoint, trail_progress, tree_at
from audit.notes import Verifier
from audit.tiles import TileDiffers
from audit.tree import verifies_consistency

_BEYOND_ALL = 2**63 - 1


class NotCovered(RuntimeError):
    """No checkpoint covers so many events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consistency:
    """That the log of the size `old` is the beginning of that of the size `new`."""

    old: int
    old_root: bytes
    new: int
    new_root: bytes
    path: Sequence[bytes]
    """The proof of RFC 9162, section 2.1.4."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How far the trail follows the log."""

    events: int
    """In the log."""
    last: Checkpoint | None
    outside: Checkpoint | None
    """The last one that was written outside; None if none was."""
    uncovered_since: datetime | None
    """When the first event was recorded that the last checkpoint does not cover; None if there is none."""


async def checkpoints_before(
    connection: Connection, verifier: Verifier, *, number: int | None = None, limit: int
) -> Sequence[SignedCheckpoint]:
    """The last ones, the newest first, of lower numbers than this.

    Raises `BadNote` if the key did not sign what is stored.
    """
    place = _BEYOND_ALL if number is None else number
    rows = await connection.fetch(statements.CHECKPOINTS_BEFORE, place, limit)
    return [read(row["note"], verifier) for row in rows]


async def note_of_size(connection: Connection, size: int) -> str | None:
    """The last signed note over so many events, as it is stored; nothing is verified."""
    row = await connection.fetchrow(statements.CHECKPOINT_OF_SIZE, size)
    return None if row is None else row["note"]


async def consistency(
    connection: Connection, verifier: Verifier, old: int, new: int | None = None
) -> Consistency:
    """Prove that the log of one size is the beginning of that of another.

    Args:
        old: at least 1, and not more than `new`.
        new: by default that of the last checkpoint.

    Raises:
        NotCovered: the last checkpoint does not reach that far.
        BadNote: it is not signed by this key.
        TileError: the tree cannot be read, or does not lead to what was signed.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        last = await latest_checkpoint(connection, verifier)
        size = last.checkpoint.size if last else 0
        asked = size if new is None else new
        if last is None or max(old, asked) > size:
            raise NotCovered(f"the last checkpoint covers {size} events")
        if await (await tree_at(connection, size)).root() != last.checkpoint.root:
            raise TileDiffers(f"the root at checkpoint {last.checkpoint.number}")
        older, newer = await tree_at(connection, old), await tree_at(connection, asked)
        found = Consistency(
            old=old,
            old_root=await older.root(),
            new=asked,
            new_root=await newer.root(),
            path=await newer.consistency(old),
        )
    if not verifies_consistency(old, found.old_root, asked, found.new_root, found.path):
        raise TileDiffers(f"the tree of size {old}")
    return found


async def reach(connection: Connection, verifier: Verifier) -> Reach:
    """Raises `BadNote` if the key did not sign what is stored."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        last = await latest_checkpoint(connection, verifier)
        published = (await trail_progress(connection)).published
        outer = await connection.fetchrow(statements.CHECKPOINT, published)
        events = (await connection.fetchrow(statements.COUNTER) or {"position": 0})["position"]
        after = (last.checkpoint.size if last else 0) + 1
        since = await connection.fetchval(statements.RECORDED_AT, after)
    return Reach(
        events=events,
        last=last.checkpoint if last else None,
        outside=read(outer["note"], verifier).checkpoint if outer else None,
        uncovered_since=since,
    )
