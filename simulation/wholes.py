"""Whether each whole has on record what became of its parts, and is done when they say so; from the events alone."""

from collections.abc import Iterator, Mapping, Sequence

from domain.identifiers import StreamId
from domain.instruction.compound import completed_by_parts, open_or_above_open
from domain.instruction.state import (
    Cancelled,
    Completed,
    KnownState,
    Part,
    Unissued,
    Working,
    is_closed,
)
from eventstore.protocol import StoredEvent
from simulation.account import Account
from simulation.checked import Check

_ENDS = {
    "InstructionCompleted": "PartClosed",
    "Cancelled": "PartClosed",
    "Reopened": "PartReopened",
}
"""Of a part, and what its whole has of it in the same append."""


def parts_on_record(
    streams: Mapping[StreamId, Sequence[StoredEvent]], accounts: Sequence[Account]
) -> Check:
    """Of all that have parts."""
    states = {one.stream: one.state for one in accounts if not isinstance(one.state, Unissued)}
    wholes = {stream: state for stream, state in states.items() if state.record.parts}
    parts = sum(len(state.record.parts) for state in wholes.values())
    closing = sum(state.record.closes_with != "report" for state in wholes.values())
    return Check(
        what="what became of each part is on record in its whole by the same append, and the whole is done "
        "when they say so",
        counted=f"{parts} parts of {len(wholes)} wholes, {closing} of which close with them",
        findings=[
            *(f for stream in wholes for f in _of(stream, states, streams)),
            *(
                f
                for stream, state in states.items()
                for f in _unknown_to_its_whole(state, stream, states)
            ),
        ],
    )


def _unknown_to_its_whole(
    part: KnownState, stream: StreamId, states: Mapping[StreamId, KnownState]
) -> Iterator[str]:
    if part.record.parent is None:
        return
    whole = states.get(part.record.parent)
    if whole is None or stream not in {one.instruction for one in whole.record.parts}:
        yield f"{stream}: it is a part of {part.record.parent}, which does not have it"


def _of(
    whole: StreamId,
    states: Mapping[StreamId, KnownState],
    streams: Mapping[StreamId, Sequence[StoredEvent]],
) -> Iterator[str]:
    state = states[whole]
    told = _appends(streams[whole])
    for part in state.record.parts:
        there = states.get(part.instruction)
        if there is None:
            yield f"{whole}: its part {part.number} was never issued"
            continue
        if _as_it_stands(there) != (part.closed, part.submitted_at, part.closed_at):
            yield f"{whole}: it has {part}, and the part is {there.phase}"
        if _hides_open_ones(part, there):
            yield f"{whole}: {part.number} has closed and left some open below it, unsaid"
        for command_id, kind in _ends(streams[part.instruction]):
            if kind not in told.get(command_id, ()):
                yield f"{whole}: {kind} of {part.number} is not in the append {command_id}"
    if isinstance(state, Working) and completed_by_parts(state.record) is not None:
        yield f"{whole}: what it closes with is done, and it is {state.phase}"


def _as_it_stands(part: KnownState) -> tuple[object, ...]:
    match part:
        case Completed():
            return "completed", part.submitted_at, part.accepted_at
        case Cancelled():
            return "cancelled", None, part.cancelled_at
        case _:
            return None, None, None


def _hides_open_ones(part: Part, there: KnownState) -> bool:
    return is_closed(there) and not part.leaves_open and bool(open_or_above_open(there.record))


def _appends(stored: Sequence[StoredEvent]) -> Mapping[str, set[str]]:
    """The types of the events that each command wrote there."""
    found: dict[str, set[str]] = {}
    for event in stored:
        found.setdefault(event.command_id, set()).add(event.type)
    return found


def _ends(stored: Sequence[StoredEvent]) -> Iterator[tuple[str, str]]:
    """Command ids of what closed or reopened it, and what the whole must have in the same append."""
    for event in stored:
        if event.type in _ENDS:
            yield event.command_id, _ENDS[event.type]
