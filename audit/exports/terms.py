"""The log's events in the words of OCEL 2.0 (ocel-standard.org): typed attributes, qualified relations.

An event's scalar fields are its attributes; what a field names (a body, a person, a programme) is a
relation, qualified by the role. Names of persons are not in the log, so none is here.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter

from audit.leaf import instant
from domain.attribution import Event
from domain.deadline import Deadline
from domain.identifiers import (
    INSTRUCTION_PREFIX,
    PROGRAMME_PREFIX,
    RECURRENCE_PREFIX,
    SYSTEM,
    StreamId,
)
from domain.instruction import events as e
from domain.instruction.terms import SourceDocument
from domain.policies import Policy
from domain.programme.events import DigestBegun, DigestSent
from eventstore.codec import AnyEvent
from eventstore.protocol import StoredEvent

OcelType = Literal["string", "time", "integer", "float", "boolean"]
Scalar = str | int | float | bool
ObjectType = Literal[
    "instruction", "recurrence", "programme", "meeting", "body", "person", "source document"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectRef:
    """An object by its id, which is unique among all types."""

    id: str
    type: ObjectType


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """Of an event or an object to an object."""

    to: ObjectRef
    qualifier: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OcelEvent:
    id: str
    kind: type[Event]
    time: datetime
    """When it occurred, as corrected since; `recorded_at` is among the attributes."""
    attributes: Mapping[str, Scalar]
    relations: tuple[Relation, ...]

    @property
    def type(self) -> str:
        return self.kind.__name__


_Role = tuple[ObjectType, str]
_BODY_ROLES: Mapping[str, str] = {
    "issuer": "issuer",
    "controller": "controller",
    "lead": "lead",
    "joint_leads": "joint lead",
    "sides": "to report again",
    "others": "body",
    "co_assignees": "co-assignee",
    "observers": "observer",
    "body": "body",
    "heir": "heir",
    "into": "into",
    "bodies": "digest reader",
}
_ROLES: Mapping[str, _Role] = {
    **{field: ("body", qualifier) for field, qualifier in _BODY_ROLES.items()},
    "programme": ("programme", "programme"),
    "carried_from": ("programme", "carried from"),
    "recurrence": ("recurrence", "recurrence"),
    "instruction": ("instruction", "occurrence"),
    "part": ("instruction", "part"),
    "because_of": ("instruction", "because of"),
    "person": ("person", "person"),
    "absent": ("person", "absent"),
    "substitute": ("person", "substitute"),
}
"""What a field names, and in which role. `parent`, `meeting`, `source`, `notices` and `notice` are apart."""
_APART = {"parent", "meeting", "source", "notices", "notice"}
ENVELOPE = {"type", "occurred_at", "by"}
"""What every event holds, and is told in columns of its own."""

ENVELOPE_TYPES: Mapping[str, OcelType] = {
    "position": "integer",
    "stream": "string",
    "version": "integer",
    "recorded_at": "time",
    "actor": "string",
    "office": "string",
    "identity": "string",
    "backdating_reason": "string",
    "command_id": "string",
}
"""Attributes that every type of event has."""


def ocel_event(stored: StoredEvent, event: AnyEvent) -> OcelEvent:
    """`event` is what `stored` holds, as corrected since."""
    envelope = {
        "position": stored.position,
        "stream": stored.stream_id,
        "version": stored.version,
        "recorded_at": instant(stored.recorded_at),
        "actor": stored.actor,
        "office": event.by.office,
        "identity": f"{event.by.identity.kind}, {event.by.identity.method}",
        "backdating_reason": event.by.backdating_reason,
        "command_id": stored.command_id,
    }
    attributes = {
        **envelope,
        **{name: _scalar(getattr(event, name)) for name in _own_types(type(event))},
    }
    return OcelEvent(
        id=f"event-{stored.position}",
        kind=type(event),
        time=event.occurred_at,
        attributes={name: value for name, value in attributes.items() if value is not None},
        relations=tuple(dict.fromkeys(_relations(stored.stream_id, event))),
    )


def attribute_types(event: type[Event]) -> Mapping[str, OcelType]:
    """The attributes that events of this type may have."""
    return {**ENVELOPE_TYPES, **_own_types(event)}


@cache
def _own_types(event: type[Event]) -> Mapping[str, OcelType]:
    relations = {*ENVELOPE, *_ROLES, *_APART}
    return {
        name: _ocel_type(field.annotation)
        for name, field in event.model_fields.items()
        if name not in relations
    }


def _ocel_type(annotation: Any) -> OcelType:
    """By the field's Python type; what has no type of OCEL's is JSON in a string."""
    if get_origin(annotation) is Annotated:
        return _ocel_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        kinds: set[OcelType] = {
            _ocel_type(one) for one in get_args(annotation) if one is not type(None)
        }
        return kinds.pop() if len(kinds) == 1 else "string"
    simple: Mapping[Any, OcelType] = {
        bool: "boolean",
        int: "integer",
        float: "float",
        datetime: "time",
        Deadline: "time",
    }
    return simple.get(annotation, "string")


_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def _scalar(value: object) -> Scalar | None:
    match value:
        case None | () | "":
            return None
        case datetime():
            return instant(value)
        case Deadline():
            return instant(value.instant)
        case date() | time():
            return value.isoformat()
        case Policy():
            return value.id
        case str() | bool() | int() | float():
            return value
        case _:
            plain = _ANY.dump_python(value, mode="json")
            return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def instruction(stream: StreamId) -> ObjectRef:
    return ObjectRef(id=stream, type="instruction")


def body(id_: str) -> ObjectRef:
    return ObjectRef(id=f"body:{id_}", type="body")


def person(id_: str) -> ObjectRef:
    return ObjectRef(id=f"person:{id_}", type="person")


def programme(id_: str) -> ObjectRef:
    return ObjectRef(id=f"programme:{id_}", type="programme")


def recurrence(id_: str) -> ObjectRef:
    return ObjectRef(id=f"recurrence:{id_}", type="recurrence")


def meeting(programme: str, id_: str) -> ObjectRef:
    return ObjectRef(id=f"meeting:{programme}/{id_}", type="meeting")


def document(source: SourceDocument) -> ObjectRef:
    dated = f"/{source.dated}" if source.dated else ""
    return ObjectRef(id=f"document:{source.kind}/{source.number}{dated}", type="source document")


def _ref(type_: ObjectType, id_: str) -> ObjectRef:
    makers = {"body": body, "person": person, "programme": programme, "recurrence": recurrence}
    return makers.get(type_, instruction)(id_)


def _relations(stream: StreamId, event: AnyEvent) -> Iterable[Relation]:
    if stream.startswith(INSTRUCTION_PREFIX):
        yield Relation(to=instruction(stream), qualifier="instruction")
    elif stream.startswith(PROGRAMME_PREFIX):
        yield from _of_programme(stream.removeprefix(PROGRAMME_PREFIX), event)
    elif stream.startswith(RECURRENCE_PREFIX):
        id_ = stream.removeprefix(RECURRENCE_PREFIX)
        yield Relation(to=recurrence(id_), qualifier="recurrence")
    yield from _by(event)
    for name in type(event).model_fields:
        if name in _ROLES:
            type_, qualifier = _ROLES[name]
            for id_ in _ids(getattr(event, name)):
                yield Relation(to=_ref(type_, id_), qualifier=qualifier)
    yield from _apart(event)


def _ids(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case str():
            return (value,)
        case _:
            return value


def _of_programme(id_: str, event: AnyEvent) -> Iterable[Relation]:
    yield Relation(to=programme(id_), qualifier="programme")
    held = getattr(event, "meeting", None)
    if held is not None:
        yield Relation(to=meeting(id_, held), qualifier="meeting")


def _by(event: AnyEvent) -> Iterable[Relation]:
    """The machinery is nobody: what it did has no actor among the objects."""
    if event.by.actor != SYSTEM:
        yield Relation(to=person(event.by.actor), qualifier="actor")
    if event.by.on_behalf_of is not None:
        yield Relation(to=body(event.by.on_behalf_of), qualifier="on behalf of")
    if event.by.substituting is not None:
        yield Relation(to=person(event.by.substituting), qualifier="substituting")


def _apart(event: AnyEvent) -> Iterable[Relation]:
    parent = getattr(event, "parent", None)
    if parent is not None:
        whole = isinstance(event, e.InstructionIssued)
        yield Relation(
            to=instruction(parent) if whole else body(parent),
            qualifier="whole" if whole else "parent",
        )
    source = getattr(event, "source", None)
    if source is not None:
        yield Relation(to=document(source), qualifier="source")
    for addressee in getattr(event, "notices", ()):
        yield Relation(to=person(addressee.person), qualifier="told")
    if isinstance(event, DigestBegun):
        for reader in event.readers:
            yield Relation(to=person(reader.person), qualifier="told")
    if isinstance(event, DigestSent):
        for told in event.recipients:
            yield Relation(to=person(told.person), qualifier="recipient")
    if isinstance(event, e.DeliveryOutcome | e.NotificationAcknowledged):
        yield Relation(to=person(event.notice.recipient), qualifier="recipient")
