"""The measures of a programme and the recurrences that issue such, found in the log itself and not in a table
that anybody could change.
"""

from dataclasses import dataclass

from audit.leaf import leaf_hashes
from audit.tree import Frontier
from domain.identifiers import InstructionId, ProgrammeId, StreamId, recurrence_stream
from domain.instruction.events import CarriedOver, InstructionIssued, Proposed
from domain.recurrence.events import RecurrenceChanged, RecurrenceStarted
from eventstore.codec import event_of
from eventstore.protocol import EventStore

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
    frontier, joined = Frontier(), dict[InstructionId, None]()
    recurrences, issued_by = dict[StreamId, None](), dict[InstructionId, StreamId]()
    async for events in store.read_all(batch_size=_BATCH):
        for leaf in leaf_hashes(events[: max(size - frontier.size, 0)]):
            frontier.add(leaf)
        for stored in events:
            if stored.type not in _JOINING:
                continue
            event = event_of(stored)
            if isinstance(event, RecurrenceStarted | RecurrenceChanged):
                if event.programme == programme:
                    recurrences[stored.stream_id] = None
                continue
            assert isinstance(event, Proposed | InstructionIssued | CarriedOver)
            if isinstance(event, InstructionIssued) and event.recurrence is not None:
                issued_by[stored.stream_id] = recurrence_stream(event.recurrence)
            if event.programme == programme:
                joined[stored.stream_id] = None
                if stored.stream_id in issued_by:
                    recurrences[issued_by[stored.stream_id]] = None
    return Measures(
        instructions=tuple(joined), recurrences=tuple(recurrences), root=frontier.root()
    )
