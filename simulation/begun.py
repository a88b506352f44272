"""What streams have begun: occurrences and parts, streams of their own."""

from collections.abc import Iterable, Sequence

from domain.identifiers import StreamId
from domain.instruction.events import SubInstructionIssued
from domain.recurrence.events import OccurrenceIssued
from eventstore.codec import event_of
from eventstore.protocol import EventStore

_FOUNDING = {"OccurrenceIssued", "SubInstructionIssued"}


async def begun(store: EventStore, streams: Iterable[StreamId]) -> Sequence[StreamId]:
    """Those of the streams that the log holds, and all that began below them."""
    found: dict[StreamId, None] = {}
    waiting = list(dict.fromkeys(streams))
    while waiting:
        stream = waiting.pop(0)
        stored = await store.read_stream(stream)
        if stream in found or not stored:
            continue
        found[stream] = None
        for event in stored:
            match event.type in _FOUNDING and event_of(event):
                case OccurrenceIssued() as issued:
                    waiting.append(issued.instruction)
                case SubInstructionIssued() as issued:
                    waiting.append(issued.part)
                case _:
                    pass
    return list(found)
