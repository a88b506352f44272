"""The entry of an event is fixed to the byte: others hash it too."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.leaf import entry, leaf_hash
from eventstore.protocol import StoredEvent

_EVENT = StoredEvent(
    position=7,
    stream_id="instruction-1",
    version=2,
    type="Commented",
    occurred_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    recorded_at=datetime(2026, 3, 2, 12, 0, 1, 250, tzinfo=UTC),
    actor="p-1",
    command_id='заявка "7"',
    body=b"{}",
)


def test_the_entry_to_the_byte() -> None:
    body = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert entry(_EVENT).decode() == (
        '[1,7,"instruction-1",2,"Commented","2026-03-02T12:00:00.000000Z",'
        f'"2026-03-02T12:00:01.000250Z","p-1","заявка \\"7\\"","{body}"]'
    )
    assert leaf_hash(_EVENT) == hashlib.sha256(b"\0" + entry(_EVENT)).digest()
    assert json.dumps(
        json.loads(entry(_EVENT)), separators=(",", ":"), ensure_ascii=False
    ).encode() == entry(_EVENT)


@given(st.text(), st.text(), st.integers(1, 2**63 - 1), st.binary())
def test_the_entry_is_the_json_of_an_array(
    stream: str, actor: str, position: int, body: bytes
) -> None:
    event = replace(_EVENT, stream_id=stream, actor=actor, position=position, body=body)
    fields = [
        *(1, position, stream, 2, "Commented"),
        *("2026-03-02T12:00:00.000000Z", "2026-03-02T12:00:01.000250Z", actor, 'заявка "7"'),
        hashlib.sha256(body).hexdigest(),
    ]
    written = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    assert entry(event) == written.encode()


def test_an_instant_is_the_same_in_any_zone() -> None:
    minsk = _EVENT.occurred_at.astimezone(timezone(timedelta(hours=3)))
    assert entry(replace(_EVENT, occurred_at=minsk)) == entry(_EVENT)


@pytest.mark.parametrize(
    "change",
    [
        {"position": 8},
        {"stream_id": "instruction-2"},
        {"version": 3},
        {"type": "Cancelled"},
        {"occurred_at": _EVENT.occurred_at + timedelta(microseconds=1)},
        {"recorded_at": _EVENT.recorded_at + timedelta(microseconds=1)},
        {"actor": "p-2"},
        {"command_id": "another"},
        {"body": b"{ }"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_column_counts(change: dict[str, object]) -> None:
    assert leaf_hash(replace(_EVENT, **change)) != leaf_hash(_EVENT)  # pyright: ignore[reportArgumentType]
