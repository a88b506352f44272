"""Two CSV files: the events, and beside them the register as of the end of what is exported."""

import csv
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from audit.exports.reading import Exported
from audit.exports.rows import EVENT_COLUMNS, REGISTER_COLUMNS, Cell, event_rows, register_row
from audit.leaf import instant

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula by its first character, or what hides one from the eye."""


def register_file(output: Path) -> Path:
    """`measures.csv` holds the events; `measures-register.csv` the register."""
    return output.with_name(f"{output.stem}-register{output.suffix}")


class CsvFiles:
    """A `Writer`. `close` it in any case.

    Args:
        at: the moment lateness is measured at.
    """

    def __init__(self, events: Path, register: Path, at: datetime) -> None:
        self._at = at
        self._files = [path.open("w", encoding="utf-8", newline="") for path in (events, register)]
        self._events, self._register = (csv.writer(file) for file in self._files)
        self._events.writerow(EVENT_COLUMNS)
        self._register.writerow(REGISTER_COLUMNS)
        self._counts = {"events": 0, "instructions": 0}

    def add(self, exported: Exported) -> None:
        for row in event_rows(exported):
            self._events.writerow(_texts(row))
            self._counts["events"] += 1
        row = register_row(exported, self._at)
        if row is not None:
            self._register.writerow(_texts(row))
            self._counts["instructions"] += 1

    def finish(self) -> dict[str, int]:
        for file in self._files:
            file.close()
        return self._counts

    def close(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.close()


def _texts(row: Sequence[Cell]) -> list[str | int]:
    return [_text(cell) for cell in row]


def _text(cell: Cell) -> str | int:
    """As it is; what a spreadsheet would run as a formula gets an apostrophe before it."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return instant(cell)
        case str() if cell.startswith(_FORMULA):
            return f"'{cell}"
        case _:
            return cell
