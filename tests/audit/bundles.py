"""A log in memory with its tree and a key, and a story in it to make bundles of."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from audit.bundle import Bundle, Subject, Trusted, make_bundle
from audit.bundle_files import zipped
from audit.checkpoint import Checkpoint, SignedCheckpoint, sign
from audit.leaf import instant, leaf_hashes
from audit.notes import Signer
from audit.tiles import Tile, TileBuilder, Tree
from domain.attribution import Command
from domain.outcomes import Recorded
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore, PersonStore

SIGNER = Signer.new("remit/test")
SIGNED_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TilesInMemory:
    """A `TileSource` over a log that is hashed whole."""

    held: Mapping[Tile, bytes]

    async def tiles(self, wanted: Sequence[Tile], size: int) -> Mapping[Tile, bytes]:
        del size
        return {tile: self.held[tile] for tile in wanted if tile in self.held}


@dataclass(kw_only=True)
class SignedLog:
    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    persons: PersonStore = field(default_factory=MemoryPersonStore)
    signer: Signer = SIGNER
    checkpoints: list[SignedCheckpoint] = field(default_factory=list[SignedCheckpoint])

    async def tree(self, size: int | None = None) -> Tree:
        builder, held = TileBuilder(), dict[Tile, bytes]()
        async for batch in self.store.read_all(until_position=size):
            held |= builder.add(leaf_hashes(batch))
        return Tree(TilesInMemory(held), builder.size)

    async def sign(self, size: int | None = None, *, at: datetime = SIGNED_AT) -> SignedCheckpoint:
        """A checkpoint over the log, or its beginning."""
        tree = await self.tree(size)
        checkpoint = Checkpoint(
            size=tree.size,
            root=await tree.root(),
            number=len(self.checkpoints) + 1,
            epoch=1,
            time=instant(at),
        )
        self.checkpoints.append(sign(checkpoint, self.signer))
        return self.checkpoints[-1]

    async def trusted(
        self, checkpoint: SignedCheckpoint | None = None, *, held: tuple[int, ...] = ()
    ) -> Trusted:
        signed = checkpoint or await self.sign()
        return Trusted(
            checkpoint=signed,
            tree=await self.tree(signed.checkpoint.size),
            verifier=self.signer.verifier,
            signer=self.signer,
            held=held,
        )

    async def bundle(
        self, subject: Subject, trusted: Trusted | None = None, *, openings: bool = False
    ) -> Bundle:
        persons = self.persons if openings else None
        return await make_bundle(
            self.store, subject, trusted or await self.trusted(), persons=persons
        )


@dataclass(kw_only=True)
class Telling:
    """Sends commands one after the other, a day apart."""

    handler: CommandHandler
    at: datetime
    count: int = 0

    def wait(self, days: int) -> None:
        self.at += timedelta(days=days)

    async def tell(self, command: type[Command], **fields: object) -> Recorded:
        self.wait(1)
        self.count += 1
        built = command.model_validate({"command_id": f"told-{self.count}", **fields})
        outcome = await self.handler.handle(built, self.at)  # pyright: ignore[reportArgumentType]
        assert isinstance(outcome, Recorded), outcome
        return outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    code: int
    text: str


def verify_elsewhere(
    files: Mapping[str, bytes], folder: Path, *arguments: str, python: str = sys.executable
) -> Verdict:
    """Unzip it, and run its verify.py in an empty folder on Python alone: no site, no path, no settings."""
    unzipped, empty = folder / "unzipped", folder / "empty"
    unzipped.mkdir(parents=True)
    empty.mkdir()
    with zipfile.ZipFile(BytesIO(zipped(files))) as archive:
        archive.extractall(unzipped)
    done = subprocess.run(
        [python, "-I", "-S", str(unzipped / "verify.py"), *arguments],
        cwd=empty,
        env={},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert not done.stderr, done.stderr.decode()
    return Verdict(done.returncode, done.stdout.decode())
