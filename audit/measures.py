"""The measures of a programme and the recurrences that issue such, found in the log itself and not in a table
that anybody could change.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from audit.leaf import leaf_hashes
from audit.tree import Frontier
from domain.identifiers import InstructionId, ProgrammeId, StreamId, recurrence_stream
from domain.instruction.events import CarriedOver, InstructionIssued, Proposed
from domain.recurrence.events import RecurrenceChanged, RecurrenceStarted
from eventstore.codec import AnyEvent, event_of
from eventstore.protocol import EventStore, StoredEvent

_JOINING = {
    "Proposed",
    "InstructionIssued",
    "CarriedOver",
    "RecurrenceStarted",
    "RecurrenceChanged",
}
_BATCH = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    instructions: tuple[InstructionId, ...]
    """Every one that is or ever was a measure of the programme, in the order in which they joined it."""
    recurrences: tuple[StreamId, ...]
    """Every one that issued a measure of it, or was ever to issue such."""
    root: bytes
    """Of the tree over the events that were read up to the size asked for."""


async def measures_in_log(store: EventStore, programme: ProgrammeId, size: int) -> Measures:
    """Read the whole log for the programme's measures, and hash its first `size` events on the way.

    If the root is the signed one, that these are all rests on nothing but the log that was signed. It
    takes about 15 seconds for each million events of the log, and no memory to speak of.

    Raises `PositionGap` if an event is missing.
    """
    found = _Found(programme, size)
    async for events in store.read_all(batch_size=_BATCH):
        # In a thread: whoever else is served meanwhile does not wait for thousands to be hashed.
        await asyncio.to_thread(found.add, events)
    return found.measures()


class _Found:
    """What the log says of it, as far as it has been read."""

    def __init__(self, programme: ProgrammeId, size: int) -> None:
        self._programme, self._size = programme, size
        self._frontier = Frontier()
        self._joined = dict[InstructionId, None]()
        self._recurrences = dict[StreamId, None]()
        self._issued_by = dict[InstructionId, StreamId]()

    def add(self, events: Sequence[StoredEvent]) -> None:
        """Those that follow in the log."""
        for leaf in leaf_hashes(events[: max(self._size - self._frontier.size, 0)]):
            self._frontier.add(leaf)
        for stored in events:
            if stored.type in _JOINING:
                self._join(stored.stream_id, event_of(stored))

    def measures(self) -> Measures:
        return Measures(
            instructions=tuple(self._joined),
            recurrences=tuple(self._recurrences),
            root=self._frontier.root(),
        )

    def _join(self, stream: StreamId, event: AnyEvent) -> None:
        if isinstance(event, RecurrenceStarted | RecurrenceChanged):
            if event.programme == self._programme:
                self._recurrences[stream] = None
            return
        assert isinstance(event, Proposed | InstructionIssued | CarriedOver)
        if isinstance(event, InstructionIssued) and event.recurrence is not None:
            self._issued_by[stream] = recurrence_stream(event.recurrence)
        if event.programme == self._programme:
            self._joined[stream] = None
            if stream in self._issued_by:
                self._recurrences[self._issued_by[stream]] = None
