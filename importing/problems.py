"""What is wrong with a file, and how far along an import is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Called with (done, total) after each row or command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong with a measures file."""

    line: int
    """From 1: the physical line on which the row begins, the row's number in a spreadsheet."""
    column: str | None
    """The heading in the file; None if it concerns the whole row or file."""
    reason: str
    cell: str | None = None
    """A spreadsheet's name for the place, such as F12."""

    def __str__(self) -> str:
        place = f" ({self.cell})" if self.cell else ""
        return f"line {self.line}, {self.column or 'whole row'}{place}: {self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryProblem:
    """One thing wrong with a directory file. TOML readers give no line numbers."""

    where: str
    """The entry, counted from 1, and its key: `bodies[3].parent`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


def where(loc: Sequence[int | str]) -> str:
    """The place of what pydantic finds wrong, as `DirectoryProblem` writes it."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def ignore_progress(done: int, total: int) -> None:
    """The progress callback of those who do not watch."""
    del done, total
