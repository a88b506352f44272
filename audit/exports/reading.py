"""Which streams an export holds, and reading them page by page."""

from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.identifiers import InstructionId, ProgrammeId, StreamId
from domain.instruction.events import ABOUT_NOTICES
from domain.programme.membership import measures_by_programme
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import read_as_of

Shown = Literal["line", "events", "all"]
"""What of an instruction an export may hold: how it stands; its events, but for those about notices; all of them."""
Sight = Callable[[Sequence[InstructionId]], Awaitable[Mapping[InstructionId, Shown]]]
"""What somebody may see of these; what is left out, nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """One stream, from its first event to the export's last position."""

    stream: StreamId
    stored: Sequence[StoredEvent]
    """In version order; at least one."""
    asked_for: bool
    """Else it is only there to say what the things are that others speak of: names of bodies, titles."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is exported: instructions, and what else is asked for."""

    pages: AsyncIterable[Sequence[InstructionId]]
    """The instructions, so many at a time as may be in memory with their events."""
    others: Sequence[StreamId]
    """Streams of programmes, and the directory if it is asked for."""
    context: Sequence[StreamId]
    """Streams that are only read to explain."""
    until_position: int
    programme: ProgrammeId | None = None
    """Only instructions that belonged to it by then."""
    sight: Sight | None = None
    """Of whoever it is for; None: they may see all there is."""
    whole_log: bool = False
    """Nothing is left out: whoever needs no streams may read the log from end to end."""


async def read(store: EventStore, selection: Selection) -> AsyncIterator[Exported]:
    """The streams: what explains first, then what is asked for, instructions last."""
    for streams, asked_for in ((selection.context, False), (selection.others, True)):
        for stream in streams:
            events = await store.read_stream(stream)
            stored = [event for event in events if event.position <= selection.until_position]
            if stored:
                yield Exported(stream=stream, stored=stored, asked_for=asked_for)
    async for page in selection.pages:
        shown = None if selection.sight is None else await selection.sight(page)
        seen = page if shown is None else [one for one in page if one in shown]
        found: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams(seen, until_position=selection.until_position):
            found[event.stream_id].append(event)
        for instruction in seen:
            stored = found[instruction]
            if stored and _belongs(instruction, stored, selection.programme):
                yield _seen(instruction, stored, "all" if shown is None else shown[instruction])


def _seen(instruction: InstructionId, stored: Sequence[StoredEvent], shown: Shown) -> Exported:
    if shown == "events":
        stored = [event for event in stored if event.type not in ABOUT_NOTICES]
    return Exported(stream=instruction, stored=stored, asked_for=shown != "line")


def _belongs(
    instruction: InstructionId, stored: Sequence[StoredEvent], programme: ProgrammeId | None
) -> bool:
    return programme is None or programme in measures_by_programme(instruction, read_as_of(stored))
