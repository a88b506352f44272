"""Reads the whole log and hashes it again: positions, times, leaves against tiles, roots."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import asyncpg

from audit import statements
from audit.checkpoint import Checkpoint
from audit.database import Connection
from audit.findings import Check, Finding
from audit.leaf import leaf_hashes
from audit.tiles import HASH, WIDTH, Tile, TileBuilder, TileSource, width_in
from audit.tree import Frontier
from eventstore.protocol import StoredEvent

BATCH = 4096
_MOST = 100  # differing leaves that are remembered of one source
_UNREADABLE = (OverflowError, ValueError, asyncpg.DataError)

ReportProgress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Tiles to compare with, and up to which size they must be there."""

    name: str
    tiles: TileSource
    size: int


@dataclass(frozen=True, slots=True)
class LeafDifference:
    """A leaf that a source has otherwise than the log."""

    source: str
    position: int
    theirs: bytes
    """Not as the log's event gives it."""


@dataclass(slots=True)
class Walk:
    """A walk through the log. `run` may be called again, to go on where it ended."""

    builder: TileBuilder = field(default_factory=TileBuilder)
    frontier: Frontier = field(default_factory=Frontier)
    recorded_at: datetime | None = None
    findings: list[Finding] = field(default_factory=list[Finding])
    differences: list[LeafDifference] = field(default_factory=list[LeafDifference])
    bad_roots: list[Checkpoint] = field(default_factory=list[Checkpoint])
    bad_tiles: list[tuple[Source, Tile]] = field(default_factory=list[tuple[Source, Tile]])
    """Missing ones, and those that differ in a level above the leaves."""

    @property
    def size(self) -> int:
        """Events that were hashed so far, from the first; the next position is this + 1."""
        return self.frontier.size

    def copy(self) -> "Walk":
        """To go on from later; without what was found."""
        return Walk(self.builder.copy(), self.frontier.copy(), self.recorded_at)

    async def run(
        self,
        connection: Connection,
        head: int,
        checkpoints: Sequence[Checkpoint],
        sources: Sequence[Source],
        progress: ReportProgress,
    ) -> None:
        """Walk up to the head, or to the first position that is missing or cannot be read.

        Args:
            checkpoints: to hold the log against, at their sizes.
        """
        due = sorted((c for c in checkpoints if c.size >= self.size), key=lambda c: c.size)
        due.reverse()
        while due and due[-1].size == self.size:
            self._hold_against(due.pop())
        partial: Mapping[Tile, bytes] = {}
        while self.size < head:
            events = await self._read(connection, head)
            if not events:
                break
            # In a thread: whoever else is served meanwhile does not wait for thousands to be hashed.
            leaves = await asyncio.to_thread(leaf_hashes, events)
            grown = self.builder.add(leaves)
            for leaf in leaves:
                self.frontier.add(leaf)
                while due and due[-1].size == self.size:
                    self._hold_against(due.pop())
            full = {tile: held for tile, held in grown.items() if len(held) == WIDTH * HASH}
            partial = {tile: held for tile, held in grown.items() if tile not in full}
            for source in sources:
                await self._compare(source, full)
            progress(self.size, head)
        for source in sources:
            await self._compare(source, partial)

    async def _read(self, connection: Connection, head: int) -> Sequence[StoredEvent]:
        """The next events, contiguous; none, with a finding, if the next one is not there."""
        expected = self.size + 1
        try:
            rows = await connection.fetch(statements.EVENTS, self.size, head, BATCH)
        except _UNREADABLE:
            rows = await self._one_by_one(connection, head)
        events: list[StoredEvent] = []
        for row in rows:
            if row["position"] != expected:
                break
            event = StoredEvent(**row)
            self._check_time(event)
            events.append(event)
            expected += 1
        if not events and not any(f.position == expected for f in self.findings):
            found = (
                f"position {rows[0]['position']} comes next"
                if rows
                else f"the log's head is {head}"
            )
            self.find("positions", f"the event is missing; {found}", expected)
        return events

    async def _one_by_one(self, connection: Connection, head: int) -> Sequence["asyncpg.Record"]:
        rows: list[asyncpg.Record] = []
        for position in range(self.size, min(head, self.size + BATCH)):
            try:
                rows += await connection.fetch(statements.EVENTS, position, position + 1, 1)
            except _UNREADABLE as error:
                if not rows:
                    self.find("leaf hashes", f"the event cannot be read: {error}", position + 1)
                break
        return rows

    def _check_time(self, event: StoredEvent) -> None:
        if self.recorded_at is not None and event.recorded_at < self.recorded_at:
            self.find(
                "recorded_at", "the event is recorded before the one before it", event.position
            )
        self.recorded_at = event.recorded_at

    def _hold_against(self, checkpoint: Checkpoint) -> None:
        if self.frontier.root() != checkpoint.root:
            self.bad_roots.append(checkpoint)

    async def _compare(self, source: Source, tiles: Mapping[Tile, bytes]) -> None:
        wanted = [tile for tile in tiles if width_in(tile, source.size)]
        if not wanted:
            return
        theirs = await source.tiles.tiles(wanted, source.size)
        for tile in wanted:
            length = min(width_in(tile, source.size) * HASH, len(tiles[tile]))
            own, other = tiles[tile][:length], theirs.get(tile, b"")[:length]
            if own == other:
                continue
            if tile.level or len(other) < length:
                self.bad_tiles.append((source, tile))
            if tile.level == 0:
                self._differ(source, tile, own, other)

    def _differ(self, source: Source, tile: Tile, own: bytes, other: bytes) -> None:
        for at in range(0, min(len(own), len(other)), HASH):
            leaf, theirs = own[at : at + HASH], other[at : at + HASH]
            if leaf != theirs and sum(d.source == source.name for d in self.differences) < _MOST:
                position = tile.number * WIDTH + at // HASH + 1
                self.differences.append(LeafDifference(source.name, position, theirs))

    def find(self, check: Check, message: str, position: int) -> None:
        self.findings.append(Finding(check=check, message=message, position=position))
