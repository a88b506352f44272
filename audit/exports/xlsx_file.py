"""A workbook of two sheets: the events, and the register as of the end of what is exported."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook  # pyright: ignore[reportMissingTypeStubs]

from audit.exports.reading import Exported
from audit.exports.rows import EVENT_COLUMNS, REGISTER_COLUMNS, Cell, event_rows, register_row
from audit.exports.terms import iso

_ROWS = 1_048_576
_CHARACTERS = 32_767
"""As many as Excel takes in a sheet, and in a cell."""
_FIRST_YEAR = 1900


class TooLarge(RuntimeError):
    """A sheet holds a million rows and no more: export CSV, or less at once."""

    def __init__(self) -> None:
        super().__init__(f"a sheet holds {_ROWS} rows and no more: export CSV, or less at once")


class XlsxFile:
    """A `Writer`. `close` it in any case.

    Every text is written as a text, whatever it begins with: none is run as a formula. One that is
    longer than a cell holds is cut, with an ellipsis at its end.

    Args:
        at: the moment lateness is measured at.
    """

    def __init__(self, path: Path, at: datetime) -> None:
        self._at = at
        # Rows go to the disk as they are written.
        self._book = Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
        self._moment: Any = self._book.add_format(  # pyright: ignore[reportUnknownMemberType]
            {"num_format": "yyyy-mm-dd hh:mm:ss.000"}
        )
        self._events = _Sheet(self._book, "events", EVENT_COLUMNS, self._moment)
        self._register = _Sheet(self._book, "register", REGISTER_COLUMNS, self._moment)
        self._closed = False

    def add(self, exported: Exported) -> None:
        """Raises `TooLarge`."""
        for row in event_rows(exported):
            self._events.add(row)
        row = register_row(exported, self._at)
        if row is not None:
            self._register.add(row)

    def finish(self) -> dict[str, int]:
        self.close()
        return {"events": self._events.rows, "instructions": self._register.rows}

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._book.close()


class _Sheet:
    def __init__(self, book: Workbook, name: str, columns: Sequence[str], moment: Any) -> None:
        self._sheet: Any = book.add_worksheet(name)  # pyright: ignore[reportUnknownMemberType]
        self._moment = moment
        self.rows = -1
        self._sheet.freeze_panes(1, 0)
        self.add(columns)

    def add(self, row: Sequence[Cell]) -> None:
        self.rows += 1
        if self.rows >= _ROWS:
            raise TooLarge
        for column, cell in enumerate(row):
            self._write(column, cell)

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case bool():
                self._sheet.write_boolean(self.rows, column, cell)
            case int():
                self._sheet.write_number(self.rows, column, cell)
            case datetime() if cell.year >= _FIRST_YEAR:
                naive = cell.astimezone(UTC).replace(tzinfo=None)
                self._sheet.write_datetime(self.rows, column, naive, self._moment)
            case datetime():  # before the first day that a workbook knows
                self._sheet.write_string(self.rows, column, iso(cell))
            case str():
                text = cell if len(cell) <= _CHARACTERS else f"{cell[: _CHARACTERS - 1]}…"
                self._sheet.write_string(self.rows, column, text)
