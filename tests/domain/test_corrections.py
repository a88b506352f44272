"""Putting right what was recorded: the event stays, and is read as corrected from then on."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.directory.commands import Appoint
from domain.identifiers import PersonId
from domain.instruction import events as e
from domain.instruction.commands import Correct, CorrectableField
from domain.instruction.corrections import corrected
from domain.instruction.lateness import lateness
from domain.instruction.state import Completed
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    ACKNOWLEDGED_AT,
    ADMINISTRATOR,
    CONTROL,
    COUNCIL_HEAD,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    MINISTRY_B,
    NOW,
    SUBMITTED_AT,
    SUPREME_REGISTRAR,
    acknowledged,
    assigned,
    cancelled,
    completed,
    directory,
    done_by,
    extension_approved,
    extension_requested,
    facts,
    issued,
    key,
    office,
    sent_by,
    set_up_further,
    submitted,
)

_LATE = DEADLINE_AT + 2 * DAY
_HISTORY = (issued(), assigned(), acknowledged(), submitted(_LATE), completed(_LATE + DAY))
_AT = DEADLINE_AT + 9 * DAY


def _correct(
    version: int,
    field: CorrectableField,
    value: str,
    actor: PersonId = COUNCIL_REGISTRAR,
) -> Correct:
    return Correct(
        **sent_by(actor), version=version, field=field, value=value, reason="A slip of the pen."
    )


def test_a_corrected_text_is_what_the_instruction_says_from_then_on() -> None:
    correct = _correct(1, "text", "Agree on common veterinary rules.", COUNCIL_HEAD)
    given(_HISTORY).when(correct, at=_AT).then(
        [
            e.Corrected(
                **done_by(COUNCIL_HEAD, _AT),
                version=1,
                field="text",
                value="Agree on common veterinary rules.",
                reason="A slip of the pen.",
            )
        ]
    )
    after = given(_HISTORY).and_then(correct, at=_AT)
    assert after.known.record.text == "Agree on common veterinary rules."
    assert after.history[0] == issued(), "the event itself is as it was"


def test_of_two_corrections_the_later_counts() -> None:
    twice = (
        given(_HISTORY)
        .and_then(_correct(4, "text", "First."), at=_AT)
        .and_then(_correct(4, "text", "Second."), at=_AT)
    )
    reported = corrected(twice.history)[3]
    assert isinstance(reported, e.CompletionReported)
    assert reported.text == "Second."


def test_a_report_that_arrived_on_paper_in_time_is_dated_by_a_registrar() -> None:
    in_time = (DEADLINE_AT - DAY).isoformat()
    after = given(_HISTORY).and_then(_correct(4, "occurred_at", in_time), at=_AT)
    state = after.known
    assert isinstance(state, Completed)
    assert state.submitted_at == DEADLINE_AT - DAY
    assert lateness(given(_HISTORY).known, _AT).late_by == 2 * DAY
    assert lateness(state, _AT).late_by == timedelta(0)


def test_nobody_but_a_registrar_corrects_when_it_happened() -> None:
    correct = _correct(4, "occurred_at", DEADLINE_AT.isoformat(), COUNCIL_HEAD)
    given(_HISTORY).when(correct, at=_AT).refused(Code.NOT_AUTHORISED, "actor")
    correct = _correct(4, "occurred_at", DEADLINE_AT.isoformat(), SUPREME_REGISTRAR)
    assert given(_HISTORY).when(correct, at=_AT).events


def test_who_is_officer_and_registrar_corrects_the_moment_as_registrar() -> None:
    both = set_up_further(
        directory(),
        [
            Appoint(
                command_id="appoint",
                actor=ADMINISTRATOR,
                person=COUNCIL_HEAD,
                office=office(COUNCIL_REGISTRAR),
                since=date(2026, 1, 1),
            )
        ],
        at=NOW,
    )
    correct = _correct(4, "occurred_at", DEADLINE_AT.isoformat(), COUNCIL_HEAD)
    [event] = given(_HISTORY, lambda: replace(facts(), directory=both)).when(correct, at=_AT).events
    assert event.by.office == office(COUNCIL_REGISTRAR)


def test_the_body_it_was_done_for_is_corrected_to_one_that_is_known() -> None:
    after = given(_HISTORY).and_then(_correct(3, "on_behalf_of", MINISTRY_B), at=_AT)
    assert corrected(after.history)[2].by.on_behalf_of == MINISTRY_B
    given(_HISTORY).when(_correct(3, "on_behalf_of", "nobody"), at=_AT).refused(
        Code.UNKNOWN, "value"
    )


@pytest.mark.parametrize(
    "value",
    [
        (ACKNOWLEDGED_AT - timedelta(seconds=1)).isoformat(),
        (_LATE + DAY + timedelta(seconds=1)).isoformat(),
        "2026-03-30",
        "2026-03-30T12:00",
        "yesterday",
    ],
)
def test_a_moment_lies_between_what_went_before_and_what_came_after(value: str) -> None:
    given(_HISTORY).when(_correct(4, "occurred_at", value), at=_AT).refused(Code.INVALID, "value")


def test_the_last_event_happened_by_now() -> None:
    ahead = (_AT + DAY).isoformat()
    given(_HISTORY).when(_correct(5, "occurred_at", ahead), at=_AT).refused(Code.INVALID, "value")


def test_an_earlier_correction_counts_when_moments_are_compared() -> None:
    once = given(_HISTORY).and_then(
        _correct(4, "occurred_at", (DEADLINE_AT - DAY).isoformat()), at=_AT
    )
    before = (DEADLINE_AT - 2 * DAY).isoformat()
    once.when(_correct(5, "occurred_at", before), at=_AT).refused(Code.INVALID, "value")
    assert once.when(_correct(5, "occurred_at", DEADLINE_AT.isoformat()), at=_AT).events


def test_what_the_machinery_recorded_and_corrections_are_not_corrected() -> None:
    fired = given([issued(), assigned(), acknowledged()]).and_checked(at=_LATE)
    version = next(n for n, ev in enumerate(fired.history, 1) if ev.type == "DeadlinePassed")
    fired.when(_correct(version, "occurred_at", _LATE.isoformat()), at=_AT).refused(
        Code.NOT_CORRECTABLE, "version"
    )
    once = given(_HISTORY).and_then(_correct(4, "text", "Done."), at=_AT)
    once.when(_correct(6, "text", "Never mind."), at=_AT).refused(Code.NOT_CORRECTABLE, "version")


def test_what_was_suppressed_is_the_machinerys_too_whoever_set_the_schedule() -> None:
    skipped = e.ReminderSuppressed(
        **done_by(COUNCIL_HEAD, NOW), moments=(key("before-30d"),), why="before-schedule"
    )
    history = (issued(), skipped, assigned())
    given(history).when(_correct(2, "on_behalf_of", MINISTRY_B), at=_AT).refused(
        Code.NOT_CORRECTABLE, "version"
    )
    later = (issued().occurred_at + timedelta(hours=1)).isoformat()
    assert given(history).when(_correct(1, "occurred_at", later), at=_AT).events


def test_an_event_that_says_nothing_has_no_text_to_correct() -> None:
    given(_HISTORY).when(_correct(3, "text", "Noted."), at=_AT).refused(
        Code.NOT_CORRECTABLE, "field"
    )
    given(_HISTORY).when(_correct(4, "text", "   "), at=_AT).refused(Code.INVALID, "value")
    given(_HISTORY).when(_correct(9, "text", "Done."), at=_AT).refused(Code.INVALID, "version")


def test_no_correction_moves_a_deadline_or_a_verdict() -> None:
    """Whatever is corrected, the deadlines and the phase stay as they were decided."""
    histories = (
        (
            issued(),
            assigned(),
            extension_requested(),
            extension_approved(NOW, to=DEADLINE_AT + DAY),
        ),
        (issued(), assigned(), acknowledged(), submitted(SUBMITTED_AT), completed()),
        (issued(), assigned(), cancelled()),
    )
    for history in histories:
        before = given(history)
        for version in range(1, len(history) + 1):
            for field, value in (
                ("text", "Otherwise."),
                ("on_behalf_of", CONTROL),
                ("occurred_at", (history[version - 1].occurred_at).isoformat()),
            ):
                correct = Correct.model_validate(
                    _correct(version, "text", "x").model_dump() | {"field": field, "value": value}
                )
                decided = before.when(correct, at=_AT)
                if isinstance(decided.outcome, tuple):
                    after = given(history + decided.outcome).known
                    assert after.phase == before.known.phase
                    assert after.record.deadline == before.known.record.deadline
                    assert after.record.original_deadline == before.known.record.original_deadline


def test_folding_what_a_filter_leaves_of_a_correction_changes_nothing_else() -> None:
    """A correction whose subject is not there is passed over."""
    lone = e.Corrected(
        **done_by(COUNCIL_HEAD, NOW), version=9, field="text", value="Nothing.", reason="None."
    )
    assert given([issued(), lone]).state == given([issued()]).state
