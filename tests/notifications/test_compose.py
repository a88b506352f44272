"""Every event that people are told of has something to say."""

from typing import get_args

import pytest

from domain.instruction import events as e
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import Issued, Record
from notifications.compose import compose
from tests.golden_events import EXAMPLES

_NOTIFYING = [event for event in EXAMPLES if isinstance(event, e.NotifyingEvent)]


def _record(**changed: object) -> Record:
    issued = next(event for event in EXAMPLES if isinstance(event, e.InstructionIssued))
    state = instruction_decider.fold([issued.model_copy(update=changed)])
    assert isinstance(state, Issued)
    return state.record


def test_there_is_an_example_of_every_event_that_people_are_told_of() -> None:
    assert {type(event) for event in _NOTIFYING} == set(get_args(e.NotifyingEvent))


@pytest.mark.parametrize("event", _NOTIFYING, ids=lambda event: type(event).__name__)
def test_a_notice_says_what_happened_to_which_instruction(event: e.NotifyingEvent) -> None:
    subject, text = compose(event, _record())
    assert subject.startswith("[ВГС-17/4] ")
    assert subject != "[ВГС-17/4] "
    assert "Instruction ВГС-17/4: Согласовать единые фитосанитарные правила." in text
    assert "Deadline: 2026-03-31" in text


def test_all_notices_differ() -> None:
    record = _record()
    assert len({compose(event, record)[0] for event in _NOTIFYING}) == len(_NOTIFYING)


def test_a_subject_is_one_line_of_bounded_length_whatever_people_wrote() -> None:
    returned = e.Cancelled(
        occurred_at=_NOTIFYING[0].occurred_at,
        by=_NOTIFYING[0].by,
        reason="Overtaken:\r\nBcc: all@example.org\u2028" + "a very long story " * 200,
    )
    subject, text = compose(returned, _record(number="N\n1"))
    assert subject.startswith("[N 1] Cancelled: Overtaken: Bcc: all@example.org a very long story")
    assert len(subject) <= 200
    assert len(subject.splitlines()) == 1
    assert "a very long story " * 199 in text


def test_a_notice_that_is_a_sentence_already_gets_no_second_full_stop() -> None:
    cancelled = next(event for event in _NOTIFYING if isinstance(event, e.Cancelled))
    _, text = compose(cancelled, _record())
    assert text.startswith("Cancelled: Overtaken by the treaty.\n")
