"""Which events count as of a moment: one answer, for histories and for states."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.instruction import events as e
from domain.instruction.state import InProgress, Reported
from eventstore.codec import encode
from eventstore.memory import MemoryEventStore
from eventstore.protocol import StoredEvent
from eventstore.replay import AsOf, fold, instructions_as_of, seen
from tests.domain.world import (
    AT_WORK,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    INSTRUCTION,
    done_by,
    submitted,
)
from tests.served import turns_during

_SUBMITTED = 4
"""The version of the submission."""
_ENTERED = DEADLINE_AT + 2 * DAY
_IN_TRUTH = DEADLINE_AT - DAY
_CORRECTED_AT = DEADLINE_AT + 9 * DAY


def _stored(*history: e.InstructionEvent) -> Sequence[StoredEvent]:
    """Each recorded an hour after it is said to have occurred."""
    return [
        StoredEvent(
            position=version,
            stream_id=INSTRUCTION,
            version=version,
            type=event.type,
            occurred_at=event.occurred_at,
            recorded_at=event.occurred_at + timedelta(hours=1),
            actor=event.by.actor,
            command_id=f"command-{version}",
            body=encode(event),
        )
        for version, event in enumerate(history, start=1)
    ]


def _moved(to: datetime) -> e.Corrected:
    return e.Corrected(
        **done_by(COUNCIL_REGISTRAR, _CORRECTED_AT),
        version=_SUBMITTED,
        field="occurred_at",
        value=to.isoformat(),
        reason="The stamp on the paper says so.",
    )


_MOVED_BACK = _stored(*AT_WORK, submitted(_ENTERED), _moved(_IN_TRUTH))


def _versions(events: Sequence[StoredEvent], as_of: AsOf) -> list[int]:
    return [stored.version for stored, _ in seen(events, as_of)]


def test_an_event_is_in_history_and_state_from_when_it_occurred_as_corrected() -> None:
    then = AsOf(occurred=DEADLINE_AT)
    assert _versions(_MOVED_BACK, then) == [1, 2, 3, _SUBMITTED]
    assert isinstance(fold(_MOVED_BACK, then), Reported)


def test_an_event_that_is_moved_to_later_is_gone_from_both_until_then() -> None:
    moved_on = _stored(*AT_WORK, submitted(_IN_TRUTH), _moved(_ENTERED))
    then = AsOf(occurred=DEADLINE_AT)
    assert _versions(moved_on, then) == [1, 2, 3]
    assert isinstance(fold(moved_on, then), InProgress)
    assert _versions(moved_on, AsOf(occurred=_ENTERED)) == [1, 2, 3, _SUBMITTED]


def test_before_the_correction_was_recorded_both_know_nothing_of_it() -> None:
    then = AsOf(occurred=DEADLINE_AT, recorded=_CORRECTED_AT)
    assert _versions(_MOVED_BACK, then) == [1, 2, 3]
    assert isinstance(fold(_MOVED_BACK, then), InProgress)


def test_what_is_seen_is_as_stored_beside_what_it_is_read_as() -> None:
    stored, read = seen(_MOVED_BACK)[_SUBMITTED - 1]
    assert stored == _MOVED_BACK[_SUBMITTED - 1]
    assert (stored.occurred_at, read.occurred_at) == (_ENTERED, _IN_TRUTH)


async def test_others_are_served_while_many_are_folded() -> None:
    assert await turns_during(instructions_as_of(MemoryEventStore(), [INSTRUCTION]))
