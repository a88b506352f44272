"""A CSV file's bytes as rows of named cells, each with the physical line it begins on."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from importing.columns import COLUMNS, REQUIRED
from importing.problems import Problem

_BEYOND_ONE_ROW = "no row of the file can be read before this is mended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]
    """Stripped of surrounding blanks; only the columns that the file has and Remit knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    columns: frozenset[str]
    """The known columns that the file has."""
    rows: tuple[Row, ...]
    row_problems: tuple[Problem, ...]
    """Rows whose cells cannot be told apart."""
    file_problems: tuple[Problem, ...]
    """What makes the whole file unfit: its encoding, its header, a quote never closed."""


def read_table(content: bytes) -> Table:
    """The table in `content`: UTF-8 with or without byte order mark, `,` or `;` between cells."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _unreadable(line, f"byte {error.start + 1} is not UTF-8; {_BEYOND_ONE_ROW}")
    delimiter = _delimiter(text)
    file_problems: list[Problem] = []
    records: list[tuple[int, list[str]]] = []
    for line, record in _records(text, delimiter):
        if isinstance(record, str):
            file_problems.append(Problem(line=line, column=None, reason=record))
        elif any(cell.strip() for cell in record):
            records.append((line, [cell.strip() for cell in record]))
    if not records:
        file_problems.append(Problem(line=1, column=None, reason="the file has no header"))
        return Table(
            columns=frozenset(), rows=(), row_problems=(), file_problems=tuple(file_problems)
        )
    (header_line, header), *body = records
    file_problems.extend(_header_problems(header_line, header))
    rows: list[Row] = []
    row_problems: list[Problem] = []
    for line, cells in body:
        reason = _unfit(cells, header)
        if reason is None:
            named = zip(header, cells, strict=True)
            rows.append(Row(line=line, cells={n: cell for n, cell in named if n in COLUMNS}))
        else:
            row_problems.append(Problem(line=line, column=None, reason=reason))
    return Table(
        columns=frozenset(header) & frozenset(COLUMNS),
        rows=tuple(rows),
        row_problems=tuple(row_problems),
        file_problems=tuple(sorted(file_problems, key=lambda p: p.line)),
    )


def _unreadable(line: int, reason: str) -> Table:
    problem = Problem(line=line, column=None, reason=reason)
    return Table(columns=frozenset(), rows=(), row_problems=(), file_problems=(problem,))


def _delimiter(text: str) -> str:
    """The one by which the header falls into more columns that are known; texts cannot mislead it."""
    header = text.lstrip().partition("\n")[0]

    def known(delimiter: str) -> int:
        return sum(cell.strip(' "\r') in COLUMNS for cell in header.split(delimiter))

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


def _header_problems(line: int, header: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            close = get_close_matches(name.casefold(), COLUMNS, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; docs/import.md lists the columns"
            yield Problem(line=line, column=name or None, reason=f"unknown column{hint}")
        elif header.count(name) > 1:
            yield Problem(line=line, column=name, reason="the column stands there twice")
    for name in REQUIRED:
        if name not in header:
            yield Problem(line=line, column=name, reason="the column is missing")


def _unfit(cells: Sequence[str], header: Sequence[str]) -> str | None:
    if len(cells) != len(header):
        return f"the row has {len(cells)} cells, the header {len(header)}"
    if any("\0" in cell for cell in cells):
        return "the row has a NUL character"
    return None
