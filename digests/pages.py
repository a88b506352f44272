"""A digest as plain text, as Markdown and as an HTML page: the same sections in each."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digests.compose import EXTENSION_APPROVED, RESUMED, Digest, Moved, share
from digests.wording import WORDING, Wording
from domain.directory.preferences import Language
from domain.programme.report import Measure, ProgrammeReport
from notifications.templating import environment
from readmodels.register import behind_from, late_for
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


def title_of(digest: Digest, language: Language = "en") -> str:
    since, at = digest.since, digest.at
    title = WORDING[language].title
    return title.format(digest.programme.title, f"{since:%Y-%m-%d}", f"{at:%Y-%m-%d}")


def sections(digest: Digest, language: Language = "en") -> Iterator[Section]:
    """What it tells, in order. Days are those of UTC."""
    say = WORDING[language]
    yield Section(
        title=say.figures,
        columns=("", f"{digest.since:%Y-%m-%d}", f"{digest.at:%Y-%m-%d}"),
        rows=list(_figures(digest.then, digest.now, say)),
    )
    yield Section(
        title=say.completed.format(len(digest.completed)),
        columns=(say.number, say.lead, say.submitted, "", say.text),
        rows=[_completed(measure, digest.at, say) for measure in digest.completed],
        otherwise=say.nothing_completed,
    )
    yield Section(
        title=say.became_late.format(len(digest.became_late)),
        columns=(say.number, say.lead, say.late_since, say.text),
        rows=[_became_late(measure, say) for measure in digest.became_late],
        otherwise=say.nothing_late,
    )
    yield Section(
        title=say.moved.format(len(digest.moved)),
        columns=(say.number, say.lead, say.was, say.now, "", say.why),
        rows=[
            (
                one.measure.number,
                one.measure.lead or "",
                _day(one.was),
                _day(one.now),
                say.later if one.later else say.earlier,
                _why(one, say),
            )
            for one in digest.moved
        ],
        otherwise=say.nothing_moved,
    )
    yield Section(
        title=say.escalated.format(len(digest.escalated)),
        columns=(say.number, say.lead, say.on, say.to, say.why),
        rows=[
            (one.number, one.lead or "", _day(one.at), one.sent_to, one.why)
            for one in digest.escalated
        ],
        otherwise=say.nothing_escalated,
    )
    yield _due(say.due_in_a_week, digest.due_in_a_week, say)
    yield _due(say.due_in_two, digest.due_in_two, say)
    yield Section(
        title=say.discipline_changed,
        columns=(say.lead, say.then, say.now, say.late),
        rows=[
            (one.body or say.nobody, one.then, one.now, str(one.late)) for one in digest.discipline
        ],
        otherwise=say.no_discipline_changed,
    )


def as_text(digest: Digest, language: Language = "en", *, due_at: datetime | None = None) -> str:
    """Columns with two spaces between; the last one is cut where it is long.

    `due_at`: when it was to go out, if it went out late.
    """
    title = title_of(digest, language)
    lines = [title, "=" * len(title)]
    for remark in _remarks(digest, WORDING[language], due_at):
        lines += ["", remark]
    for section in sections(digest, language):
        lines += ["", section.title]
        lines += _aligned(section) if section.rows else [f"  {section.otherwise}"]
    return "\n".join(lines) + "\n"


def as_markdown(digest: Digest) -> str:
    """Tables as GitHub writes them; what somebody wrote has no effect in it."""
    lines = [f"# {_escaped(title_of(digest))}"]
    for remark in _remarks(digest, WORDING["en"], None):
        lines += ["", remark]
    for section in sections(digest):
        lines += ["", f"## {_escaped(section.title)}", ""]
        if not section.rows:
            lines.append(section.otherwise)
            continue
        rule = ["---"] * len(section.columns)
        lines += [_row(section.columns), "| " + " | ".join(rule) + " |"]
        lines += map(_row, section.rows)
    return "\n".join(lines) + "\n"


def as_html(digest: Digest, language: Language = "en", *, due_at: datetime | None = None) -> str:
    """One page that needs nothing from elsewhere. `due_at` as for `as_text`."""
    return (
        environment(_TEMPLATES)
        .get_template("digest.html")
        .render(
            language=language,
            title=title_of(digest, language),
            remarks=_remarks(digest, WORDING[language], due_at),
            sections=list(sections(digest, language)),
        )
    )


def _figures(then: ProgrammeReport, now: ProgrammeReport, say: Wording) -> Iterator[Sequence[str]]:
    both = (then, now)
    yield (say.measures, *(str(one.total) for one in both))
    yield (say.implemented, *(share(one.implemented, one.total) for one in both))
    yield (say.behind_schedule, *(share(one.behind_schedule, one.total) for one in both))
    late = (share(one.late_against_original, one.total) for one in both)
    yield (say.past_original, *late)
    yield (say.discipline, *(one.execution_discipline for one in both))
    for name in ("carried_over", "cancelled", "proposed", "refused"):
        counts = [getattr(one, name) for one in both]
        if any(counts):
            yield (getattr(say, name), *map(str, counts))


def _completed(measure: Measure, at: datetime, say: Wording) -> Sequence[str]:
    submitted = measure.timing.submitted_at
    how = say.late if measure.lateness(at).behind_by else say.in_time
    day = _day(submitted) if submitted else ""
    return (measure.number, measure.lead or "", day, how, measure.text)


def _became_late(measure: Measure, say: Wording) -> Sequence[str]:
    since = _day(behind_from(measure.timing))
    if late_for(measure.timing) == "milestone":
        since = f"{since}, {say.milestone}"
    return (measure.number, measure.lead or "", since, measure.text)


def _why(moved: Moved, say: Wording) -> str:
    """What people wrote, else a word of ours."""
    ours = {EXTENSION_APPROVED: say.extension_approved, RESUMED: say.resumed}
    return ours.get(moved.why, moved.why)


def _due(title: str, works: Sequence[Work], say: Wording) -> Section:
    return Section(
        title=title.format(len(works)),
        columns=(say.number, say.lead, say.deadline, say.done, say.text),
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
        otherwise=say.nothing_due,
    )


def _remarks(digest: Digest, say: Wording, due_at: datetime | None) -> Sequence[str]:
    """That it is late; and that what was entered late changes what the earlier figures were told to be."""
    overdue = [] if due_at is None else [say.overdue.format(f"{due_at:%Y-%m-%d %H:%M}")]
    restated = [say.restated.format(digest.restated)] if digest.restated else []
    return [*overdue, *restated]


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
