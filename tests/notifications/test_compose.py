"""Every event that people are told of has something to say, in every language."""

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from domain.deadline import Deadline
from domain.directory.preferences import Language
from domain.instruction import events as e
from domain.instruction.state import Completed, Suspended
from notifications.dates import short, written
from tests.notifications.notices import NOTIFYING, example, issued, told

_LANGUAGES: tuple[Language, ...] = get_args(Language)
_DAY = Deadline(
    on=date(2026, 3, 31),
    zone="Europe/Minsk",
    instant=datetime(2026, 3, 31, 21, tzinfo=UTC),
    tzdata="2026a",
)
_INSTANT = _DAY.model_copy(
    update={"on": None, "zone": "Asia/Kolkata", "instant": datetime(2026, 3, 31, 20, tzinfo=UTC)}
)


def test_there_is_an_example_of_every_event_that_people_are_told_of() -> None:
    assert {type(event) for event in NOTIFYING} == set(get_args(e.NotifyingEvent))


@pytest.mark.parametrize("language", _LANGUAGES)
def test_all_notices_differ(language: Language) -> None:
    assert len({told(event, language).what for event in NOTIFYING}) == len(NOTIFYING)


@pytest.mark.parametrize("event", NOTIFYING, ids=lambda event: type(event).__name__)
def test_each_language_says_it_in_its_own_words(event: e.NotifyingEvent) -> None:
    found = [told(event, language) for language in _LANGUAGES]
    assert len({notice.what for notice in found}) == len(_LANGUAGES)
    assert len({notice.next_step for notice in found}) == len(_LANGUAGES)
    assert all(notice.next_step.endswith(".") for notice in found)


def test_bodies_are_called_by_their_names_and_one_without_a_name_by_its_id() -> None:
    notice = told(example(e.InstructionAssigned))
    assert (notice.issuer, notice.issuer_name) == ("council-of-ministers", "Совет министров")
    to_a_body = example(e.Escalated).model_copy(update={"to": "body:council-of-ministers"})
    assert told(to_a_body).what.startswith("Escalated to Совет министров")
    assert told(example(e.Escalated)).what.startswith("Escalated to state-secretariat")


def test_what_fires_late_says_so() -> None:
    late = example(e.ReminderDue).model_copy(update={"late": True})
    in_time = late.model_copy(update={"late": False})
    assert told(late).what == "Reminder: due 31 March 2026 (sent late)"
    assert told(in_time).what == "Reminder: due 31 March 2026"
    assert told(late, "ru").what == "Напоминание: срок 31 марта 2026 г. (отправлено с опозданием)"


def test_a_deadline_is_written_with_its_weekday_and_its_zone() -> None:
    assert written(_DAY, "en") == "Tuesday, 31 March 2026, until the end of the day (Europe/Minsk)"
    assert written(_DAY, "ru") == "вторник, 31 марта 2026 г., до конца дня (Europe/Minsk)"
    assert (short(_DAY, "en"), short(_DAY, "ru")) == ("31 March 2026", "31 марта 2026 г.")


def test_an_instant_is_written_on_the_clock_of_its_zone() -> None:
    assert written(_INSTANT, "en") == ("Wednesday, 1 April 2026, 01:30 (Asia/Kolkata, UTC+05:30)")
    assert short(_INSTANT, "ru") == "1 апреля 2026 г., 01:30"
    in_utc = _INSTANT.model_copy(update={"zone": "UTC"})
    assert written(in_utc, "en") == "Tuesday, 31 March 2026, 20:00 UTC"


def test_a_notice_says_whether_the_instruction_is_still_open() -> None:
    event, state = example(e.InstructionCompleted), issued()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    done = Completed(record=state.record, submitted_at=at, accepted_at=at)
    assert told(event, state=state).standing == "open"
    assert told(event, state=done).standing == "completed"
    stopped = Suspended(before=state, suspended_at=at)  # pyright: ignore[reportArgumentType] - it is Issued
    assert told(event, state=stopped).standing == "suspended"
