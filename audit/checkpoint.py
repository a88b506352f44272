"""What a checkpoint says: the log's tree at one size, in the form of C2SP tlog-checkpoint."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from audit.notes import BadNote, Signer, Verifier


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """The tree's size and root, signed at a moment."""

    size: int
    root: bytes
    number: int
    """Counts the log's checkpoints from 1."""
    epoch: int
    """Of the log when this was signed; grows when a failover may have lost its tail."""
    time: str
    """When it was signed, by the signer's clock."""
    line: int = 1
    """Number of the checkpoint with which this line began; a new one begins after a loss."""
    after_loss: str | None = None
    """Why the checkpoints after `kept` no longer fit the log, as the key's holder says."""
    kept: int | None = None
    """With `after_loss`: number of the last checkpoint that still fits; 0 if none does."""
    repaired: str | None = None
    """Why the trail was repaired before this was signed, as the key's holder says."""
    lost: tuple[range, ...] = ()
    """With `repaired`: numbers of checkpoints that are gone for good, in the database and outside."""

    def text(self, origin: str) -> str:
        """The note's text, to be signed."""
        lines = [
            origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            f"number {self.number}",
            f"epoch {self.epoch}",
            f"time {self.time}",
            f"line {self.line}",
        ]
        if self.after_loss is not None:
            lines.append(f"after-loss {self.kept} {' '.join(self.after_loss.split())}")
        if self.repaired is not None:
            lines.append(f"repaired {in_words(self.lost)} {' '.join(self.repaired.split())}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedCheckpoint:
    checkpoint: Checkpoint
    note: str
    """The signed note, as it is stored and handed out."""


def sign(checkpoint: Checkpoint, signer: Signer) -> SignedCheckpoint:
    return SignedCheckpoint(
        checkpoint=checkpoint, note=signer.signed(checkpoint.text(signer.verifier.name))
    )


def in_words(numbers: Iterable[range]) -> str:
    """Runs of numbers: `3,7-9`; of none, `-`."""
    runs = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in numbers]
    return ",".join(runs) or "-"


def read(note: str, verifier: Verifier) -> SignedCheckpoint:
    """The checkpoint that the key signed. Raises `BadNote`."""
    lines = verifier.opened(note).splitlines()
    if not lines or lines[0] != verifier.name:
        raise BadNote(f"it is not a checkpoint of {verifier.name}")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        said = {name: value for name, _, value in (line.partition(" ") for line in lines[3:])}
        kept, _, reason = said.get("after-loss", "").partition(" ")
        lost, _, repaired = said.get("repaired", "").partition(" ")
        found = Checkpoint(
            size=size,
            root=root,
            number=int(said["number"]),
            epoch=int(said["epoch"]),
            time=said["time"],
            line=int(said["line"]),
            after_loss=reason if kept else None,
            kept=int(kept) if kept else None,
            repaired=repaired if lost else None,
            lost=_runs(lost),
        )
    except (LookupError, ValueError, binascii.Error) as error:
        raise BadNote("it is signed, but not in the form of a checkpoint") from error
    if found.text(verifier.name) != verifier.opened(note):
        raise BadNote("it is signed, but says more than a checkpoint does")
    return SignedCheckpoint(checkpoint=found, note=note)


def _runs(words: str) -> tuple[range, ...]:
    if words in ("", "-"):
        return ()
    ends = (run.partition("-") for run in words.split(","))
    return tuple(range(int(first), int(last or first) + 1) for first, _, last in ends)
