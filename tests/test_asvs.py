"""docs/asvs.md holds every requirement of levels 1 and 2 once, and names nothing that is not there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from settings import Settings

_ROOT = Path(__file__).parent.parent
_PAGE = _ROOT / "docs" / "asvs.md"
_STATUSES = ("met", "operator", "in part", "not met", "n/a")
_REQUIRED = {
    1: "1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2 6.1.1"
    " 6.2.1-8 6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2 11.4.1 12.1.1"
    " 12.2.1-2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1",
    2: "1.1.1-2 1.2.6-9 1.3.3-11 1.4.1-3 1.5.2 2.1.2-3 2.2.3 2.3.2-4 2.4.1 3.3.2-4 3.4.3-6 3.5.4-5 3.7.1-2 4.1.2-3"
    " 4.2.1 4.3.1-2 4.4.2-4 5.1.1 5.2.3 5.4.1-3 6.1.2-3 6.2.9-12 6.3.3-4 6.4.3-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3"
    " 7.3.1-2 7.4.3-5 7.5.1-2 7.6.1-2 8.1.2 8.2.3 8.4.1 9.2.2-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.6-11 10.5.1-5"
    " 10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.3 11.4.2-4 11.5.1 11.6.1 12.1.2-3 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2"
    " 13.4.2-5 14.1.1-2 14.2.2-4 14.3.2-3 15.1.2-3 15.2.2-3 15.3.2-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3"
    " 17.1.1 17.2.1-4 17.3.1-2",
}
"""Of version 5.0.0, by level."""


@dataclass(frozen=True)
class _Row:
    items: tuple[str, ...]
    levels: frozenset[int]
    status: str
    how: str

    @property
    def named(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.how)


def _expanded(ranges: str) -> Iterator[str]:
    for one in ranges.replace(",", " ").split():
        first, _, last = one.partition("-")
        section, _, number = first.rpartition(".")
        for each in range(int(number), int(last or number) + 1):
            yield f"{section}.{each}"


def _rows() -> list[_Row]:
    found: list[_Row] = []
    for line in _PAGE.read_text(encoding="utf-8").splitlines():
        if not re.match(r"\| \d+\.", line):
            continue
        items, levels, _, how = (cell.strip() for cell in line.strip("|").split("|"))
        status = re.match(r"\*\*([a-z/ ]+)\*\*", how)
        assert status is not None, f"{items} says neither that it is met nor that it is not"
        found.append(
            _Row(tuple(_expanded(items)), frozenset(map(int, levels.split(","))), status[1], how)
        )
    return found


@cache
def _tests_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


def _is_there(name: str) -> bool:
    file, _, test = name.partition("::")
    path = _ROOT / file
    return path.is_file() and (not test or test in _tests_in(path))


def _is_place(name: str) -> bool:
    """It names a file or a test of ours, not a path over HTTP or a word."""
    return not name.startswith(("/", "REMIT_")) and bool(
        re.search(r"\.(py|md|sql|toml|lock)\b", name)
    )


_ROWS = _rows()


def test_every_requirement_of_both_levels_stands_there_once_with_its_level() -> None:
    assert Counter(item for row in _ROWS for item in row.items) == Counter(
        item for ranges in _REQUIRED.values() for item in _expanded(ranges)
    )
    level = {item: n for n, ranges in _REQUIRED.items() for item in _expanded(ranges)}
    assert not [row for row in _ROWS if {level[item] for item in row.items} != row.levels]


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row.items[0])
def test_a_requirement_names_nothing_that_is_not_there(row: _Row) -> None:
    assert row.status in _STATUSES
    places = [name for name in row.named if _is_place(name)]
    settings = [name for name in row.named if name.startswith("REMIT_")]
    assert not [name for name in places if not _is_there(name)]
    known = {f"REMIT_{name.upper()}" for name in Settings.model_fields}
    assert not set(settings) - known


@pytest.mark.parametrize(
    "row", [one for one in _ROWS if one.status in ("met", "operator")], ids=lambda row: row.items[0]
)
def test_what_is_met_says_by_what(row: _Row) -> None:
    """By a test, a file or a setting; "as" another, by that one's."""
    told = [name for name in row.named if _is_place(name) or name.startswith("REMIT_")]
    assert told


def test_the_counts_are_right() -> None:
    counted = Counter(row.status for row in _ROWS for _ in row.items)
    cells = " | ".join(str(counted[status]) for status in _STATUSES)
    assert f"\n| {cells} |\n" in _PAGE.read_text(encoding="utf-8"), cells
