"""The measures of a programme, found in the log itself and not in a table that anybody could change."""

from dataclasses import dataclass

from audit.leaf import leaf_hashes
from audit.tree import Frontier
from domain.identifiers import InstructionId, ProgrammeId
from domain.instruction.events import CarriedOver, InstructionIssued, Proposed
from eventstore.codec import event_of
from eventstore.protocol import EventStore

_JOINING = {"Proposed", "InstructionIssued", "CarriedOver"}
_BATCH = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    instructions: tuple[InstructionId, ...]
    """Every one that is or ever was a measure of the programme, in the order in which they joined it."""
    root: bytes
    """Of the tree over the events that were read up to the size asked for."""


async def measures_in_log(store: EventStore, programme: ProgrammeId, size: int) -> Measures:
    """Read the whole log for the programme's measures, and hash its first `size` events on the way.

    If the root is the signed one, that these are all rests on nothing but the log that was signed. It
    takes about 15 seconds for each million events of the log, and no memory to speak of.

    Raises `PositionGap` if an event is missing.
    """
    frontier, joined = Frontier(), dict[InstructionId, None]()
    async for events in store.read_all(batch_size=_BATCH):
        for leaf in leaf_hashes(events[: max(size - frontier.size, 0)]):
            frontier.add(leaf)
        for stored in events:
            if stored.type not in _JOINING:
                continue
            event = event_of(stored)
            assert isinstance(event, Proposed | InstructionIssued | CarriedOver)
            if event.programme == programme:
                joined[stored.stream_id] = None
    return Measures(instructions=tuple(joined), root=frontier.root())
