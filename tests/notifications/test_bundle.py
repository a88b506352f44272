"""Several notices as one message."""

from datetime import date, timedelta

import pytest

from domain.deadline import Deadline
from domain.directory.preferences import Language
from notifications.bundle import Closed, Entry, bundle
from tests.domain.world import NOW, until


def _entry(
    number: str,
    text: str = "Reminder.\n",
    *,
    days: int = 30,
    closed: Closed | None = None,
    html: str | None = None,
    deadline: Deadline | None = None,
) -> Entry:
    return Entry(
        number=number,
        deadline=deadline or until(NOW + timedelta(days=days)),
        closed=closed,
        subject=f"[{number}] {text.strip()}",
        text=text,
        html=html,
    )


def test_what_is_due_soonest_stands_first_and_what_is_closed_last() -> None:
    made = bundle(
        [
            _entry("N-closed", days=1, closed="completed"),
            _entry("N-later", days=9),
            _entry("N-soon", days=2),
            _entry("N-same", days=9),
        ],
        "en",
    )
    places = [made.text.index(number) for number in ("N-soon", "N-later", "N-same", "N-closed")]
    assert places == sorted(places)


def test_the_notices_of_one_instruction_stand_together_in_their_order() -> None:
    entries = [_entry("N-1", "Assigned.\n"), _entry("N-2"), _entry("N-1", "Escalated.\n")]
    made = bundle(entries, "en")
    assert made.text.count("N-1") == 1
    assert made.text.index("Assigned.") < made.text.index("Escalated.") < made.text.index("N-2")


def test_every_notice_is_there_to_the_last_word() -> None:
    entries = [_entry(f"N-{n}", f"Reason {n}:\n\nas agreed.\n") for n in range(50)]
    made = bundle(entries, "en")
    assert all(f"Reason {n}:" in made.text for n in range(50))
    assert made.text.count("as agreed.") == 50


@pytest.mark.parametrize(
    ("language", "notices", "instructions", "subject"),
    [
        ("en", 2, 1, "2 notices on 1 instruction"),
        ("en", 5, 3, "5 notices on 3 instructions"),
        ("ru", 2, 1, "2 уведомления по 1 поручению"),
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
    entries = [_entry(f"N-{n % instructions}") for n in range(notices)]
    assert bundle(entries, language).subject == subject


def test_it_says_when_each_is_due_or_that_it_is_closed_meanwhile() -> None:
    entries = [
        _entry("N-1", deadline=until(date(2026, 3, 31))),
        _entry("N-2", closed="completed"),
        _entry("N-3", closed="cancelled"),
        _entry("N-4", deadline=until(NOW)),
    ]
    english, russian = bundle(entries, "en").text, bundle(entries, "ru").text
    for line in (
        "N-1: due 2026-03-31",
        "N-2: completed meanwhile",
        "N-3: cancelled meanwhile",
        "N-4: due 2026-02-02 09:00 UTC",
    ):
        assert line in english.splitlines()
    for line in ("N-1: срок 2026-03-31", "N-2: уже снято с контроля", "N-3: уже отменено"):
        assert line in russian.splitlines()


def test_a_number_that_somebody_made_up_stays_in_its_line_and_is_no_markup() -> None:
    made = bundle([_entry("N\n<b>1</b>", html="<p>Reminder.</p>")], "en")
    assert "N <b>1</b>: due" in made.text.splitlines()[0]
    assert made.html is not None
    assert "<h2>N &lt;b&gt;1&lt;/b&gt;: due" in made.html
    assert "<p>Reminder.</p>" in made.html


def test_there_is_a_page_only_if_every_notice_has_a_piece_for_it() -> None:
    assert bundle([_entry("N-1", html="<p>1</p>"), _entry("N-2")], "en").html is None


def test_a_bundle_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bundle([], "en")
