"""A workbook of two sheets: the events, and the register as of the end of what is exported."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook  # pyright: ignore[reportMissingTypeStubs]
from xlsxwriter.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    FileCreateError,
    FileSizeError,
)

from audit.exports.reading import Exported
from audit.exports.rows import EVENT_COLUMNS, REGISTER_COLUMNS, Cell, event_rows, register_row
from audit.leaf import instant

_ROWS = 1_048_576
_CHARACTERS = 32_767
"""As many as Excel takes in a sheet, and in a cell."""
_FIRST_YEAR = 1900


class TooLarge(RuntimeError):
    """A workbook holds {limit} and no more: export CSV, or less at once."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"a workbook holds {limit} and no more: export CSV, or less at once")


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
        self._folder = TemporaryDirectory(prefix=".remit-", dir=path.parent)
        options = {"constant_memory": True, "tmpdir": self._folder.name}
        self._book = Workbook(str(path), options)
        self._moment: Any = self._book.add_format(  # pyright: ignore[reportUnknownMemberType]
            {"num_format": "yyyy-mm-dd hh:mm:ss.000"}
        )
        self._events = _Sheet(self._book, "events", EVENT_COLUMNS, self._moment)
        self._register = _Sheet(self._book, "register", REGISTER_COLUMNS, self._moment)

    def add(self, exported: Exported) -> None:
        """Raises `TooLarge`."""
        for row in event_rows(exported):
            self._events.add(row)
        row = register_row(exported, self._at)
        if row is not None:
            self._register.add(row)

    def finish(self) -> dict[str, int]:
        """Raises `TooLarge`."""
        try:
            self._book.close()
        except FileCreateError as error:
            reason: OSError = error.args[0]
            raise reason from error
        except FileSizeError as error:
            raise TooLarge("sheets of 4 GiB") from error
        return {"events": self._events.rows, "instructions": self._register.rows}

    def close(self) -> None:
        """The book is not put together here: after a failure that would fail too, and hide it."""
        self._events.close()
        self._register.close()
        with suppress(OSError):
            self._folder.cleanup()


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
            raise TooLarge(f"{_ROWS} rows in a sheet")
        for column, cell in enumerate(row):
            self._write(column, cell)

    def close(self) -> None:
        """Its rows, and the part of the book that they were being put into when that failed."""
        for file in (self._sheet.row_data_fh, self._sheet.fh):
            with suppress(OSError):
                file.close()

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
                self._sheet.write_string(self.rows, column, instant(cell))
            case str():
                text = cell if len(cell) <= _CHARACTERS else f"{cell[: _CHARACTERS - 1]}…"
                self._sheet.write_string(self.rows, column, text)
