"""An XLSX package looked through before it is read: how large it is, and which cells have no value.

The library that reads a sheet lays all its cells out in memory, the blank ones between them too, and
ends the process if that is more than there is. Two cells in opposite corners are enough. So every part
is unpacked here up to a limit, measured, and written into a package anew: what is read afterwards is
what was measured.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_MEBIBYTE = 1 << 20
LARGEST_PACKAGE = 64 * _MEBIBYTE
"""Bytes that all parts may unpack to: about half a million rows of figures, or 50,000 of measures."""
LARGEST_AREA = 4_000_000
"""Cells from A1 to the last that has something in it; it takes about 130 MB to lay them out."""

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_NO_VALUE = "the formula has no value: open the file in a spreadsheet program and save it again"
_ERROR = "the cell holds an error of the spreadsheet; mend its formula"


class UnfitPackage(ValueError):
    """The file cannot be read as a workbook: {reason}."""


@dataclass(kw_only=True, slots=True)
class SheetPart:
    """What one sheet comes to."""

    rows: int = 0
    columns: int = 0
    without_value: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    """Why a cell has no value, by its row and column from 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    content: bytes
    """The package written anew: the parts in XML, and no others."""
    sheets: dict[str, SheetPart]
    """By the name that the workbook gives them."""


def open_package(content: bytes) -> Package:
    """Raises `UnfitPackage` if it is no package, too large, or not XML where it should be."""
    try:
        parts = dict(_parts(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnfitPackage(f"it is no whole .xlsx file ({error}); save it again") from error
    measured = {name: _measure(name, part) for name, part in parts.items()}
    anew = io.BytesIO()
    with zipfile.ZipFile(anew, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    sheets = {
        name: part
        for name, target in _sheet_targets(parts)
        if (part := measured.get(target)) is not None
    }
    return Package(content=anew.getvalue(), sheets=sheets)


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    left = LARGEST_PACKAGE
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for info in package.infolist():
            if not info.filename.endswith((".xml", ".rels")):
                continue
            with package.open(info) as part:
                unpacked = part.read(left + 1)
            left -= len(unpacked)
            if left < 0:
                limit = LARGEST_PACKAGE // _MEBIBYTE
                raise UnfitPackage(f"it unpacks to more than {limit} MiB; import it in pieces")
            yield info.filename, unpacked


def _measure(name: str, part: bytes) -> SheetPart:
    """Follow the cells of a worksheet; another kind of part has none."""
    sheet = SheetPart()
    row = column = -1
    has_formula = has_value = False
    kind = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, has_formula, has_value, kind
        match tag.rpartition(":")[2]:
            case "row":
                row, column = int(attributes.get("r", row + 2)) - 1, -1
            case "c":
                place = _REFERENCE.fullmatch(attributes.get("r", ""))
                row, column = (int(place[2]) - 1, _place(place[1])) if place else (row, column + 1)
                has_formula = has_value = False
                kind = attributes.get("t", "")
            case "f":
                has_formula = True
            case "v" | "is":
                has_value = True
            case _:
                pass

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] != "c" or not (has_value or has_formula):
            return
        sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, column + 1)
        if sheet.rows * sheet.columns > LARGEST_AREA:
            raise UnfitPackage(
                f"{name} spans {sheet.rows} rows and {sheet.columns} columns; delete what lies "
                "far away from the table"
            )
        if kind == "e":
            sheet.without_value[row, column] = _ERROR
        elif has_formula and not has_value:
            sheet.without_value[row, column] = _NO_VALUE

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError) as error:
        if isinstance(error, UnfitPackage):
            raise
        raise UnfitPackage(f"its part {name} is broken ({error}); save it again") from error
    return sheet


def _place(name: str) -> int:
    place = 0
    for letter in name:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _sheet_targets(parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the part that holds it."""
    workbook, folder = "xl/workbook.xml", "xl"
    relations = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for attributes in _elements(parts.get(f"{folder}/_rels/workbook.xml.rels"), "Relationship")
    }
    for attributes in _elements(parts.get(workbook), "sheet"):
        relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
        target = posixpath.normpath(posixpath.join("/", folder, relations.get(relation, "")))
        yield attributes.get("name", ""), target.lstrip("/")


def _elements(part: bytes | None, tag: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == tag:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    if part:
        parser.Parse(part, True)
    return found
