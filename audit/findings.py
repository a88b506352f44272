"""What verification says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from audit.checkpoint import Checkpoint

Check: TypeAlias = Literal[
    "positions",
    "leaf hashes",
    "tiles",
    "roots",
    "checkpoints",
    "recorded_at",
    "versions",
    "streams",
    "commands",
    "claims",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is not as it must be."""

    check: Check
    message: str
    position: int | None = None
    """The event it is about, where that can be told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What one verification came to."""

    size: int
    """Events that the log has, by its counter."""
    hashed: int
    """Events that were hashed again, in this verification."""
    epoch: int
    latest: Checkpoint | None
    """The last checkpoint that the key signed."""
    outside: Checkpoint | None
    """The last one that is outside; None also if no outside store was looked at."""
    outside_looked_at: bool
    findings: Sequence[Finding]
    """By position, those without one last."""
    notices: Sequence[str]
    """What an auditor must know, and is no finding."""

    @property
    def uncovered(self) -> int:
        """Events that no checkpoint covers yet."""
        return self.size - (self.latest.size if self.latest else 0)

    @property
    def uncovered_outside(self) -> int:
        """Events that no checkpoint outside covers yet."""
        return self.size - (self.outside.size if self.outside else 0)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The first bad position first."""
    return sorted(findings, key=lambda f: (f.position is None, f.position or 0))
