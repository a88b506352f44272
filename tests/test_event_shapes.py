"""That a changed event is found out: each change planted on a copy, through the function that CI asks."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from domain.attribution import Attribution, Event
from domain.deadline import Deadline
from domain.instruction import events as e
from domain.instruction.terms import Evidence
from domain.value import Value
from tests.event_shapes import broken_promises, differences, fingerprint, shape, written_too_early

_GOLDEN = b'{"v":1,"type":"Commented"}'


class _Commented(Event):
    """As the program of today has it. Each planted change is a copy of this."""

    type: Literal["Commented"] = "Commented"
    text: str
    kind: Literal["remark", "question"] = "remark"
    until: Deadline | None
    evidence: tuple[Evidence, ...]


class _Prose(Event):
    """The same, in other words."""

    type: Literal["Commented"] = "Commented"
    text: str = Field(title="What is said", description="any length")
    kind: Literal["remark", "question"] = "remark"
    until: Deadline | None
    evidence: tuple[Evidence, ...]


def _copy(without: str = "", base: type[Event] = Event, /, **changed: Any) -> type[Event]:
    """`_Commented` with these fields added or of another type, and one left out."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in _Commented.model_fields.items()
        if name not in (*Event.model_fields, without)
    }
    return create_model("Copied", __base__=base, **{**fields, **changed})


class _BareEvidence(Value):
    sha256: str
    name: str


class _ZonelessDeadline(Value):
    on: date | None
    instant: str
    tzdata: str


class _Office(Attribution):
    room: str | None = None


class _ByOffice(Event):
    by: _Office  # pyright: ignore[reportIncompatibleVariableOverride]


_CHANGES = {
    "a field is added": (_copy(weight=(int, ...)), "weight was added"),
    "a field with a default is added": (_copy(weight=(int, 0)), "weight was added"),
    "a field is removed": (_copy("text"), "text was removed"),
    "a field is renamed": (_copy("text", body=(str, ...)), "text was removed; body was added"),
    "another type": (_copy(text=(int, ...)), 'text was {"type": "string"} and is'),
    "a type that takes more": (_copy(text=(str | None, ...)), "text was"),
    "a limit": (_copy(text=(Annotated[str, Field(max_length=9)], ...)), '"maxLength": 9'),
    "a default where there was none": (_copy(text=(str, "")), '"default": ""'),
    "another default": (
        _copy(kind=(Literal["remark", "question"], "question")),
        '"default": "question"',
    ),
    "no default any more": (_copy(kind=(Literal["remark", "question"], ...)), "kind was"),
    "a value more to choose": (
        _copy(kind=(Literal["remark", "question", "order"], "remark")),
        "kind",
    ),
    "a value less to choose": (_copy(kind=(Literal["remark"], "remark")), "kind was"),
    "a field of a value in a list is removed": (
        _copy(evidence=(tuple[_BareEvidence, ...], ...)),
        "evidence.size was removed",
    ),
    "a field of an optional value is removed": (
        _copy(until=(_ZonelessDeadline | None, ...)),
        "until.zone was removed",
    ),
    "a field that every event has is changed": (_copy("", _ByOffice), "by.room was added"),
}


def _asked(
    now: type[Event] = _Commented,
    *,
    version: int = 1,
    upcasters: frozenset[tuple[str, int]] = frozenset(),
    goldens: dict[str, bytes] | None = None,
    released: bool = True,
) -> list[str]:
    """What is found, where `_Commented` was version 1 and the program has it as `now`."""
    kept = {"Commented.v1": _GOLDEN} if goldens is None else goldens
    shapes = {"Commented.v1": shape(_Commented), f"Commented.v{version}": shape(now)}
    if version == 1:
        shapes = {"Commented.v1": shape(_Commented)}
    return broken_promises(
        {"Commented": now},
        versions={"Commented": version} if version > 1 else {},
        upcasters=upcasters,
        shapes=shapes,
        released={"Commented.v1": fingerprint(_GOLDEN, shape(_Commented))} if released else {},
        golden=kept.get,
    )


def test_what_is_as_it_was_is_well() -> None:
    assert _asked() == []
    assert _asked(_Prose) == [], "words may change"


@pytest.mark.parametrize("change", _CHANGES)
def test_a_changed_shape_is_found_and_the_way_out_said(change: str) -> None:
    changed, told = _CHANGES[change]
    [found] = _asked(changed)
    assert found.startswith("Commented.v1 has another shape: ")
    assert told in found
    assert "raise Commented to 2 in VERSIONS of eventstore/codec.py" in found
    assert "add the upcaster ('Commented', 1)" in found
    assert "`python -m tests.golden_events`" in found
    assert "Only if no log holds it yet" not in found
    [unreleased] = _asked(changed, released=False)
    assert "Only if no log holds it yet is `python -m tests.golden_events` enough" in unreleased


def test_a_change_with_its_version_its_upcaster_and_its_golden_is_well() -> None:
    changed, _ = _CHANGES["a field is renamed"]
    goldens = {"Commented.v1": _GOLDEN, "Commented.v2": b'{"v":2,"type":"Commented"}'}
    lifted = frozenset({("Commented", 1)})
    assert _asked(changed, version=2, upcasters=lifted, goldens=goldens) == []
    [no_upcaster] = _asked(changed, version=2, goldens=goldens)
    assert no_upcaster.startswith("nothing lifts Commented from version 1: add an upcaster")
    [no_golden] = _asked(changed, version=2, upcasters=lifted)
    assert no_golden == "Commented.v2 has no golden: run `python -m tests.golden_events`"
    [no_old_golden] = _asked(
        changed, version=2, upcasters=lifted, goldens={"Commented.v2": goldens["Commented.v2"]}
    )
    assert no_old_golden.startswith("Commented.v1 has no golden")


def test_a_released_golden_or_shape_that_is_edited_is_found() -> None:
    edited = {"Commented.v1": b'{"v":1,"type":"Commented","text":"better"}'}
    [found] = _asked(goldens=edited)
    assert found.startswith("Commented.v1 is released, and its golden or its shape")
    assert _asked(goldens=edited, released=False) == []
    changed, _ = _CHANGES["another type"]
    [found] = broken_promises(
        {"Commented": changed},
        versions={},
        upcasters=frozenset(),
        shapes={"Commented.v1": shape(changed)},
        released={"Commented.v1": fingerprint(_GOLDEN, shape(_Commented))},
        golden={"Commented.v1": _GOLDEN}.get,
    )
    assert found.startswith("Commented.v1 is released, and its golden or its shape")


def test_a_type_that_is_gone_and_a_version_that_went_back_are_found() -> None:
    known = {"Commented.v1": shape(_Commented), "Commented.v2": shape(_Commented)}
    for types in ({}, {"Commented": _Commented}):
        found = broken_promises(
            types,
            versions={},
            upcasters=frozenset(),
            shapes=known,
            released={},
            golden=dict.fromkeys(known, _GOLDEN).get,
        )
        gone = [name for name in known if types == {} or name == "Commented.v2"]
        assert len(found) == len(gone)
        assert all("no event type has that version" in one for one in found)


def test_a_real_event_is_told_from_a_copy_with_one_field_more() -> None:
    longer = create_model("Escalated", __base__=e.Escalated, urgency=(int, 0))
    assert differences(shape(e.Escalated), shape(longer)) == ["urgency was added"]
    renamed = create_model("Raised", __base__=e.Escalated)
    assert differences(shape(e.Escalated), shape(renamed)) == []


def _early(
    version: int,
    since: dict[tuple[str, int], int],
    *downcasters: tuple[str, int],
    released_format: int = 1,
) -> list[str]:
    """Commented was released in version 1, Praised never."""
    return written_too_early(
        {"Commented", "Praised"} if ("Praised", 1) in since else {"Commented"},
        versions={"Commented": version},
        since=since,
        downcasters=frozenset(downcasters),
        log_format=released_format + 1,
        released=frozenset({"Commented.v1"}),
        released_format=released_format,
    )


def test_a_version_that_came_after_a_release_says_since_when_it_is_written_and_how_before() -> None:
    assert _early(1, {}) == []
    second = ("Commented", 2)
    assert _early(2, {second: 2}, second) == []
    [found] = _early(2, {}, second)
    assert found.startswith("Commented of version 2 would be written at once")
    [found] = _early(2, {second: 3}, second)
    assert "raise FORMAT to that" in found
    [found] = _early(2, {second: 2}, second, released_format=2)
    assert "later than that of the last release" in found
    assert _early(2, {second: 3}, second, released_format=2) == []
    [found] = _early(2, {second: 2})
    assert found.startswith("Commented of version 2 cannot be written as version 1 has it")


def test_a_type_that_came_after_a_release_says_since_when_it_is_written() -> None:
    assert _early(1, {("Praised", 1): 2}) == []
    [found] = _early(1, {("Praised", 1): 1})
    assert found.startswith("Praised of version 1 would be written at once")
