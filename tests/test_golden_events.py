"""Stored bytes outlive every program: whatever was ever written must be readable, byte for byte."""

import json
import re
from pathlib import Path

import pytest

from eventstore.codec import (
    DOWNCASTERS,
    FORMAT,
    SINCE,
    UPCASTERS,
    VERSIONS,
    UndecodableEvent,
    decode,
    encode,
)
from tests import golden_events
from tests.event_shapes import broken_promises, written_too_early
from tests.golden_events import (
    EXAMPLES,
    FOLDER,
    current_name,
    event_types,
    golden,
    released,
    released_format,
    stored_schemas,
)

_GOLDENS = sorted(FOLDER.glob("*.v*.json"))
_TYPES = event_types()
_WRITE = "run `python -m tests.golden_events`"


def _type_and_version(file: Path) -> tuple[str, int]:
    match = re.fullmatch(r"(\w+)\.v([1-9]\d*)", file.stem)
    assert match, f"{file.name} is not named <EventType>.v<version>.json"
    return match[1], int(match[2])


def test_events_change_their_shape_only_with_their_version() -> None:
    """And every version keeps its golden and its way up. tests/test_event_shapes.py shows it fail."""
    assert not broken_promises(
        _TYPES,
        versions=VERSIONS,
        upcasters=UPCASTERS.keys(),
        shapes=stored_schemas(),
        released=released(),
        golden=golden,
    )


def test_no_event_is_written_that_processes_of_the_version_before_could_not_read() -> None:
    """tests/test_event_shapes.py shows it fail."""
    assert not written_too_early(
        _TYPES.keys(),
        versions=VERSIONS,
        since=SINCE,
        downcasters=DOWNCASTERS.keys(),
        log_format=FORMAT,
        released=released().keys(),
        released_format=released_format(),
    )


def test_there_is_one_example_of_every_event_type() -> None:
    assert sorted(example.type for example in EXAMPLES) == sorted(_TYPES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_an_example_leaves_no_field_empty(example: golden_events.AnyEvent) -> None:
    empty = [
        name for name in type(example).model_fields if getattr(example, name) in (None, (), "")
    ]
    assert not empty, "a golden shows only what it holds"


@pytest.mark.parametrize("file", _GOLDENS, ids=lambda file: file.stem)
def test_a_golden_is_read_and_written_back_byte_for_byte(file: Path) -> None:
    type_, version = _type_and_version(file)
    body = file.read_bytes()
    event = decode(type_, body)
    assert event.type == type_
    if version == VERSIONS.get(type_, 1):
        assert encode(event) == body
    else:
        assert decode(type_, encode(event)) == event, "lifted to the current version"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_an_event_is_written_today_as_its_golden_says(example: golden_events.AnyEvent) -> None:
    name = current_name(example.type)
    assert encode(example) == golden(name), (
        f"{name} is {'released: give the event type a new version' if name in released() else f'not released yet: {_WRITE}'}"
    )


def test_the_generator_writes_over_no_released_golden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_events, "FOLDER", tmp_path)
    monkeypatch.setattr(golden_events, "SCHEMAS", tmp_path / "schemas.json")
    monkeypatch.setattr(golden_events, "RELEASED", tmp_path / "released.txt")
    (tmp_path / "released.txt").write_text("# released\n", encoding="utf-8")
    assert golden_events.write() == []
    changed = tmp_path / "Commented.v1.json"
    changed.write_bytes(b"as it was")
    assert golden_events.write() == []
    assert changed.read_bytes() != b"as it was", "not released: written anew"

    golden_events.release()
    changed.write_bytes(b"as it was")
    schemas = json.loads((tmp_path / "schemas.json").read_text(encoding="utf-8"))
    schemas["Deescalated.v1"] = {}
    (tmp_path / "schemas.json").write_text(json.dumps(schemas), encoding="utf-8")
    assert golden_events.write() == ["Deescalated.v1", "Commented.v1"]
    assert changed.read_bytes() == b"as it was"
    assert json.loads((tmp_path / "schemas.json").read_text(encoding="utf-8")) == schemas


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"7",
        b"{}",
        b'{"v":1,"type":"Commented"}',
        b'{"v":2,"type":"Commented"}',
        b'{"v":1,"type":"Nonsense"}',
        encode(EXAMPLES[0]),
    ],
)
def test_bytes_that_are_not_the_event_they_are_stored_as_are_refused(body: bytes) -> None:
    assert EXAMPLES[0].type != "Commented"
    with pytest.raises(UndecodableEvent, match="Commented"):
        decode("Commented", body)
