"""A log with every type of event there is, to be exported, and exporting it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.exports.export import Format, export
from audit.exports.reading import Selection
from domain.identifiers import (
    DIRECTORY_STREAM,
    InstructionId,
    StreamId,
    instruction_id,
    programme_stream,
    recurrence_stream,
)
from domain.instruction import events as e
from eventstore.codec import AnyEvent, encode
from eventstore.memory import MemoryEventStore
from eventstore.protocol import Append, EventStore, NewEvent, StreamWrite
from tests.golden_events import EXAMPLES

ONE, OTHER = instruction_id("one"), instruction_id("other")
PROGRAMME = programme_stream("programme-2027-30")
RECURRENCE = recurrence_stream("phytosanitary-report")
MODULES = {
    "domain.directory.events": DIRECTORY_STREAM,
    "domain.programme.events": PROGRAMME,
    "domain.recurrence.events": RECURRENCE,
    "domain.instruction.events": ONE,
}
AT = datetime(2026, 6, 1, tzinfo=UTC)


def without_correction(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """An example's correction is of an event that is not there."""
    return [event for event in events if not isinstance(event, e.Corrected)]


async def recorded(
    store: MemoryEventStore, stream: StreamId, events: Sequence[AnyEvent], *, version: int = 0
) -> None:
    """Append events as they are, without asking any rule."""
    write = StreamWrite(
        stream_id=stream,
        expected_version=version,
        events=tuple(
            NewEvent(
                type=event.type,
                occurred_at=event.occurred_at,
                actor=event.by.actor,
                body=encode(event),
            )
            for event in events
        ),
    )
    command = f"c-{await store.head()}"
    await store.append(Append(command_id=command, request_hash=b"", writes=(write,), epoch=1))


def _package(module: str) -> str:
    return module.rpartition(".")[0]


async def log_of_everything() -> MemoryEventStore:
    """One stream of each kind, with an example of each of its events; and another instruction."""
    store = MemoryEventStore()
    for module, stream in MODULES.items():
        mine = [event for event in EXAMPLES if _package(type(event).__module__) == _package(module)]
        mine.sort(key=lambda event: event.type not in ("ProgrammeDrafted", "InstructionIssued"))
        await recorded(store, stream, without_correction(mine))
    await recorded(store, OTHER, another())
    return store


def another(number: str = "=HYPERLINK(1)", text: str = "@SUM(A1:A9)") -> list[AnyEvent]:
    """An instruction whose lead changes, and whose number and text a spreadsheet would run."""
    issued = next(event for event in EXAMPLES if isinstance(event, e.InstructionIssued))
    assigned = next(event for event in EXAMPLES if isinstance(event, e.InstructionAssigned))
    day = timedelta(days=1)
    return [
        issued.model_copy(update={"number": number, "text": text, "parent": ONE}),
        assigned.model_copy(update={"lead": "first-lead", "occurred_at": issued.occurred_at + day}),
        assigned.model_copy(
            update={"lead": "second-lead", "occurred_at": issued.occurred_at + 2 * day}
        ),
    ]


async def pages(*instructions: InstructionId) -> AsyncIterator[Sequence[InstructionId]]:
    for instruction in instructions:
        yield (instruction,)


async def export_all(store: EventStore, format_: Format, output: Path) -> dict[str, int]:
    selection = Selection(
        pages=pages(ONE, OTHER),
        others=(DIRECTORY_STREAM, PROGRAMME, RECURRENCE),
        context=(),
        until_position=await store.head(),
        whole_log=True,
    )
    return await export(store, selection, format_, output, at=AT, progress=lambda _: None)
