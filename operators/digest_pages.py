"""A digest as plain text, as Markdown and as an HTML page: the same sections in each."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.programme.report import Measure, ProgrammeReport
from operators.digest import Digest, share
from readmodels.worklist import Work

_TEMPLATES = Path(__file__).parent / "templates"
_WIDEST = 72
"""Of the last column in plain text, in characters."""
_MARKS = re.compile(r"([\\`*_\[\]<>|~&])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A table with its heading; or, where there is nothing to tell, a sentence."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    otherwise: str = ""


def title_of(digest: Digest) -> str:
    since, at = digest.since, digest.at
    return f"{digest.programme.title}: {since:%Y-%m-%d} to {at:%Y-%m-%d}"


def sections(digest: Digest) -> Iterator[Section]:
    """What it tells, in order. Days are those of UTC."""
    yield Section(
        title="Figures",
        columns=("", f"{digest.since:%Y-%m-%d}", f"{digest.at:%Y-%m-%d}"),
        rows=list(_figures(digest.then, digest.now)),
    )
    yield Section(
        title=f"Completed: {len(digest.completed)}",
        columns=("number", "lead", "submitted", "", "text"),
        rows=[_completed(measure, digest.at) for measure in digest.completed],
        otherwise="Nothing was completed.",
    )
    yield Section(
        title=f"Became late: {len(digest.became_late)}",
        columns=("number", "lead", "deadline", "text"),
        rows=[
            (m.number, m.lead or "", _day(m.timing.deadline), m.text) for m in digest.became_late
        ],
        otherwise="Nothing became late.",
    )
    yield Section(
        title=f"Deadlines moved: {len(digest.moved)}",
        columns=("number", "lead", "was", "is", "", "why"),
        rows=[
            (
                one.measure.number,
                one.measure.lead or "",
                _day(one.was),
                _day(one.now),
                "later" if one.later else "earlier",
                one.why,
            )
            for one in digest.moved
        ],
        otherwise="No deadline moved.",
    )
    yield Section(
        title=f"Escalated: {len(digest.escalated)}",
        columns=("number", "lead", "on", "to", "why"),
        rows=[
            (one.number, one.lead or "", _day(one.at), one.sent_to, one.why)
            for one in digest.escalated
        ],
        otherwise="Nothing was escalated.",
    )
    yield _due("Due in the next 7 days", digest.due_in_a_week)
    yield _due("Due in the 7 days after", digest.due_in_two)
    yield Section(
        title="Execution discipline that changed",
        columns=("lead", "then", "now", "late"),
        rows=[
            (one.body or "(nobody)", one.then, one.now, str(one.late)) for one in digest.discipline
        ],
        otherwise="No body's changed.",
    )


def as_text(digest: Digest) -> str:
    """Columns with two spaces between; the last one is cut where it is long."""
    title = title_of(digest)
    lines = [title, "=" * len(title), *_restated(digest)]
    for section in sections(digest):
        lines += ["", section.title]
        lines += _aligned(section) if section.rows else [f"  {section.otherwise}"]
    return "\n".join(lines) + "\n"


def as_markdown(digest: Digest) -> str:
    """Tables as GitHub writes them; what somebody wrote has no effect in it."""
    lines = [f"# {_escaped(title_of(digest))}", *_restated(digest)]
    for section in sections(digest):
        lines += ["", f"## {_escaped(section.title)}", ""]
        if not section.rows:
            lines.append(section.otherwise)
            continue
        rule = ["---"] * len(section.columns)
        lines += [_row(section.columns), "| " + " | ".join(rule) + " |"]
        lines += map(_row, section.rows)
    return "\n".join(lines) + "\n"


def as_html(digest: Digest) -> str:
    """One page that needs nothing from elsewhere."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template("digest.html").render(
        title=title_of(digest), restated=_restated(digest), sections=list(sections(digest))
    )


def _figures(then: ProgrammeReport, now: ProgrammeReport) -> Iterator[Sequence[str]]:
    both = (then, now)
    yield ("measures", *(str(one.total) for one in both))
    yield ("implemented", *(share(one.implemented, one.total) for one in both))
    yield ("behind schedule", *(share(one.behind_schedule, one.total) for one in both))
    late = (share(one.late_against_original, one.total) for one in both)
    yield ("past the original deadline", *late)
    yield ("execution discipline", *(one.execution_discipline for one in both))
    for name in ("carried_over", "cancelled", "proposed", "refused"):
        counts = [getattr(one, name) for one in both]
        if any(counts):
            yield (name.replace("_", " "), *map(str, counts))


def _completed(measure: Measure, at: datetime) -> Sequence[str]:
    submitted = measure.timing.submitted_at
    how = "late" if measure.lateness(at).behind_by else "in time"
    day = _day(submitted) if submitted else ""
    return (measure.number, measure.lead or "", day, how, measure.text)


def _due(title: str, works: Sequence[Work]) -> Section:
    return Section(
        title=f"{title}: {len(works)}",
        columns=("number", "lead", "deadline", "done", "text"),
        rows=[
            (
                work.row.number,
                work.row.lead or "",
                _day(work.row.deadline),
                f"{work.row.percent} %",
                work.row.text,
            )
            for work in works
        ],
        otherwise="Nothing is due.",
    )


def _restated(digest: Digest) -> list[str]:
    """What was entered late changes what the earlier figures were told to be."""
    if not digest.restated:
        return []
    return ["", f"Entered late since then: {digest.restated} changes of the earlier figures."]


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _aligned(section: Section) -> list[str]:
    rows = [[" ".join(cell.split()) for cell in row] for row in (section.columns, *section.rows)]
    for row in rows:
        row[-1] = textwrap.shorten(row[-1], _WIDEST, placeholder=" …")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(" ".join(cell.split())) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)
