"""Verifies the log against its checkpoints, and says what is not as it must be, the first position first."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from audit import statements
from audit.chain import Chain, OutsideNotes, read_chain, read_outside
from audit.checkpoint import Checkpoint
from audit.cross_checks import cross_check
from audit.database import Connection, DatabaseTiles, trail_progress
from audit.findings import Finding, Verification, in_order
from audit.notes import Verifier
from audit.outside import OutsideStore
from audit.tiles import WIDTH, TileMissing, Tree
from audit.tree import verifies_inclusion
from audit.walk import LeafDifference, ReportProgress, Source, Walk

_DATABASE, _OUTSIDE = "database", "outside"


def _silent(done: int, total: int) -> None:
    del done, total


@dataclass(frozen=True, slots=True)
class Verified:
    """Where a verification that found nothing ended: the next one can go on from here."""

    walk: Walk
    checkpoint: Checkpoint | None
    outside: Checkpoint | None

    @property
    def line(self) -> int:
        return self.checkpoint.line if self.checkpoint else 1


async def verify(
    connection: Connection,
    verifier: Verifier,
    outside: OutsideStore | None,
    *,
    since: Verified | None = None,
    report: ReportProgress = _silent,
) -> tuple[Verification, Verified | None]:
    """Verify the whole log, or what is new since an earlier verification.

    Reads in one snapshot; memory is bounded but for a few hundred bytes for each checkpoint.

    Args:
        connection: under a role that reads, such as `remit_auditor`.
        verifier: the public key, which must come from elsewhere than the database.
        outside: where checkpoints are kept besides; None looks at the database alone.
        report: told how many events are done, of how many.

    Returns:
        What was found, and from where to go on; None if something was found.

    Raises:
        OutsideFailed: the outside store did not answer.
    """
    known = since.outside.number if since and since.outside else 0
    # Before it is listed: what was said to be outside by then must be there.
    published = (await trail_progress(connection)).published
    # Before the snapshot: what is outside was in the database first.
    notes = await read_outside(outside, verifier, known) if outside else None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(statements.ROOM_TO_JOIN)
        found = _Verifying(connection, outside, notes, published, since, report)
        return await found.run(verifier)


class _Verifying:
    def __init__(
        self,
        connection: Connection,
        outside: OutsideStore | None,
        notes: OutsideNotes | None,
        published: int,
        since: Verified | None,
        report: ReportProgress,
    ) -> None:
        self._connection = connection
        self._outside = outside
        self._notes = notes
        self._published = published
        self._since = since
        self._report = report
        self._walk = since.walk.copy() if since else Walk()
        self._findings: list[Finding] = []
        self._chain = Chain()
        self._epoch = 0

    async def run(self, verifier: Verifier) -> tuple[Verification, Verified | None]:
        counter = await self._connection.fetchrow(statements.COUNTER)
        assert counter is not None
        head: int = counter["position"]
        self._epoch = counter["epoch"]
        done = await trail_progress(self._connection)
        before = self._since.checkpoint if self._since else None
        self._chain = await read_chain(
            self._connection, verifier, self._notes, self._published, before
        )
        if self._since and self._since.line != self._line():
            # What was held against the log before may be given up now, and the tiles are others.
            self._walk = Walk()
        start = self._walk.size
        if head < start:
            message = f"the log ends before it, and {start} events were verified before"
            self._findings.append(Finding(check="positions", message=message, position=head + 1))
        await self._walk.run(
            self._connection, head, self._chain.held, self._sources(done.position), self._report
        )
        await self._judge()
        self._ends(head, done.position)
        await self._beyond(head)
        self._findings += self._walk.findings
        self._findings += self._chain.findings
        self._findings += await cross_check(self._connection, start)
        outer = self._chain.outside or (self._since.outside if self._since else None)
        verification = Verification(
            size=head,
            hashed=self._walk.size - start,
            epoch=self._epoch,
            latest=self._chain.last,
            outside=outer,
            findings=in_order(self._findings),
            outside_looked_at=self._notes is not None,
            notices=[*self._chain.notices, *self._not_outside(outer)],
        )
        if self._findings:
            return verification, None
        return verification, Verified(self._walk.copy(), self._chain.last, outer)

    def _not_outside(self, outer: Checkpoint | None) -> Iterator[str]:
        if self._notes is None:
            yield (
                "no outside store was looked at: a log that was cut or forked with its checkpoints is "
                "not found so (docs/audit.md)"
            )
        elif outer is None:
            yield "no checkpoint is outside"

    def _line(self) -> int:
        return self._chain.last.line if self._chain.last else 1

    def _sources(self, position: int) -> Sequence[Source]:
        found = [Source(_DATABASE, DatabaseTiles(self._connection), position)]
        outer = self._chain.outside
        if self._outside and outer:
            found.append(Source(_OUTSIDE, self._outside.line(outer.line), outer.size))
        return found

    async def _judge(self) -> None:
        """Say of every difference which of the two was changed."""
        bad: set[int] = set()
        in_turn = sorted(self._walk.differences, key=lambda d: (d.position, d.source != _OUTSIDE))
        for difference in in_turn:
            finding, event_changed = await self._verdict(difference)
            if event_changed:
                bad.add(difference.position)
            if finding.position not in {f.position for f in self._findings}:
                self._findings.append(finding)
        first = min(bad, default=None)
        explained = {difference.position for difference in self._walk.differences}
        for source, tile in self._walk.bad_tiles:
            width = WIDTH ** (tile.level + 1)
            start = tile.number * width
            if not any(start < position <= start + width for position in explained):
                message = (
                    f"{tile.path()} of the {source.name} is missing, or not what the log gives"
                )
                self._findings.append(Finding(check="tiles", message=message))
        for checkpoint in self._walk.bad_roots:
            if first is None or first > checkpoint.size:
                good = max((c.size for c in self._good() if c.size < checkpoint.size), default=0)
                self._findings.append(
                    Finding(
                        check="roots",
                        message=f"the log is not what checkpoint {checkpoint.number} covers: something "
                        f"between positions {good + 1} and {checkpoint.size} was changed"
                        + self._failover(checkpoint),
                    )
                )
                break

    def _good(self) -> list[Checkpoint]:
        """The checkpoints that the log was found to fit."""
        bad = {checkpoint.number for checkpoint in self._walk.bad_roots}
        return [
            held
            for held in self._chain.held
            if held.number not in bad and held.size <= self._walk.size
        ]

    async def _verdict(self, difference: LeafDifference) -> tuple[Finding, bool]:
        """The finding, and whether it is the event that was changed."""
        position = difference.position
        covering = await self._covering(difference)
        where = (
            f"the tile in the {_DATABASE}" if difference.source == _DATABASE else "the tile outside"
        )
        if covering is not None:
            message = (
                f"the event is not the one that checkpoint {covering.number} covers"
                + self._failover(covering)
            )
            return Finding(check="leaf hashes", message=message, position=position), True
        if any(good.size >= position for good in self._good()):
            message = f"{where} was changed; the event is the one that was signed"
            return Finding(check="tiles", message=message, position=position), False
        if any(held.size >= position for held in self._chain.held):
            message = (
                f"the event and {where} differ, and neither leads to the checkpoint that covers it"
            )
        else:
            message = f"the event and {where} differ, and no checkpoint covers it yet"
        return Finding(check="leaf hashes", message=message, position=position), True

    async def _covering(self, difference: LeafDifference) -> Checkpoint | None:
        """The checkpoint that the other leaf, not the log's, is proved to belong to."""
        if difference.source == _OUTSIDE:
            outer = self._chain.outside
            assert self._outside is not None
            candidates = [outer] if outer else []
            tiles = self._outside.line(outer.line) if outer else None
        else:
            candidates = [c for c in self._chain.held if c.line == self._line()]
            tiles = DatabaseTiles(self._connection)
        index = difference.position - 1
        covering = [checkpoint for checkpoint in candidates if checkpoint.size > index]
        for checkpoint in covering[:1] + covering[1:][-1:]:
            assert tiles is not None
            with suppress(TileMissing):
                proof = await Tree(tiles, checkpoint.size).inclusion(index)
                if verifies_inclusion(
                    difference.theirs, index, checkpoint.size, proof, checkpoint.root
                ):
                    return checkpoint
        return None

    def _failover(self, checkpoint: Checkpoint) -> str:
        if self._epoch <= checkpoint.epoch:
            return ""
        return (
            f". The log is in epoch {self._epoch}, the checkpoint is of epoch {checkpoint.epoch}: a "
            "failover that lost the end of the log leaves this behind (docs/audit.md)"
        )

    def _ends(self, head: int, tiles: int) -> None:
        """What is signed, or in the tiles, must be in the log."""
        last = self._walk.size
        beyond = [held for held in self._chain.held if held.size > last]
        if any(finding.position == last + 1 for finding in self._walk.findings):
            return  # it is missing in the middle, and found as that
        if beyond:
            first = beyond[0]
            message = (
                f"the log ends before it, and checkpoint {beyond[-1].number} covers "
                f"{beyond[-1].size} events" + self._failover(first)
            )
            self._findings.append(Finding(check="positions", message=message, position=last + 1))
        elif tiles > head:
            message = f"the log ends before it, and the tiles cover {tiles} events"
            self._findings.append(Finding(check="positions", message=message, position=last + 1))

    async def _beyond(self, head: int) -> None:
        position = await self._connection.fetchval(statements.BEYOND, head)
        if position is not None:
            message = f"the event lies beyond the log's head, {head}"
            self._findings.append(Finding(check="positions", message=message, position=position))
