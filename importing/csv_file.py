"""A CSV file's bytes as a grid, each row with the physical line it begins on."""

import csv
import io
from collections.abc import Container, Iterator

from importing.grid import Grid, GridRow, unreadable
from importing.problems import Problem

_BEYOND_ONE_ROW = "no row of the file can be read before this is mended"


def read_csv(
    content: bytes,
    headings: Container[str],
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    header_row: int | None = None,
) -> Grid:
    """The rows of the file.

    Args:
        headings: columns that may be there; unless `delimiter` is given, the one by which the header
            falls into more of them is taken, of `,` and `;`. Texts cannot mislead it.
        encoding: UTF-8 may begin with a byte order mark.
        header_row: the line that the header begins on; by default the first that is not blank.
    """
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        named = "UTF-8" if encoding == "utf-8" else encoding
        return unreadable(line, f"byte {error.start + 1} is not {named}; {_BEYOND_ONE_ROW}")
    rows: list[GridRow] = []
    problems: list[Problem] = []
    for line, record in _records(text, delimiter or _delimiter(text, headings, header_row)):
        if isinstance(record, str):
            problems.append(Problem(line=line, column=None, reason=record))
        elif any(cell.strip() for cell in record):
            rows.append(GridRow(line=line, cells=tuple(cell.strip() for cell in record)))
    return Grid(rows=tuple(rows), problems=tuple(problems))


def _delimiter(text: str, headings: Container[str], header_row: int | None) -> str:
    if header_row is None:
        header = text.lstrip().partition("\n")[0]
    else:
        header = "\n".join(text.split("\n")[header_row - 1 : header_row])

    def known(delimiter: str) -> int:
        return sum(cell.strip(' "\r') in headings for cell in header.split(delimiter))

    return max((",", ";"), key=known)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the line it begins on; in place of one that cannot be read, why not."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows cannot be told apart: it may be inside or outside of quotes.
            yield line, f"no CSV from here on ({error}); look for a quote that is not closed"
            return
