"""Notices as a letter: a subject, a plain text, and the same as HTML."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment

from domain.identifiers import InstructionId
from notifications.compose import Notice, Standing
from notifications.dates import written
from notifications.language import LABELS, counted
from notifications.templating import environment

_TEMPLATES = Path(__file__).parent / "templates"
_CLOSED_BY: Mapping[Standing, str] = {
    "completed": "InstructionCompleted",
    "cancelled": "Cancelled",
}
LONGEST_SUBJECT = 200
_LONGEST_NUMBER = 100
_LONGEST_WORD = 40
"""What is longer is cut, and not left out."""
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Controls that make a line look like another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    subject: str
    """One line."""
    text: str
    html: str


def letter(notices: Sequence[Notice]) -> Letter:
    """One notice, or several of one person, as a letter in the language of the first.

    Those of one instruction stand together, in their order; what is due soonest stands first, and what is
    closed last.

    Raises `ValueError` if there is none.
    """
    if not notices:
        raise ValueError("a letter brings at least one notice")
    language, subject = notices[0].language, _subject(notices)
    sections = _sections(notices)
    told = {
        "language": language,
        "labels": LABELS[language],
        "subject": subject,
        "notices": [notice for section in sections for notice in section],
        "meanwhile": {
            section[0].instruction: meanwhile
            for section in sections
            if (meanwhile := _meanwhile(section)) is not None
        },
    }
    return Letter(
        subject=subject,
        text=_environment().get_template("letter.txt").render(told),
        html=_environment().get_template("letter.html").render(told),
    )


def one_line(text: str, longest: int) -> str:
    """The text in one line of so many characters at most, with nothing that drives a terminal or a reader."""
    visible = "".join(" " if _drives(c) else c for c in text)
    line = " ".join(visible.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 2]
    between_words = cut.rfind(" ")
    return f"{cut[:between_words] if between_words > longest - _LONGEST_WORD else cut} …"


def _drives(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDIRECTIONAL


def _subject(notices: Sequence[Notice]) -> str:
    first = notices[0]
    number = one_line(first.number, _LONGEST_NUMBER)
    if len(notices) == 1:
        return one_line(f"[{number}] {first.what}", LONGEST_SUBJECT)
    labels, language = LABELS[first.language], first.language
    count = counted(len(notices), labels.notices, language)
    instructions = len({notice.instruction for notice in notices})
    if instructions == 1:
        return f"[{number}] {count}"
    return f"{count} {counted(instructions, labels.on_instructions, language)}"


def _sections(notices: Sequence[Notice]) -> Sequence[Sequence[Notice]]:
    """Of one instruction each."""
    sections: dict[InstructionId, list[Notice]] = {}
    for notice in notices:
        sections.setdefault(notice.instruction, []).append(notice)
    return sorted(sections.values(), key=lambda section: _place(section[-1]))


def _place(notice: Notice) -> tuple[bool, datetime, str]:
    return (notice.standing in _CLOSED_BY, notice.deadline.instant, notice.number)


def _meanwhile(section: Sequence[Notice]) -> str | None:
    """That the instruction was closed since, unless one of the notices says so itself."""
    standing, labels = section[-1].standing, LABELS[section[0].language]
    closed_by = _CLOSED_BY.get(standing)
    if closed_by is None or any(notice.event == closed_by for notice in section):
        return None
    return labels.completed_meanwhile if standing == "completed" else labels.cancelled_meanwhile


@cache
def _environment() -> Environment:
    made = environment(_TEMPLATES)
    made.filters["written"] = written  # pyright: ignore[reportArgumentType] - any callable will do
    made.filters["sentence"] = _sentence  # pyright: ignore[reportArgumentType] - likewise
    return made


def _sentence(what: str) -> str:
    return f"{what.rstrip('.')}."
