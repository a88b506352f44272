"""Recognising what an earlier import recorded, and whether the file still says the same."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

from domain.attribution import Command
from domain.deadline import Deadline, DeadlineRequest
from domain.identifiers import CommandId
from domain.instruction.terms import SourceDocument
from eventstore.codec import AnyEvent, event_of
from eventstore.protocol import StoredEvent

_IMPORTS = UUID("0b6f3d1e-8a5f-4a43-9f2e-5d1f6c1b7e02")
_SUCCESSION = "BodySucceeded"
_NOT_FROM_THE_FILE = frozenset(
    {
        "type",
        "command_id",
        "actor",
        "on_behalf_of",
        "identity",
        "instruction",
        "backdated",
        "policy",
    }
)


def command_id(*key: str) -> CommandId:
    """The command id of a fact, from what it is about and not from what it says (UUID version 5)."""
    return f"import-{uuid5(_IMPORTS, chr(31).join(key))}"


def first_events(stored: Iterable[StoredEvent]) -> dict[CommandId, AnyEvent]:
    """The first event of each command, by command id. `stored` must be in version order.

    Not a succession: whatever is recorded first after a body's end is preceded by it, and says nothing of
    it.
    """
    found: dict[CommandId, AnyEvent] = {}
    for event in stored:
        if event.command_id not in found and event.type != _SUCCESSION:
            found[event.command_id] = event_of(event)
    return found


def differing_fields(command: Command, event: AnyEvent) -> tuple[str, ...]:
    """The command's fields that the event recorded for it says otherwise.

    Only what comes from the file is compared: who entered it, out of which file and under which policy
    stays as it was first recorded. A field within another is named `source.kind`, the
    moment it happened `backdated`.
    """
    fields: list[str] = []
    for name in type(command).model_fields:
        if name not in _NOT_FROM_THE_FILE and hasattr(event, name):
            fields.extend(_differing(name, getattr(command, name), getattr(event, name)))
    backdated = getattr(command, "backdated", None)
    if backdated is not None and backdated.at != event.occurred_at:
        fields.append("backdated")
    return tuple(fields)


def _differing(name: str, asked: Any, recorded: Any) -> Iterator[str]:
    match asked, recorded:
        case DeadlineRequest(), Deadline():
            same = asked.on == recorded.on if asked.on else asked.at == recorded.instant
        case SourceDocument(), SourceDocument():
            for inner in SourceDocument.model_fields:
                yield from _differing(
                    f"{name}.{inner}", getattr(asked, inner), getattr(recorded, inner)
                )
            same = True
        case _:
            same = asked == recorded
    if not same:
        yield name
