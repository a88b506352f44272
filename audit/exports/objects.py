"""The things that events speak of, as OCEL objects: their attributes with the moments of change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from audit.exports.reading import Exported
from audit.exports.terms import (
    ObjectRef,
    ObjectType,
    OcelEvent,
    OcelType,
    Relation,
    Scalar,
    body,
    document,
    instruction,
    meeting,
    ocel_event,
    programme,
)
from audit.leaf import instant
from domain.directory import events as d
from domain.directory.decisions import directory_decider
from domain.directory.state import Body
from domain.identifiers import DIRECTORY_STREAM, INSTRUCTION_PREFIX
from domain.instruction.events import InstructionEvent
from domain.instruction.evolution import evolve
from domain.instruction.state import InstructionState, KnownState, Unissued, submission
from domain.instruction.terms import SourceDocument
from domain.programme import state as programmes
from domain.programme.events import ProgrammeEvent
from eventstore.codec import AnyEvent, decoded
from eventstore.replay import read_as_of

OBJECT_TYPES: Mapping[ObjectType, Mapping[str, OcelType]] = {
    "instruction": {
        "number": "string",
        "text": "string",
        "sector": "string",
        "phase": "string",
        "issuer": "string",
        "controller": "string",
        "lead": "string",
        "programme": "string",
        "original_deadline": "time",
        "deadline": "time",
        "submitted_at": "time",
        "percent": "integer",
        "escalated": "boolean",
    },
    "programme": {
        "title": "string",
        "phase": "string",
        "period_start": "string",
        "period_end": "string",
    },
    "meeting": {
        "title": "string",
        "at": "time",
        "held": "boolean",
        "report_position": "integer",
    },
    "body": {
        "name": "string",
        "kind": "string",
        "country": "string",
        "zone": "string",
        "established_on": "string",
        "closed_on": "string",
    },
    "person": {},
    "source document": {"kind": "string", "number": "string", "dated": "string"},
}
"""The types of objects, and the attributes that each may have."""

UNKNOWN_SINCE = "1970-01-01T00:00:00.000000Z"
"""Since when an object is as it is, if the export does not say: OCEL's own initial moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    name: str
    time: str
    """Since when it has this value."""
    value: Scalar


@dataclass(frozen=True, kw_only=True, slots=True)
class OcelObject:
    ref: ObjectRef
    attributes: tuple[Attribute, ...]
    """In the order of the stream; of one name the first is the initial one."""
    relations: tuple[Relation, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a stream tells: its events, if they are asked for, and the objects it knows all about."""

    events: Sequence[OcelEvent]
    objects: Sequence[OcelObject]
    documents: Sequence[SourceDocument] = ()


def told(exported: Exported) -> Told:
    """One stream in OCEL's words."""
    if exported.stream == DIRECTORY_STREAM:
        events = tuple(decoded(exported.stored))
        return Told(events=_events(exported, events), objects=list(_bodies(events)))
    if exported.stream.startswith(INSTRUCTION_PREFIX):
        history = read_as_of(exported.stored)
        sources = {getattr(event, "source", None) for event in history} - {None}
        return Told(
            events=_events(exported, history),
            objects=list(_instruction(exported, history)),
            documents=[source for source in sources if source is not None],
        )
    events = tuple(decoded(exported.stored))
    return Told(events=_events(exported, events), objects=list(_programme(events)))


def document_object(source: SourceDocument) -> OcelObject:
    values = {"kind": source.kind, "number": source.number, "dated": _day(source.dated)}
    return _object(document(source), _changed("source document", UNKNOWN_SINCE, {}, values))


def bare_object(ref: ObjectRef) -> OcelObject:
    """One that is only spoken of."""
    return _object(ref, ())


def _events(exported: Exported, events: Sequence[AnyEvent]) -> Sequence[OcelEvent]:
    if not exported.asked_for:
        return ()
    return [ocel_event(*pair) for pair in zip(exported.stored, events, strict=True)]


_Values = Mapping[str, Scalar | None]


def _changed(
    type_: ObjectType, time: str, before: _Values, after: _Values
) -> tuple[Attribute, ...]:
    """What has another value than before.

    OCEL has no word for a value that is gone. Of a text it is the empty one; of anything else nothing is
    told, as with a report that was withdrawn: the phase says it.
    """
    found: list[Attribute] = []
    for name, value in after.items():
        gone = value is None and before.get(name) not in (None, "")
        if value is not None and value != before.get(name):
            found.append(Attribute(name=name, time=time, value=value))
        elif gone and OBJECT_TYPES[type_][name] == "string":
            found.append(Attribute(name=name, time=time, value=""))
    return tuple(found)


def _object(
    ref: ObjectRef, attributes: Sequence[Attribute], relations: Sequence[Relation] = ()
) -> OcelObject:
    return OcelObject(
        ref=ref,
        attributes=tuple(attributes),
        relations=tuple(dict.fromkeys(relations)),
    )


def _instruction(exported: Exported, history: Sequence[InstructionEvent]) -> Iterator[OcelObject]:
    state: InstructionState = Unissued()
    before: _Values = {}
    attributes: list[Attribute] = []
    for event in history:
        state = evolve(state, event)
        if isinstance(state, Unissued):
            continue
        after = _instruction_values(state)
        attributes += _changed("instruction", instant(event.occurred_at), before, after)
        before = after
    if not isinstance(state, Unissued):
        relations = list(_instruction_relations(state))
        yield _object(instruction(exported.stream), attributes, relations)


def _instruction_values(state: KnownState) -> _Values:
    record = state.record
    return {
        "number": record.number,
        "text": record.text,
        "sector": record.sector,
        "phase": state.phase,
        "issuer": record.issuer,
        "controller": record.controller,
        "lead": record.lead,
        "programme": record.programme,
        "original_deadline": instant(record.original_deadline.instant),
        "deadline": instant(record.deadline.instant),
        "submitted_at": instant(submitted) if (submitted := submission(state)) else None,
        "percent": record.percent,
        "escalated": record.escalation.raised,
    }


def _instruction_relations(state: KnownState) -> Iterator[Relation]:
    """As they are at the end of what is exported; programmes it has left are told too."""
    record = state.record
    if record.programme is not None:
        yield Relation(to=programme(record.programme), qualifier="measure of")
    for departure in record.carried_over:
        yield Relation(to=programme(departure.programme), qualifier="was measure of")
    roles = {"issued by": record.issuer, "controlled by": record.controller, "led by": record.lead}
    for qualifier, id_ in roles.items():
        if id_ is not None:
            yield Relation(to=body(id_), qualifier=qualifier)
    for id_ in record.co_assignees:
        yield Relation(to=body(id_), qualifier="helped by")
    for id_ in record.observers:
        yield Relation(to=body(id_), qualifier="observed by")
    if record.parent is not None:
        yield Relation(to=instruction(record.parent), qualifier="part of")
    if record.source is not None:
        yield Relation(to=document(record.source), qualifier="comes from")


def _programme(events: Sequence[ProgrammeEvent]) -> Iterator[OcelObject]:
    """The programme, and each of its meetings."""
    state: programmes.Programme | None = None
    before: _Values = {}
    attributes: list[Attribute] = []
    meetings: dict[str, tuple[_Values, list[Attribute]]] = {}
    for event in events:
        state = programmes.evolve(state, event)
        if state is None:
            continue
        time, after = instant(event.occurred_at), _programme_values(state)
        attributes += _changed("programme", time, before, after)
        before = after
        for id_, one in state.meetings.items():
            stood, changes = meetings.get(id_, ({}, []))
            stands = _meeting_values(one)
            meetings[id_] = (stands, [*changes, *_changed("meeting", time, stood, stands)])
    if state is None:
        return
    owned = Relation(to=body(state.body), qualifier="programme of")
    yield _object(programme(state.id), attributes, (owned,))
    for id_, (_, changes) in meetings.items():
        of = Relation(to=programme(state.id), qualifier="meeting of")
        yield _object(meeting(state.id, id_), changes, (of,))


def _programme_values(state: programmes.Programme) -> _Values:
    return {
        "title": state.title,
        "phase": state.phase,
        "period_start": state.period_start.isoformat(),
        "period_end": state.period_end.isoformat(),
    }


def _meeting_values(held: programmes.Meeting) -> _Values:
    return {
        "title": held.title,
        "at": instant(held.at),
        "held": held.held,
        "report_position": held.report.position if held.report else None,
    }


def _bodies(events: Sequence[d.DirectoryEvent]) -> Iterator[OcelObject]:
    state = directory_decider.initial
    before: dict[str, _Values] = {}
    attributes: dict[str, list[Attribute]] = {}
    for event in events:
        state = directory_decider.fold([event], state)
        known = state.bodies.get(event.body) if isinstance(event, _OF_A_BODY) else None
        if known is not None:
            after = _body_values(known)
            changed = _changed("body", instant(event.occurred_at), before.get(known.id, {}), after)
            attributes.setdefault(known.id, []).extend(changed)
            before[known.id] = after
    for id_, found in attributes.items():
        parent, heir = state.bodies[id_].parent, state.bodies[id_].heir
        relations = [Relation(to=body(parent), qualifier="below")] if parent else []
        relations += [Relation(to=body(heir), qualifier="succeeded by")] if heir else []
        yield _object(body(id_), found, relations)


_OF_A_BODY = (
    d.BodyRegistered,
    d.BodyEstablished,
    d.BodyRenamed,
    d.BodyMoved,
    d.BodyReorganised,
    d.BodyClosed,
)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _body_values(one: Body) -> _Values:
    return {
        "name": one.name,
        "kind": one.kind,
        "country": one.country,
        "zone": one.zone,
        "established_on": _day(one.established_on),
        "closed_on": _day(one.closed_on),
    }
