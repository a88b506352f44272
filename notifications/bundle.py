"""Several notices to one person as one message: a digest, or what piled up over quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from operator import attrgetter
from textwrap import indent
from typing import Literal

from domain.deadline import Deadline
from domain.directory.preferences import Language

Closed = Literal["completed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One notice as it would go out by itself, and how its instruction stands now."""

    number: str
    deadline: Deadline
    """The approved one."""
    closed: Closed | None
    subject: str
    text: str
    html: str | None = None
    """A piece of a page, which may stand beside others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    subject: str
    text: str
    html: str | None
    """Only if every notice has one."""


_CLOSED: dict[Language, dict[Closed, str]] = {
    "en": {"completed": "completed meanwhile", "cancelled": "cancelled meanwhile"},
    "ru": {"completed": "уже снято с контроля", "cancelled": "уже отменено"},
}


def bundle(entries: Sequence[Entry], language: Language) -> Bundle:
    """One message of them all: by instruction, what is due soonest first, what is closed last.

    The notices of one instruction keep their order. Raises `ValueError` if there is none.
    """
    if not entries:
        raise ValueError("a bundle brings at least one notice")
    ordered = sorted(entries, key=_place)
    sections = [(number, list(of_it)) for number, of_it in groupby(ordered, attrgetter("number"))]
    headings = [_heading(of_it[0], language) for _, of_it in sections]
    texts = [
        "\n".join([heading, "=" * len(heading), "", *(indent(e.text, "  ") for e in of_it)])
        for heading, (_, of_it) in zip(headings, sections, strict=True)
    ]
    pieces = [
        f"<h2>{escape(heading)}</h2>\n" + "\n".join(e.html or "" for e in of_it)
        for heading, (_, of_it) in zip(headings, sections, strict=True)
    ]
    return Bundle(
        subject=_subject(len(entries), len(sections), language),
        text="\n".join(texts),
        html="\n".join(pieces) if all(entry.html is not None for entry in entries) else None,
    )


def _place(entry: Entry) -> tuple[bool, object, str]:
    return (entry.closed is not None, entry.deadline.instant, entry.number)


def _heading(entry: Entry, language: Language) -> str:
    number = " ".join(entry.number.split())
    if entry.closed is not None:
        return f"{number}: {_CLOSED[language][entry.closed]}"
    return f"{number}: {'due' if language == 'en' else 'срок'} {_written(entry.deadline)}"


def _written(deadline: Deadline) -> str:
    if deadline.on is not None:
        return f"{deadline.on:%Y-%m-%d}"
    return f"{deadline.instant:%Y-%m-%d %H:%M} UTC"


def _subject(notices: int, instructions: int, language: Language) -> str:
    if language == "en":
        return f"{_english(notices, 'notice')} on {_english(instructions, 'instruction')}"
    of_notices = _russian(notices, "уведомление", "уведомления", "уведомлений")
    of_instructions = _russian(instructions, "поручению", "поручениям", "поручениям")
    return f"{of_notices} по {of_instructions}"


def _english(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _russian(count: int, one: str, few: str, many: str) -> str:
    """The form of the word goes by the last digits: 1, 21, but not 11; 2 to 4, 22, but not 12."""
    last = count % 10 if count % 100 not in range(11, 15) else 0
    word = one if last == 1 else few if last in (2, 3, 4) else many
    return f"{count} {word}"
