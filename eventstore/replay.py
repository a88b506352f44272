"""Replay: an instruction's state and history from the log, as of now or of any moment.

*As of recorded time* is a prefix of the log: what was known then. *As of occurred time* is what had
occurred by then as known today, folded in version order.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import InstructionId, StreamId
from domain.instruction.corrections import corrected
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import InstructionEvent
from domain.instruction.state import InstructionState
from eventstore.codec import decoded
from eventstore.protocol import EventStore, StoredEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class AsOf:
    """Which events count. Both limits may be given; neither means all."""

    occurred: datetime | None = None
    recorded: datetime | None = None


NOW = AsOf()
Read = tuple[StoredEvent, InstructionEvent]
"""An event as it is stored, and what it says."""


def as_recorded(events: Sequence[StoredEvent]) -> tuple[Read, ...]:
    """One instruction's events, each with what it said when it was recorded: decoded once, for whoever asks of several
    moments.
    """
    return tuple(zip(events, decoded(events), strict=True))


def counting(events: Iterable[Read], as_of: AsOf = NOW) -> tuple[Read, ...]:
    """Those that count, from all of them as recorded, in version order.

    Each as it is stored, and as it is read: corrections that were recorded by then are taken into
    account, whenever they were made, also to the moment at which something had occurred.
    """
    known = [
        one for one in events if as_of.recorded is None or one[0].recorded_at <= as_of.recorded
    ]
    read = corrected(event for _, event in known)
    return tuple(
        (stored, event)
        for (stored, _), event in zip(known, read, strict=True)
        if as_of.occurred is None or event.occurred_at <= as_of.occurred
    )


def seen(events: Sequence[StoredEvent], as_of: AsOf = NOW) -> tuple[Read, ...]:
    """One instruction's events that count, from all of its stored ones, as `counting` tells them."""
    return counting(as_recorded(events), as_of)


def read_as_of(events: Sequence[StoredEvent], as_of: AsOf = NOW) -> tuple[InstructionEvent, ...]:
    """The same, as they are read: what states are folded from."""
    return tuple(event for _, event in seen(events, as_of))


def state_after(events: Iterable[Read], as_of: AsOf = NOW) -> InstructionState:
    """One instruction's state from its events as recorded, in version order."""
    return instruction_decider.fold(event for _, event in counting(events, as_of))


def fold(events: Sequence[StoredEvent], as_of: AsOf = NOW) -> InstructionState:
    """One instruction's state from all of its stored events, in version order."""
    return state_after(as_recorded(events), as_of)


async def instructions_as_of(
    store: EventStore, instructions: Sequence[InstructionId], as_of: AsOf = NOW
) -> Mapping[InstructionId, InstructionState]:
    """The states of many instructions; one read of their streams."""
    until = None if as_of.recorded is None else await store.position_at(as_of.recorded)
    streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
    for event in await store.read_streams(instructions, until_position=until):
        streams[event.stream_id].append(event)
    # In a thread: whoever else is served meanwhile does not wait for all to be folded.
    return await asyncio.to_thread(_folded, instructions, streams, as_of)


def _folded(
    instructions: Sequence[InstructionId],
    streams: Mapping[StreamId, Sequence[StoredEvent]],
    as_of: AsOf,
) -> Mapping[InstructionId, InstructionState]:
    return {one: fold(streams.get(one, ()), as_of) for one in instructions}
