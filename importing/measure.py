"""One row as typed values, and what is wrong with it on its own."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Self

from domain.directory.state import Directory
from domain.identifiers import BodyId
from importing.columns import BELONGS_TO, DATES, FOLLOWS, REQUIRED
from importing.problems import Problem
from importing.table import Headings, Row, Table

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1900, 2200)
_MOST_LIKENED = 200
"""Unknown bodies of a file for which one that is called nearly so is looked for: it is slow."""
_PROGRESS = re.compile(r"(\S+?)\s*:\s*(\d{1,3})\s*%?")


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureRow:
    """What a row says. An empty cell is left out everywhere, an unreadable date from `days`."""

    line: int
    texts: dict[str, str]
    """Every cell as it stands, dates too."""
    days: dict[str, date]
    co_assignees: tuple[BodyId, ...]
    progress: tuple[tuple[date, int], ...]
    """(day, per cent), in the order of the days."""
    problems: tuple[Problem, ...]

    @property
    def bad_columns(self) -> frozenset[str]:
        return frozenset(p.column for p in self.problems if p.column is not None)

    def with_problem(self, problem: Problem) -> Self:
        return replace(self, problems=(*self.problems, problem))


@dataclass(kw_only=True, slots=True)
class _Reading:
    line: int
    texts: dict[str, str]
    headings: Headings
    problems: list[Problem] = field(default_factory=list[Problem])

    @property
    def bad_columns(self) -> frozenset[str | None]:
        return frozenset(p.column for p in self.problems)

    def problem(self, column: str, reason: str) -> None:
        self.problems.append(Problem(line=self.line, column=column, reason=reason))

    def day(self, column: str, text: str) -> date | None:
        if _ISO_DATE.fullmatch(text):
            try:
                day = date.fromisoformat(text)
            except ValueError:
                pass
            else:
                if day.year in _YEARS:
                    return day
        self.problem(column, f"{text!r} is no date of a calendar; write it as 2025-03-31")
        return None


class BodiesNamed:
    """Bodies that a file names, looked up in the directory; each unknown one is likened to the known once."""

    def __init__(self, directory: Directory) -> None:
        self._bodies = directory.bodies
        self._hints: dict[str, str] = {}

    def hint(self, body: str) -> str | None:
        """What to do about an unknown one; None for one that is known."""
        if body in self._bodies:
            return None
        if body not in self._hints:
            likened = len(self._hints) < _MOST_LIKENED
            close = get_close_matches(body, self._bodies, n=1) if likened else ()
            self._hints[body] = (
                f"did you mean {close[0]}?" if close else "register it in the directory first"
            )
        return self._hints[body]


def read_measure(row: Row, table: Table, bodies: BodiesNamed) -> MeasureRow:
    """The values of a row of the table, and every problem that shows without looking at the log."""
    texts = {column: cell for column, cell in row.cells.items() if cell}
    reading = _Reading(line=row.line, texts=texts, headings=table.headings)
    reading.problems.extend(row.problems)
    unread = reading.bad_columns
    for column in REQUIRED:
        # A column missing altogether is reported once, not by every row.
        if column in table.columns and column not in texts:
            reading.problem(column, "the cell is empty; every row needs it")
    dated = {c: texts[c] for c in DATES if c in texts and c not in unread}
    days = {c: day for c, text in dated.items() if (day := reading.day(c, text)) is not None}
    co_assignees = () if "co_assignees" in unread else _split(texts.get("co_assignees", ""))
    progress = () if "progress" in unread else tuple(_progress(reading))
    _check_bodies(reading, co_assignees, bodies)
    _check_order(reading, days, progress)
    return MeasureRow(
        line=row.line,
        texts=texts,
        days=days,
        co_assignees=co_assignees,
        progress=progress,
        problems=tuple(reading.problems),
    )


_PROGRESS_FORM = "write entries as 2025-03-31:40 with `;` between them"


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in text.split(";")) if part)


def _progress(reading: _Reading) -> Iterator[tuple[date, int]]:
    last: date | None = None
    for entry in _split(reading.texts.get("progress", "")):
        match = _PROGRESS.fullmatch(entry)
        if match is None:
            reading.problem("progress", f"{entry!r} is no progress; {_PROGRESS_FORM}")
            continue
        day, percent = reading.day("progress", match[1]), int(match[2])
        if percent > 100:
            reading.problem("progress", f"{percent} is more than 100 per cent")
        if day is None:
            continue
        if last is not None and day <= last:
            reading.problem("progress", f"{day} does not come after {last}; one entry a day")
        last = day
        yield day, percent


def _check_bodies(reading: _Reading, co_assignees: tuple[BodyId, ...], bodies: BodiesNamed) -> None:
    named = [
        (column, reading.texts[column])
        for column in ("issuer", "controller", "lead")
        if column in reading.texts and column not in reading.bad_columns
    ]
    named += [("co_assignees", body) for body in co_assignees]
    for column, body in named:
        if hint := bodies.hint(body):
            reading.problem(column, f"no body {body} is known; {hint}")
    for body, times in Counter(co_assignees).items():
        if times > 1:
            reading.problem("co_assignees", f"{body} is named twice")


def _check_order(
    reading: _Reading, days: dict[str, date], progress: tuple[tuple[date, int], ...]
) -> None:
    texts, name = reading.texts, reading.headings.name
    for column, date_column in BELONGS_TO.items():
        if column in texts and date_column not in texts:
            reading.problem(date_column, f"the cell is empty, though {name(column)} is given")
    first = {"progress": progress[0][0]} if progress else {}
    follows = dict(FOLLOWS, progress="assigned_on")
    if "returned_on" in texts:
        follows["accepted_on"] = "reported_again_on"
    for column, before in follows.items():
        if column not in texts:
            continue
        if before not in texts:
            reading.problem(column, f"it needs {name(before)}, which is empty")
        _not_before(reading, column, (days | first).get(column), before, days.get(before))
    for column in ("extension_approved_on", "reported_again_on", "accepted_on", "reported_on"):
        _not_before(reading, "cancelled_on", days.get("cancelled_on"), column, days.get(column))
    if "extension_approved_on" in texts and "extension_refused_on" in texts:
        reading.problem("extension_refused_on", "the extension is approved already; keep one date")


def _not_before(
    reading: _Reading, column: str, day: date | None, before: str, earliest: date | None
) -> None:
    if day is not None and earliest is not None and day < earliest:
        reading.problem(column, f"{day} lies before {reading.headings.name(before)} ({earliest})")
