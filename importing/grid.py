"""A file's cells as text, row by row, before anybody asks what its columns mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from importing.problems import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRow:
    line: int
    """From 1: the physical line of a text file, the row's number of a sheet."""
    cells: tuple[str, ...]
    """Stripped of surrounding blanks."""
    unreadable: Mapping[int, str] = field(default_factory=dict[int, str])
    """Why a cell has no value, by its place in the row from 0."""

    @property
    def blank(self) -> bool:
        return not any(self.cells) and not self.unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Rows in the order of the file; blank ones may be left out."""

    rows: tuple[GridRow, ...]
    problems: tuple[Problem, ...] = ()
    """What makes the file unreadable, or its rest."""
    is_sheet: bool = False
    """Whether cells have references, such as F12."""


def unreadable(line: int, reason: str, *, is_sheet: bool = False) -> Grid:
    """A file of which nothing can be read."""
    problem = Problem(line=line, column=None, reason=reason)
    return Grid(rows=(), problems=(problem,), is_sheet=is_sheet)


def letters(place: int) -> str:
    """The name a sheet gives to its column: A for 0, AA for 26."""
    name = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        name = chr(ord("A") + rest) + name
        place -= 1
    return name
