"""A measures file's bytes as rows of named cells, under Remit's own column names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from importing.columns import COLUMNS, MOST_COLUMNS, REQUIRED
from importing.csv_file import read_csv
from importing.grid import Grid, GridRow, letters, unreadable
from importing.mapping import MeasureMapping, Untranslatable, same_heading
from importing.problems import Problem
from importing.xlsx_file import OLD_OR_ENCRYPTED, PACKAGE, read_xlsx


@dataclass(frozen=True, kw_only=True, slots=True)
class Headings:
    """How the file itself calls Remit's columns, and where they stand."""

    names: Mapping[str, str] = field(default_factory=dict[str, str])
    letters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Only of a sheet."""

    def name(self, column: str) -> str:
        return self.names.get(column, column)

    def locate(self, problem: Problem) -> Problem:
        """A problem with one of Remit's columns, as one with what the reader of the file sees."""
        if problem.column is None:
            return problem
        letter = self.letters.get(problem.column)
        cell = f"{letter}{problem.line}" if letter else None
        return replace(problem, column=self.name(problem.column), cell=cell)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]
    """Stripped of surrounding blanks; only the columns that the file has and Remit knows."""
    problems: tuple[Problem, ...] = ()
    """Of cells with no value that Remit could take, under Remit's column names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    columns: frozenset[str]
    """The known columns that the file has."""
    rows: tuple[Row, ...]
    row_problems: tuple[Problem, ...]
    """Rows whose cells cannot be told apart."""
    file_problems: tuple[Problem, ...]
    """What makes the whole file unfit: its encoding, its header, a quote never closed."""
    headings: Headings = field(default_factory=Headings)
    passed_over: tuple[int, ...] = ()
    """Lines that the mapping leaves out, by `skip_rows_without`."""


def read_table(
    content: bytes, mapping: MeasureMapping | None = None, sheet: str | None = None
) -> Table:
    """The table in a CSV file or an XLSX workbook; which of them it is, its first bytes say.

    Without a mapping its headings must be Remit's columns. `sheet` goes before the mapping's.
    """
    grid = _grid(content, mapping, sheet)
    header, body = _header_and_body(grid, mapping)
    if header is None:
        return _without_rows(_no_header(grid, mapping))
    many = _too_many_columns(header, is_sheet=grid.is_sheet)
    if many is not None:
        return _without_rows((many,))
    columns = _Columns(header, mapping, is_sheet=grid.is_sheet)
    rows: list[Row] = []
    row_problems: list[Problem] = []
    passed_over: list[int] = []
    for row in body:
        reason = _unfit(row, header)
        if reason is not None:
            row_problems.append(Problem(line=row.line, column=None, reason=reason))
        elif columns.leaves_out(row):
            passed_over.append(row.line)
        else:
            rows.append(columns.named(row))
    problems = (*grid.problems, *columns.problems(body))
    return Table(
        columns=columns.known,
        rows=tuple(rows),
        row_problems=tuple(row_problems),
        file_problems=tuple(sorted(problems, key=lambda p: p.line)),
        headings=columns.headings,
        passed_over=tuple(passed_over),
    )


def _grid(content: bytes, mapping: MeasureMapping | None, sheet: str | None) -> Grid:
    if content.startswith(PACKAGE):
        return read_xlsx(content, sheet or (mapping.sheet if mapping else None))
    if content.startswith(OLD_OR_ENCRYPTED):
        return unreadable(
            1,
            "the file has a password or is of the old format .xls; save it as .xlsx without one",
        )
    if sheet is not None:
        return unreadable(1, "a CSV file has no sheets; leave --sheet out")
    if mapping is None:
        return read_csv(content, COLUMNS)
    return read_csv(
        content,
        frozenset((*mapping.columns, *mapping.ignore)),
        encoding=mapping.encoding,
        delimiter=mapping.delimiter,
        header_row=mapping.header_row,
    )


def _header_and_body(
    grid: Grid, mapping: MeasureMapping | None
) -> tuple[GridRow | None, Sequence[GridRow]]:
    skipped = mapping.skip_rows if mapping else ()
    first = (mapping.header_row if mapping else None) or 0
    rows = [row for row in grid.rows if row.line >= first and row.line not in skipped]
    if not rows or (first and rows[0].line != first):
        return None, ()
    return rows[0], rows[1:]


def _no_header(grid: Grid, mapping: MeasureMapping | None) -> tuple[Problem, ...]:
    wanted = mapping.header_row if mapping else None
    if wanted is not None and not grid.problems:
        reason = (
            f"row {wanted} is blank or skipped; header_row of the mapping says it is the header"
        )
        return (Problem(line=wanted, column=None, reason=reason),)
    nothing = Problem(line=1, column=None, reason="the file has no header")
    return grid.problems or (nothing,)


def _too_many_columns(header: GridRow, *, is_sheet: bool) -> Problem | None:
    """A sheet may have any number of empty ones: it is as wide as its widest row."""
    found = sum(not is_sheet or bool(cell) for cell in header.cells)
    if found <= MOST_COLUMNS:
        return None
    reason = f"the header has {found} columns, and {MOST_COLUMNS} are taken at most; leave out those that Remit has not"
    return Problem(line=header.line, column=None, reason=reason)


def _without_rows(problems: tuple[Problem, ...]) -> Table:
    return Table(columns=frozenset(), rows=(), row_problems=(), file_problems=problems)


class _Columns:
    """Which of Remit's columns stands where in the file."""

    def __init__(self, header: GridRow, mapping: MeasureMapping | None, *, is_sheet: bool) -> None:
        self._line = header.line
        self._mapping = mapping
        self._is_sheet = is_sheet
        self._headings = [same_heading(cell) for cell in header.cells]
        targets = mapping.columns if mapping else {name: name for name in COLUMNS}
        self._targets = [targets.get(heading) for heading in self._headings]
        constants = mapping.constants if mapping else {}
        self._constants = {column: value for column, value in constants.items() if value}
        self._copies = mapping.copies if mapping else {}
        self.known = frozenset((*filter(None, self._targets), *constants, *self._copies))

    @property
    def headings(self) -> Headings:
        placed = [(column, place) for place, column in enumerate(self._targets) if column]
        places = dict(placed)
        placed += [(c, places[other]) for c, other in self._copies.items() if other in places]
        names = {column: self._headings[place] for column, place in placed}
        constants = {column: f"constants.{column} of the mapping" for column in self._constants}
        return Headings(
            names=names | constants,
            letters={c: letters(place) for c, place in placed} if self._is_sheet else {},
        )

    def leaves_out(self, row: GridRow) -> bool:
        needed = self._mapping.skip_rows_without if self._mapping else ()
        return any(
            heading in needed and not row.cells[place] and place not in row.unreadable
            for place, heading in enumerate(self._headings)
        )

    def named(self, row: GridRow) -> Row:
        cells = dict(self._constants)
        problems: list[Problem] = []
        for place, column in enumerate(self._targets):
            if column is None:
                continue
            cells[column] = row.cells[place]
            reason = row.unreadable.get(place)
            if reason is None and self._mapping is not None:
                try:
                    cells[column] = self._mapping.translate(column, row.cells[place])
                except Untranslatable as untranslatable:
                    reason = str(untranslatable)
            if reason is not None:
                cells[column] = cells[column] or "?"  # there is something, though it cannot be read
                problems.append(Problem(line=row.line, column=column, reason=reason))
        for column, other in self._copies.items():
            cells[column] = cells.get(other, "")
            problems += [replace(p, column=column) for p in problems if p.column == other]
        return Row(line=row.line, cells=cells, problems=tuple(problems))

    def problems(self, body: Sequence[GridRow]) -> Iterator[Problem]:
        for place, heading in enumerate(self._headings):
            if not heading or self._headings.index(heading) == place:
                reason = self._misplaced(heading, place, body)
                if reason is not None:
                    cell = f"{letters(place)}{self._line}" if self._is_sheet else None
                    yield Problem(line=self._line, column=heading or None, reason=reason, cell=cell)
        for name in self._mapping.columns if self._mapping else REQUIRED:
            if name not in self._headings:
                yield Problem(line=self._line, column=name, reason="the column is missing")

    def _misplaced(self, heading: str, place: int, body: Sequence[GridRow]) -> str | None:
        if not heading:
            used = any(place < len(row.cells) and row.cells[place] for row in body)
            return "the column has no heading" if used or not self._is_sheet else None
        if self._mapping is not None and heading in self._mapping.ignore:
            return None
        if self._targets[place] is not None:
            twice = self._headings.count(heading) > 1
            return "the column stands there twice" if twice else None
        if self._mapping is not None:
            close = get_close_matches(heading, self._mapping.columns, n=1)
            hint = f"; or did you mean {close[0]}?" if close else ""
            return f"unknown column; put it under [columns] or ignore of the mapping{hint}"
        close = get_close_matches(heading.casefold(), COLUMNS, n=1)
        hint = f"did you mean {close[0]}?" if close else "docs/import.md lists the columns"
        return f"unknown column; {hint}"


def _unfit(row: GridRow, header: GridRow) -> str | None:
    if len(row.cells) != len(header.cells):
        return f"the row has {len(row.cells)} cells, the header {len(header.cells)}"
    if any("\0" in cell for cell in row.cells):
        return "the row has a NUL character"
    return None
