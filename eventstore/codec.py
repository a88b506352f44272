"""Events to JSON bytes and back, one version number per event type.

The bytes begin with `{"v":N,`: the version of the event type's shape. To change a released shape, raise
its number in `VERSIONS` and add an upcaster from the number before; stored bytes are never rewritten.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import from_json

from domain.directory.events import DirectoryEvent
from domain.instruction.events import InstructionEvent
from domain.programme.events import ProgrammeEvent
from eventstore.protocol import StoredEvent

AnyEvent = Annotated[
    InstructionEvent | DirectoryEvent | ProgrammeEvent, Field(discriminator="type")
]
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

VERSIONS: Mapping[str, int] = {}
"""Current version of each event type that has left version 1."""
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""From (type, version) to the next version, on the decoded JSON."""

_EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class UndecodableEvent(ValueError):
    """An event's bytes are not JSON of a known type and version: {detail}."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"an event's bytes are not JSON of a known type and version: {detail}")


def encode(event: AnyEvent) -> bytes:
    """The bytes to store: `{"v":N,` and the event's fields in the order of their definition."""
    version = VERSIONS.get(event.type, 1)
    return b'{"v":%d,' % version + event.model_dump_json().encode()[1:]


def decode(type_: str, body: bytes) -> AnyEvent:
    """The event these bytes hold, brought to the current version.

    Raises `UndecodableEvent` if they hold none.
    """
    current = b'{"v":%d,' % VERSIONS.get(type_, 1)
    try:
        if body.startswith(current):
            event = _EVENTS.validate_json(b"{" + body[len(current) :])
        else:
            event = _EVENTS.validate_python(_upcast(type_, from_json(body)))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UndecodableEvent(f"{type_}: {error!r}") from error
    if event.type != type_:
        raise UndecodableEvent(f"{type_} was expected, the bytes say {event.type}")
    return event


def decoded(events: Iterable[StoredEvent]) -> Iterator[Any]:
    """The events of one stream, for its decider to fold: which union they are of, the stream says."""
    return (decode(event.type, event.body) for event in events)


def _upcast(type_: str, fields: dict[str, Any]) -> dict[str, Any]:
    version = int(fields.pop("v"))
    while version < VERSIONS.get(type_, 1):
        fields = UPCASTERS[type_, version](fields)
        version += 1
    if version > VERSIONS.get(type_, 1):
        raise UndecodableEvent(f"{type_} has version {version}, newer than this program")
    return fields
