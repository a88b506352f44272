"""Every sentence of the console is there in Russian, once, with all its plurals, and none that is not said."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from access.log import Outcome
from access.scopes import Scope
from audit import discrepancy
from audit.findings import Check
from domain.attribution import IdentityKind
from domain.directory.events import BodyKind, DirectoryEvent, OfficeKind
from domain.directory.preferences import Language
from domain.instruction import explanation
from domain.instruction.events import InstructionEvent
from domain.instruction.noticed import NoticeOutcome
from domain.instruction.terms import ClosesWith, PartEnd, SourceKind
from domain.policies import Priority, Target
from domain.programme.difference import ASPECTS
from domain.programme.events import ProgrammeEvent
from domain.programme.terms import ProgrammePhase
from domain.recurrence.events import RecurrenceEvent
from notifications.email import EmailChannel
from notifications.log import LogChannel
from notifications.services import ServiceChannel
from notifications.webhook import WebhookChannel
from operators.bulk import Verdict
from readmodels.attention import Standing
from readmodels.duties import DUTIES, Role
from readmodels.measures import ANY_FIGURE
from web.api.models import Phase
from web.console.labels import LABELS
from web.console.language import WORDS, read_words

_CONSOLE = WORDS.parent
_CHANNELS = {LogChannel.name} | {
    field.default
    for kind in (EmailChannel, WebhookChannel, ServiceChannel)
    for field in fields(kind)
    if field.name == "name"
}
_VALUE = re.compile(r"%\((\w+)\)s")
_PARTY = re.compile(r"[\w-]+(?=\|)")
"""Those of an escalation's target that have no name of their own: but for the body that stands last."""


def _said() -> Iterator[tuple[str, ...]]:
    """Each sentence of templates and code: one form, or two where it counts something."""
    found = extract_from_dir(
        str(_CONSOLE),
        method_map=[("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")],
        keywords={"_": None, "say": None, "count": (1, 2)},
        directory_filter=lambda path: Path(path).name not in ("frontend", "built"),
    )
    for _, _, message, *_ in found:
        yield (message,) if isinstance(message, str) else tuple(message)
    for words in LABELS.values():
        yield from ((word,) for word in words.values())


def _written() -> Iterator[Message]:
    for file in sorted((WORDS / "ru").glob("*.po")):
        with file.open("rb") as opened:
            yield from (message for message in read_po(opened, locale="ru") if message.id)


def _forms(said: Any) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def test_every_sentence_is_there_in_russian_and_no_other() -> None:
    said = {forms[0] for forms in _said()}
    written = {_forms(message.id)[0] for message in _written()}
    assert len(said) > 100
    assert sorted(said - written) == []
    assert sorted(written - said) == []


def test_none_is_written_twice() -> None:
    found = Counter(_forms(message.id)[0] for message in _written())
    assert [one for one, times in found.items() if times > 1] == []


def test_a_translation_has_the_values_and_the_plurals_that_are_asked_of_it() -> None:
    counted = {forms[0] for forms in _said() if len(forms) > 1}
    for message in _written():
        english, russian = _forms(message.id), _forms(message.string)
        assert all(russian), english
        assert len(russian) == (3 if english[0] in counted else 1), english
        assert {*_VALUE.findall(english[-1])} == {*_VALUE.findall(russian[-1])}, english


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("phase", get_args(Phase)),
        ("programme", get_args(ProgrammePhase)),
        ("priority", get_args(Priority)),
        ("body", get_args(BodyKind)),
        ("office", get_args(OfficeKind)),
        ("standing", get_args(Standing)),
        ("source", get_args(SourceKind)),
        ("closes-with", get_args(ClosesWith)),
        ("verdict", get_args(Verdict)),
        ("outcome", get_args(Outcome)),
        ("duty", DUTIES),
        ("role", get_args(Role)),
        ("target", _PARTY.findall(get_args(Target)[1].pattern)),
        ("figure", {*ASPECTS, *ANY_FIGURE}),
        ("identity", get_args(IdentityKind)),
        ("check", get_args(Check)),
        ("discrepancy", [kind.value for kind in discrepancy.Kind]),
        ("moment", get_args(explanation.Kind)),
        ("moment-status", get_args(explanation.Status)),
        ("notice", get_args(NoticeOutcome)),
        ("part-end", get_args(PartEnd)),
        ("scope", get_args(Scope)),
        ("channel", _CHANNELS),
        (
            "event",
            [
                event.model_fields["type"].default
                for union in (InstructionEvent, ProgrammeEvent, DirectoryEvent, RecurrenceEvent)
                for event in get_args(get_args(union)[0])
            ],
        ),
    ],
)
def test_every_code_has_a_word_and_no_other(kind: str, codes: Collection[str]) -> None:
    assert set(codes) == set(LABELS[kind])


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (1, "1 поручение"),
        (2, "2 поручения"),
        (5, "5 поручений"),
        (11, "11 поручений"),
        (21, "21 поручение"),
    ],
)
def test_russian_has_its_plurals(n: int, said: str) -> None:
    assert read_words()["ru"].count("%(n)s instruction", "%(n)s instructions", n) == said


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (5 * 3600, "5 hours", "5 часов"),
        (86_400, "1 day", "1 день"),
        (10 * 86_400, "10 days", "10 дней"),
        (45 * 86_400 + 3600, "45 days", "45 дней"),
        (401 * 86_400, "401 days", "401 день"),
    ],
)
def test_a_span_is_counted_in_days_from_one_on(seconds: float, english: str, russian: str) -> None:
    words = read_words()
    assert (words["en"].span(seconds), words["ru"].span(seconds)) == (english, russian)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_days_are_written_as_babel_writes_them(language: Language) -> None:
    words = read_words()[language]
    locale = words.locale
    for nth in range(1, 13):
        at = datetime(2026, nth, 2 * nth, 5 + nth, 7, nth, tzinfo=UTC)
        local = at.astimezone(ZoneInfo("Europe/Minsk"))
        to_the_minute = format_datetime(local, "d MMM y, HH:mm", locale=locale)
        assert words.day(at.date()) == format_date(at.date(), "d MMM y", locale=locale)
        assert words.moment(at, "Europe/Minsk") == f"{to_the_minute} (Europe/Minsk)"
        assert words.due(at, "Europe/Minsk") == to_the_minute
        exact = format_datetime(local, "d MMM y, HH:mm:ss", locale=locale)
        assert words.exactly(at, "Europe/Minsk") == exact


def test_a_day_is_told_by_what_it_is_there() -> None:
    """Midnight is the end of the day before."""
    midnight = datetime(2026, 12, 18, 21, tzinfo=UTC)
    assert read_words()["en"].due(midnight, "Europe/Minsk") == "18 Dec 2026"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_numbers_are_written_as_babel_writes_them(language: Language) -> None:
    words = read_words()[language]
    for number in (0, 7, -3, 999, 1000, 9999, 10_000, 123_456, -1_234_567, 10**12):
        assert words.number(number) == format_decimal(number, locale=words.locale)
    for number in (0.5, 999.25, 1234.5):
        assert words.number(number) == format_decimal(number, locale=words.locale)
