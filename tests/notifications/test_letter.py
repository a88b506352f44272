"""A letter says it twice, as text and as HTML; what people wrote stays text in both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.directory.preferences import Language
from domain.identifiers import instruction_id
from domain.instruction import events as e
from notifications.compose import Notice, Standing
from notifications.language import LABELS
from notifications.letter import Letter, letter
from tests.domain.world import NOW, until
from tests.notifications.notices import NOTIFYING, NUMBER, example, issued, told

_VOID = {"meta"}
_LANGUAGES = st.sampled_from(get_args(Language))


class _Reader(HTMLParser):
    """Reads an HTML page; fails if an element is not closed where it must be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


_EMPTY = _Reader(letter([told(example(e.Cancelled))]).html).elements


def _written(event: e.NotifyingEvent, words: str) -> e.NotifyingEvent:
    """With these words wherever somebody wrote some."""
    told_by_people = {"reason", "text"} & set(type(event).model_fields)
    return event.model_copy(update=dict.fromkeys(told_by_people, words))


@given(
    event=st.sampled_from(NOTIFYING),
    language=_LANGUAGES,
    words=st.text(max_size=300),
    number=st.text(min_size=1, max_size=100),
)
def test_whatever_people_write_every_event_makes_a_letter_of_sound_html(
    event: e.NotifyingEvent, language: Language, words: str, number: str
) -> None:
    state = issued(text=words, number=number)
    made = letter([told(_written(event, words), language, state=state)])
    assert [tag for tag, _ in _Reader(made.html).elements] == [tag for tag, _ in _EMPTY], (
        "nothing that somebody wrote became an element"
    )
    assert len(made.subject) <= 200
    assert len(made.subject.splitlines()) == 1
    assert made.subject.isprintable() or any(c in words + number for c in made.subject)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(
    "attack", ["<script>alert(1)</script>", "</p><img src=x onerror=a>", "{{ 7*7 }}"]
)
def test_what_people_write_is_shown_and_never_run(attack: str, language: Language) -> None:
    state = issued(text=attack, issuer=f"a{attack}")
    made = letter([told(_written(example(e.Cancelled), attack), language, state=state)])
    page = _Reader(made.html)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in _EMPTY]
    assert page.words.count(attack) >= 3
    assert attack in made.text


def _both(language: Language) -> Letter:
    return letter([told(example(e.Cancelled), language)])


@pytest.mark.parametrize("language", get_args(Language))
def test_both_parts_say_the_same_and_what_happened_first(language: Language) -> None:
    made, labels = _both(language), LABELS[language]
    read = " ".join(_Reader(made.html).words.split())
    for part in (" ".join(made.text.split()), read.removeprefix(made.subject).strip()):
        what = made.subject.removeprefix(f"[{NUMBER}] ")
        assert part.startswith(what)
        places = [part.index(label) for label in (
            f"{labels.instruction} {NUMBER}:", labels.deadline, labels.issuer, labels.lead,
            labels.next_step, labels.footer,
        )]  # fmt: skip
        assert places == sorted(places)
        assert "Согласовать единые фитосанитарные правила." in part
        assert "Совет министров" in part
        assert labels.nobody_yet in part


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_can_be_read_aloud_in_the_dark_and_offline(language: Language) -> None:
    made = _both(language)
    elements = _Reader(made.html).elements
    assert elements[0] == ("html", {"lang": language})
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in elements
    assert "table" not in [tag for tag, _ in elements]
    asked_for = [
        a for _, attributes in elements for a in attributes if a in ("src", "href", "background")
    ]
    assert asked_for == []
    assert "url(" not in made.html
    assert "color:" not in made.html.replace("color-scheme:", ""), "the reader's own colours"


def test_a_subject_is_one_line_of_bounded_length_whatever_people_wrote() -> None:
    story = "Overtaken:\r\nBcc: all@example.org\u2028" + "a very long story " * 200
    event = _written(example(e.Cancelled), story)
    made = letter([told(event, state=issued(number="N\n1\u202e"))])
    assert made.subject.startswith(
        "[N 1] Cancelled: Overtaken: Bcc: all@example.org a very long story"
    )
    assert len(made.subject) <= 200
    assert "a very long story " * 199 in made.text


def test_a_subject_of_one_long_word_is_cut_and_not_left_out() -> None:
    event = _written(example(e.Cancelled), "ы" * 500)
    subject = letter([told(event, state=issued(number="n" * 100))]).subject
    assert subject.startswith(f"[{'n' * 100}] Cancelled: ыыы")
    assert subject.endswith("ы …")
    assert len(subject) == 200


def test_a_notice_that_is_a_sentence_already_gets_no_second_full_stop() -> None:
    assert _both("en").text.startswith("Cancelled: Overtaken by the treaty.\n")


def test_several_notices_make_one_letter() -> None:
    both = [told(example(e.Cancelled)), told(example(e.Reopened))]
    made = letter(both)
    assert made.subject == f"[{NUMBER}] 2 notices"
    for part in (made.text, made.html):
        assert part.index("Overtaken by the treaty.") < part.index("The annex was not signed.")
    assert [tag for tag, _ in _Reader(made.html).elements].count("article") == 2


def _notice(number: str, *, days: int = 30, standing: Standing = "open") -> Notice:
    due = until(NOW + timedelta(days=days))
    made = told(example(e.ReminderDue))
    return replace(
        made, number=number, instruction=instruction_id(number), deadline=due, standing=standing
    )


def test_what_is_due_soonest_stands_first_and_what_is_closed_last() -> None:
    made = letter(
        [
            _notice("N-closed", days=1, standing="completed"),
            _notice("N-later", days=9),
            _notice("N-soon", days=2),
            _notice("N-same", days=9),
        ]
    )
    for part in (made.text, made.html):
        places = [part.index(number) for number in ("N-soon", "N-later", "N-same", "N-closed")]
        assert places == sorted(places)


def test_the_notices_of_one_instruction_stand_together_in_their_order() -> None:
    first, other, second = _notice("N-1"), _notice("N-2"), _notice("N-1")
    made = letter([replace(first, what="Assigned"), other, replace(second, what="Escalated")])
    assert made.text.index("Assigned") < made.text.index("Escalated") < made.text.index("N-2")


def test_it_says_what_was_closed_meanwhile_unless_a_notice_does() -> None:
    one = _notice("N-1", standing="cancelled")
    for part in (letter([one]).text, letter([one]).html):
        assert "(cancelled meanwhile)" in part
    assert "(уже отменено)" in letter([replace(one, language="ru")]).text
    said = replace(one, event="Cancelled")
    assert "meanwhile" not in letter([one, said]).text


@pytest.mark.parametrize(
    ("language", "notices", "instructions", "subject"),
    [
        ("en", 5, 3, "5 notices on 3 instructions"),
        ("ru", 5, 3, "5 уведомлений по 3 поручениям"),
        ("ru", 11, 11, "11 уведомлений по 11 поручениям"),
        ("ru", 14, 2, "14 уведомлений по 2 поручениям"),
        ("ru", 21, 21, "21 уведомление по 21 поручению"),
        ("ru", 112, 5, "112 уведомлений по 5 поручениям"),
        ("ru", 123, 5, "123 уведомления по 5 поручениям"),
    ],
)
def test_the_subject_counts(
    language: Language, notices: int, instructions: int, subject: str
) -> None:
    several = [replace(_notice(f"N-{n % instructions}"), language=language) for n in range(notices)]
    assert letter(several).subject == subject


def test_a_letter_brings_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        letter([])


def test_a_moment_in_a_sentence_is_told_on_the_clock_of_the_instruction() -> None:
    asked = example(e.ExtensionRequested).model_copy(
        update={"decide_by": datetime(2026, 3, 31, 20, 59, 30, tzinfo=UTC)}
    )
    assert "by 31 March 2026, 23:59:30 (Europe/Minsk, UTC+03:00)" in letter([told(asked)]).text
