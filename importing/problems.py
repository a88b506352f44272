"""What is wrong with a file, and how far along an import is."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Called with (done, total) after each row or command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong with a CSV file."""

    line: int
    """Physical line of the file on which the row begins, from 1."""
    column: str | None
    """None if it concerns the whole row or file."""
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column or 'whole row'}: {self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryProblem:
    """One thing wrong with a directory file. TOML readers give no line numbers."""

    where: str
    """The entry, counted from 1, and its key: `bodies[3].parent`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


def ignore_progress(done: int, total: int) -> None:
    """The progress callback of those who do not watch."""
    del done, total
