"""Two tellings of a stream agree in all but ids and what a real clock takes; else the difference is named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from eventstore.protocol import StoredEvent
from simulation.checks import Books
from simulation.comparing import TOLERANCE, compare

_ID = "instruction-N-1"
_SECOND = timedelta(seconds=1)


@pytest.fixture
def stream(found: Books) -> Sequence[StoredEvent]:
    """The longest instruction's."""
    return max(
        (stored for stream, stored in found.streams.items() if stream.startswith("instruction-")),
        key=len,
    )


def _changed(event: StoredEvent, before: str, after: str) -> StoredEvent:
    body = event.body.replace(before.encode(), after.encode())
    assert body != event.body
    return replace(event, body=body)


def _later(event: StoredEvent, by: timedelta) -> StoredEvent:
    form = "%Y-%m-%dT%H:%M:%SZ"
    at = event.occurred_at
    return _changed(event, at.strftime(form), (at + by).strftime(form))


def test_ids_and_recorded_times_play_no_part(stream: Sequence[StoredEvent]) -> None:
    other = [
        replace(event, command_id=f"other-{n}", position=n, recorded_at=event.recorded_at + _SECOND)
        for n, event in enumerate(stream, start=1)
    ]
    assert compare(_ID, stream, other).differences == []


def test_an_instant_may_be_some_seconds_later_and_no_more(stream: Sequence[StoredEvent]) -> None:
    first, *rest = stream
    near = compare(_ID, stream, [_later(first, 2 * _SECOND), *rest])
    assert (near.differences, near.furthest) == ([], 2 * _SECOND)
    far = compare(_ID, stream, [_later(first, TOLERANCE + _SECOND), *rest])
    assert any("occurred_at" in one for one in far.differences)


def test_another_field_is_named(stream: Sequence[StoredEvent]) -> None:
    first, *rest = stream
    (difference,) = compare(
        _ID, stream, [_changed(first, "other side", "same side"), *rest]
    ).differences
    assert difference.startswith("event 1 (InstructionIssued), text")


def test_an_event_too_few_is_named(stream: Sequence[StoredEvent]) -> None:
    n = next(n for n, event in enumerate(stream) if event.type == "MomentsPlanned")
    (difference,) = compare(_ID, stream, [*stream[:n], *stream[n + 1 :]]).differences
    assert difference.startswith(f"event {n + 1}: simulated ['MomentsPlanned'")


def test_a_notice_without_its_outcome_is_named(stream: Sequence[StoredEvent]) -> None:
    n = next(n for n, event in enumerate(stream) if event.type == "NotificationDelivered")
    (difference,) = compare(_ID, stream, [*stream[:n], *stream[n + 1 :]]).differences
    assert "deliveries differ" in difference
