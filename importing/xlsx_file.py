"""A sheet of an XLSX workbook as a grid. Formulas are never computed: their last values are read."""

import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from importing.grid import Grid, GridRow, unreadable
from importing.package import UnfitPackage, open_package

PACKAGE = b"PK\x03\x04"
"""What an XLSX file begins with."""
OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What an .xls file begins with, and an .xlsx file with a password."""


def read_xlsx(content: bytes, sheet: str | None = None) -> Grid:
    """The rows of the sheet; by default of the first that is not hidden.

    Hidden rows and columns are read as any other. A merged cell gives its value to each of its rows,
    in its first column.
    """
    try:
        package = open_package(content)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(package.content))
        name = _chosen(workbook, sheet)
        found = workbook.get_sheet_by_name(name)
    except UnfitPackage as error:
        return unreadable(1, f"the workbook cannot be read: {error}", is_sheet=True)
    except CalamineError as error:
        reason = f"the workbook cannot be read: {error}; save it as .xlsx again"
        return unreadable(1, reason, is_sheet=True)
    part = package.sheets.get(name)
    rows = _rows(found, part.without_value if part else {})
    return Grid(rows=tuple(row for row in rows if not row.blank), is_sheet=True)


def _chosen(workbook: CalamineWorkbook, wanted: str | None) -> str:
    sheets = [s for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    if wanted is not None:
        if all(s.name != wanted for s in sheets):
            there = ", ".join(s.name for s in sheets)
            raise UnfitPackage(f"it has no sheet {wanted}; name one of: {there}")
        return wanted
    visible = [s.name for s in sheets if s.visible == SheetVisibleEnum.Visible]
    if not visible:
        raise UnfitPackage("it has no sheet that shows; name one with --sheet")
    return visible[0]


def _rows(sheet: CalamineSheet, without_value: Mapping[tuple[int, int], str]) -> Iterable[GridRow]:
    values = sheet.to_python(skip_empty_area=False)
    reasons: dict[int, dict[int, str]] = {}
    for (row, column), reason in without_value.items():
        reasons.setdefault(row, {})[column] = reason
    cells = [[_text(value) for value in row] for row in values]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if top < len(cells) and left < len(cells[top]):
            for row in cells[top + 1 : bottom + 1]:
                row[left] = cells[top][left]
    width = max(map(len, cells), default=0)
    for number, row in enumerate(cells):
        filled = (*row, *("",) * (width - len(row)))
        yield GridRow(line=number + 1, cells=filled, unreadable=reasons.get(number, {}))


def _text(value: object) -> str:
    """A cell as somebody would have typed it into a CSV file."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value).strip()
