"""Inclusion proofs of one stream's events, and how far checkpoints cover it."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit import statements
from audit.checkpoint import SignedCheckpoint
from audit.database import Connection, latest_checkpoint, trail_progress, tree_at
from audit.leaf import leaf_hash
from audit.notes import Verifier
from audit.tree import verifies_inclusion
from domain.identifiers import StreamId
from eventstore.protocol import StoredEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """That an event is in the log that the checkpoint covers."""

    event: StoredEvent
    path: Sequence[bytes]
    """The audit path of RFC 6962, from the leaf upwards."""
    holds: bool
    """Whether it leads from the event, as it is stored, to the checkpoint's root."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proofs:
    checkpoint: SignedCheckpoint | None
    """What the proofs lead to; None if no checkpoint was signed yet."""
    proofs: Sequence[Proof]
    pending: Sequence[StoredEvent]
    """Events that no checkpoint covers yet."""


async def prove(
    connection: Connection, verifier: Verifier, stream_id: StreamId, version: int | None = None
) -> Proofs:
    """Prove all events of a stream, or the one of that version.

    Raises:
        BadNote: the last checkpoint is not signed by this key.
        TileMissing: a tile is missing or too short.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(statements.STREAM, stream_id, version)
        events = [StoredEvent(**row) for row in rows]
        checkpoint = await latest_checkpoint(connection, verifier)
        size = checkpoint.checkpoint.size if checkpoint else 0
        covered = [event for event in events if event.position <= size]
        proofs: list[Proof] = []
        tree = await tree_at(connection, size)
        for event in covered:
            assert checkpoint is not None
            index, root = event.position - 1, checkpoint.checkpoint.root
            path = await tree.inclusion(index)
            holds = verifies_inclusion(leaf_hash(event), index, size, path, root)
            proofs.append(Proof(event=event, path=path, holds=holds))
    return Proofs(checkpoint=checkpoint, proofs=proofs, pending=events[len(covered) :])


async def coverage(connection: Connection, positions: Sequence[int]) -> str:
    """How far checkpoints cover events, in words; from what the database says, nothing is verified."""
    last = await connection.fetchrow(statements.LAST_CHECKPOINT)
    if last is None:
        return "pending: no checkpoint was signed yet"
    covered = sum(position <= last["size"] for position in positions)
    if not covered:
        return f"pending: newer than checkpoint {last['number']}"
    published = (await trail_progress(connection)).published
    outer = await connection.fetchrow(statements.CHECKPOINT, published)
    outside = sum(position <= outer["size"] for position in positions) if outer else 0
    how_many = "covered" if covered == len(positions) else f"{covered} of {len(positions)} covered"
    if outside == covered:
        return f"{how_many} by checkpoint {published}, outside"
    where = f"{outside} outside by checkpoint {published}" if outside else "not outside yet"
    return f"{how_many} by checkpoint {last['number']}, {where}"
