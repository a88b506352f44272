"""Events to JSON bytes and back, one version number per event type.

The bytes begin with `{"v":N,`: the version of the event type's shape. To change a released shape, raise
its number in `VERSIONS` and add an upcaster from the number before; stored bytes are never rewritten.
docs/architecture.md ("Changing an event") says it step by step.

While processes of two versions work on one log, none may write what the older cannot read. So the log has a *format*, and
each version of a type says which one it came with: it is not written before the log is of that format, which is said once
all older processes have ended (docs/upgrading.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from domain.directory.events import DirectoryEvent
from domain.identifiers import StreamId
from domain.instruction.events import InstructionEvent
from domain.programme.events import ProgrammeEvent
from domain.recurrence.events import RecurrenceEvent
from eventstore.protocol import StoredEvent

AnyEvent = Annotated[
    InstructionEvent | DirectoryEvent | ProgrammeEvent | RecurrenceEvent,
    Field(discriminator="type"),
]
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

VERSIONS: Mapping[str, int] = {}
"""Current version of each event type that has left version 1."""
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""From (type, version) to the next version, on the decoded JSON."""

FORMAT = 1
"""The newest format of a log that this program knows."""
SINCE: Mapping[tuple[str, int], int] = {}
"""The format that a (type, version) came with; 1 where none is said."""
DOWNCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""From (type, version) back to the version before, on the decoded JSON; for those that came with a later format than
that one. What the version before cannot say it leaves out."""

_EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class UndecodableEvent(ValueError):
    """An event's bytes cannot be read: {detail}.

    `NewerEvent`, and otherwise bytes that were not written by any Remit, or were altered since.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NewerEvent(UndecodableEvent):
    """An event was written by a newer Remit than this one; it has to be read by one as new."""


def as_written(event: AnyEvent, log_format: int) -> AnyEvent:
    """The event as it is read again: without what the format of the log cannot say yet. Raises `NotWrittenYet`."""
    return event if log_format >= FORMAT else decode(event.type, encode(event, log_format))


class NotWrittenYet(Exception):
    """{type} is not written before the log is of format {since}: an older process could not read it."""

    def __init__(self, type_: str, since: int) -> None:
        super().__init__(
            f"{type_} is not written before the log is of format {since}: an older process could not read it"
        )


def encode(event: AnyEvent, log_format: int | None = None) -> bytes:
    """The bytes to store: `{"v":N,` and the event's fields in the order of their definition.

    In a log of an earlier format than this program's, in the newest version that came with it or before. Raises
    `NotWrittenYet` if none did.
    """
    version = current = VERSIONS.get(event.type, 1)
    known = FORMAT if log_format is None else log_format
    while SINCE.get((event.type, version), 1) > known:
        version -= 1
        if version == 0:
            raise NotWrittenYet(event.type, SINCE[event.type, 1])
    body = event.model_dump_json().encode()
    if version < current:
        fields = from_json(body)
        for newer in range(current, version, -1):
            fields = DOWNCASTERS[event.type, newer](fields)
        body = to_json(fields)
    return b'{"v":%d,' % version + body[1:]


def event_of(stored: StoredEvent) -> AnyEvent:
    """The event that the log holds there, brought to the current version.

    Raises `UndecodableEvent`, which names the position.
    """
    return event_at(
        stored.type,
        stored.body,
        position=stored.position,
        stream_id=stored.stream_id,
        version=stored.version,
    )


def event_at(
    type_: str, body: bytes, *, position: int, stream_id: StreamId, version: int
) -> AnyEvent:
    """The same, for who reads many and makes no `StoredEvent` of each."""
    try:
        return decode(type_, body)
    except UndecodableEvent as error:
        where = f"position {position} ({stream_id}, version {version})"
        raise type(error)(f"{where}: {error.detail}") from error


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
    except UndecodableEvent:
        raise
    except ValidationError as error:
        raise _why_not(type_, error) from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _no_event(f"as {type_}: {error!r}") from error
    if event.type != type_:
        raise _no_event(f"{type_} was expected, the bytes say {event.type}")
    return event


def decoded(events: Iterable[StoredEvent]) -> Iterator[Any]:
    """The events of one stream, for its decider to fold: which union they are of, the stream says."""
    return (event_of(event) for event in events)


def _upcast(type_: str, fields: dict[str, Any]) -> dict[str, Any]:
    version, current = int(fields.pop("v")), VERSIONS.get(type_, 1)
    if version > current:
        raise _newer(f"{type_} is of version {version}, this program reads it up to {current}")
    while version < current:
        fields = UPCASTERS[type_, version](fields)
        version += 1
    return fields


def _why_not(type_: str, error: ValidationError) -> UndecodableEvent:
    """What is wrong with the fields, without their values: they may name people."""
    problems = error.errors(include_url=False, include_input=False)
    unknown = [p["ctx"]["tag"] for p in problems if p["type"] == "union_tag_invalid"]  # pyright: ignore[reportTypedDictNotRequiredAccess] - this problem has it
    if unknown == [type_]:
        return _newer(f"this program knows no event type {type_}")
    if unknown:
        return _no_event(f"{type_} was expected, the bytes say {unknown[0]}")
    fields = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
    return _no_event(f"as {type_}: {fields}")


def _newer(what: str) -> NewerEvent:
    return NewerEvent(f"{what}. A newer Remit wrote it: bring this one up to that version")


def _no_event(what: str) -> UndecodableEvent:
    return UndecodableEvent(
        f"the bytes are not JSON of a known type and version ({what}). "
        "`remit audit verify` tells whether they are still what was recorded"
    )
