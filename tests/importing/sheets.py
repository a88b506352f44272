"""Workbooks as spreadsheet programs write them."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from xlsxwriter import Workbook  # pyright: ignore[reportMissingTypeStubs]

Cell = str | float | bool | date | None


def new_workbook(content: io.BytesIO) -> Any:
    """An empty workbook, written when its block ends. xlsxwriter is typed in part only."""
    return Workbook(content, {"in_memory": True})


def workbook(*sheets: Iterable[Sequence[Cell]], names: Sequence[str] = ()) -> bytes:
    """A workbook with these rows on its sheets, from A1 on. Dates become real dates."""
    content = io.BytesIO()
    with new_workbook(content) as book:
        dated = book.add_format({"num_format": "dd.mm.yyyy"})
        for number, rows in enumerate(sheets):
            sheet = book.add_worksheet(names[number] if names else None)
            for line, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(line, place, cell, dated)
                    elif isinstance(cell, str):
                        sheet.write_string(line, place, cell)
                    elif cell is not None:
                        sheet.write(line, place, cell)
    return content.getvalue()


def drawn(draw: Callable[[Any, Any], None]) -> bytes:
    """A workbook with one sheet that `draw` fills, given the sheet and a format for bold cells."""
    content = io.BytesIO()
    with new_workbook(content) as book:
        draw(book.add_worksheet(), book.add_format({"bold": True}))
    return content.getvalue()


def as_workbook(content: bytes, *, delimiter: str = ",", date_format: str = "%Y-%m-%d") -> bytes:
    """A CSV file as somebody would have typed it into a sheet: its dates and numbers are real ones."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter)
    return workbook([[_typed(cell, date_format) for cell in row] for row in rows])


def _typed(text: str, date_format: str) -> Cell:
    if text.isascii() and text.isdecimal() and str(int(text)) == text:
        return float(text)
    try:
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a date
    except ValueError:
        return text or None


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            read = old.read(part)
            new.writestr(part, change(read) if part == name else read)
    return changed.getvalue()
