"""What commands, events and policies are made of: what is read, what is refused, what is written."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.attribution import RESERVED_PREFIX
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction.commands import Comment, RecordDelivery, SubmitReport
from domain.outcomes import NoticeKey, Recorded
from domain.policies import (
    DEFAULT_POLICY,
    EscalationStep,
    Policy,
    ReminderRule,
    Repeat,
    policy_hash,
)
from domain.value import LONGEST, Duration, Instant
from tests.domain.world import utc

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("P3D", timedelta(days=3), "P3D"),
        ("PT2S", timedelta(seconds=2), "PT2S"),
        ("P2W", timedelta(days=14), "P14D"),
        ("PT36H", timedelta(hours=36), "P1DT12H"),
        ("P1DT2H30M", timedelta(days=1, hours=2, minutes=30), "P1DT2H30M"),
        ("PT0.5S", timedelta(milliseconds=500), "PT0.500000S"),
        ("PT0S", timedelta(0), "PT0S"),
        ("P365D", timedelta(days=365), "P365D"),
    ],
)
def test_a_duration_is_iso_8601_in_days_and_less(
    text: str, expected: timedelta, written: str
) -> None:
    assert _DURATION.validate_python(text) == expected
    assert _DURATION.dump_json(expected) == f'"{written}"'.encode()


@settings(max_examples=200, deadline=None)
@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_every_duration_is_read_as_it_was_written(duration: timedelta) -> None:
    assert _DURATION.validate_json(_DURATION.dump_json(duration)) == duration


@pytest.mark.parametrize("text", ["P1Y", "P1M", "P1Y2M3DT4H", "-P3D", "P99999999D", "soon", ""])
def test_a_duration_is_refused_when_it_is(text: str) -> None:
    with pytest.raises(ValidationError):
        _DURATION.validate_python(text)


def test_an_instant_needs_its_offset_and_is_kept_in_utc() -> None:
    assert _INSTANT.validate_python("2026-01-12T12:00:00+03:00") == utc("2026-01-12 09:00")
    assert _INSTANT.dump_json(utc("2026-01-12 09:00")) == b'"2026-01-12T09:00:00Z"'
    with pytest.raises(ValidationError, match="timezone"):
        _INSTANT.validate_python("2026-01-12T12:00:00")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_an_instant_at_the_ends_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="year"):
        _INSTANT.validate_python(text)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"on": date(2026, 3, 31), "at": utc("2026-03-31 21:00")},
        {"on": date(9999, 12, 31)},
        {"on": date(1812, 9, 7)},
        {"at": utc("3000-01-01 00:00")},
        {"at": "2026-03-31T21:00:00"},
    ],
)
def test_a_deadline_is_refused_that_is(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DeadlineRequest.model_validate(fields)


def test_rule_ids_are_unique_in_a_policy() -> None:
    twice = ReminderRule(id="twice", offset=timedelta(days=1))
    with pytest.raises(ValidationError, match="twice"):
        Policy(id="policy", reminders=(twice, twice))


@pytest.mark.parametrize("taken", ["deadline", "extension-decision"])
def test_a_rule_cannot_take_the_id_of_what_is_watched_anyway(taken: str) -> None:
    with pytest.raises(ValidationError, match=taken):
        Policy(id="policy", reminders=(ReminderRule(id=taken, offset=timedelta(days=1)),))


def test_the_first_step_has_none_before_it() -> None:
    step = EscalationStep(id="step", after=timedelta(days=1), since="previous", to="issuer")
    with pytest.raises(ValidationError, match="previous"):
        Policy(id="policy", escalation=(step,))


@pytest.mark.parametrize("every", [timedelta(0), timedelta(days=200)])
def test_repeats_take_some_time_but_not_forever(every: timedelta) -> None:
    with pytest.raises(ValidationError):
        Repeat(every=every, times=366)


@pytest.mark.parametrize("to", ["nobody", "body:", "body:with space", "issuer-tail"])
def test_an_escalation_goes_to_a_party_or_a_body_only(to: str) -> None:
    with pytest.raises(ValidationError):
        EscalationStep(id="step", after=timedelta(0), since="deadline", to=to)


def test_a_policys_hash_names_its_content() -> None:
    same = Policy.model_validate_json(DEFAULT_POLICY.model_dump_json())
    assert policy_hash(same) == policy_hash(DEFAULT_POLICY)
    longer = DEFAULT_POLICY.model_copy(update={"extension_decision": timedelta(days=8)})
    assert policy_hash(longer) != policy_hash(DEFAULT_POLICY)


def test_an_instructions_id_follows_from_its_number() -> None:
    assert instruction_id("17") == instruction_id("17")
    assert instruction_id("17") != instruction_id("18")


def test_the_ids_of_delivery_records_are_not_for_anybody_else() -> None:
    taken = f"{RESERVED_PREFIX}1234"
    with pytest.raises(ValidationError, match="use another"):
        Comment(command_id=taken, actor="p-1", instruction="instruction-1", text="hm")
    notice = NoticeKey(version=1, recipient="p-1", channel="log")
    RecordDelivery(
        command_id=taken,
        actor=SYSTEM,
        instruction="instruction-1",
        notice=notice,
        outcome="delivered",
    )


def test_what_an_earlier_version_said_of_a_recorded_command_is_still_read() -> None:
    """It is in the histories of open workflows, and comes from its workers while a deployment rolls."""
    said = {"kind": "recorded", "version": 2, "position": 9, "undelivered": [{"version": 2}]}
    assert Recorded.model_validate(said) == Recorded(version=2, position=9)


def test_no_text_holds_what_postgresql_cannot_keep() -> None:
    """Recorded once, it would stop every projection for good."""
    fields = {"command_id": "c", "actor": "p", "instruction": instruction_id("1")}
    with pytest.raises(ValidationError, match=r"text holds the character U\+0000"):
        Comment.model_validate({**fields, "text": "a\0b"})
    evidence = {"sha256": "ab" * 32, "name": "a\0.pdf", "size": 1}
    with pytest.raises(ValidationError, match="evidence holds the character"):
        SubmitReport.model_validate({**fields, "text": "Done.", "evidence": [evidence]})
    assert Comment.model_validate({**fields, "text": "a\\u0000b"}).text == "a\\u0000b"
