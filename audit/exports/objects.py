"""The things that events speak of, as OCEL objects: their attributes with the moments of change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from audit.exports.ocel_object import (
    UNKNOWN_SINCE,
    Attribute,
    OcelObject,
    Values,
    changed,
    ocel_object,
)
from audit.exports.reading import Exported
from audit.exports.recurrence_objects import recurrence_objects
from audit.exports.terms import (
    ObjectRef,
    OcelEvent,
    Relation,
    body,
    document,
    instruction,
    meeting,
    ocel_event,
    programme,
    recurrence,
)
from audit.leaf import instant
from domain.directory import events as d
from domain.directory.decisions import directory_decider
from domain.directory.state import Body
from domain.identifiers import DIRECTORY_STREAM, INSTRUCTION_PREFIX, RECURRENCE_PREFIX
from domain.instruction.events import InstructionEvent
from domain.instruction.evolution import evolve
from domain.instruction.state import InstructionState, KnownState, Unissued, submission
from domain.instruction.terms import SourceDocument
from domain.programme import state as programmes
from domain.programme.events import ProgrammeEvent
from eventstore.codec import AnyEvent, decoded
from eventstore.replay import read_as_of


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
    recurs = exported.stream.startswith(RECURRENCE_PREFIX)
    objects = recurrence_objects(events) if recurs else _programme(events)
    return Told(events=_events(exported, events), objects=list(objects))


def document_object(source: SourceDocument) -> OcelObject:
    values = {"kind": source.kind, "number": source.number, "dated": _day(source.dated)}
    return ocel_object(document(source), changed("source document", UNKNOWN_SINCE, {}, values))


def bare_object(ref: ObjectRef) -> OcelObject:
    """One that is only spoken of."""
    return ocel_object(ref, ())


def _events(exported: Exported, events: Sequence[AnyEvent]) -> Sequence[OcelEvent]:
    if not exported.asked_for:
        return ()
    return [ocel_event(*pair) for pair in zip(exported.stored, events, strict=True)]


def _instruction(exported: Exported, history: Sequence[InstructionEvent]) -> Iterator[OcelObject]:
    state: InstructionState = Unissued()
    before: Values = {}
    attributes: list[Attribute] = []
    for event in history:
        state = evolve(state, event)
        if isinstance(state, Unissued):
            continue
        after = _instruction_values(state)
        attributes += changed("instruction", instant(event.occurred_at), before, after)
        before = after
    if not isinstance(state, Unissued):
        relations = list(_instruction_relations(state))
        yield ocel_object(instruction(exported.stream), attributes, relations)


def _instruction_values(state: KnownState) -> Values:
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
    roles = {"issued by": record.issuer, "controlled by": record.controller}
    for qualifier, id_ in roles.items():
        if id_ is not None:
            yield Relation(to=body(id_), qualifier=qualifier)
    for id_ in record.leads:
        yield Relation(to=body(id_), qualifier="led by")
    for id_ in record.co_assignees:
        yield Relation(to=body(id_), qualifier="helped by")
    for id_ in record.observers:
        yield Relation(to=body(id_), qualifier="observed by")
    if record.parent is not None:
        yield Relation(to=instruction(record.parent), qualifier="part of")
    if record.recurrence is not None:
        yield Relation(to=recurrence(record.recurrence), qualifier="occurrence of")
    if record.source is not None:
        yield Relation(to=document(record.source), qualifier="comes from")


def _programme(events: Sequence[ProgrammeEvent]) -> Iterator[OcelObject]:
    """The programme, and each of its meetings."""
    state: programmes.Programme | None = None
    before: Values = {}
    attributes: list[Attribute] = []
    meetings: dict[str, tuple[Values, list[Attribute]]] = {}
    for event in events:
        state = programmes.evolve(state, event)
        if state is None:
            continue
        time, after = instant(event.occurred_at), _programme_values(state)
        attributes += changed("programme", time, before, after)
        before = after
        for id_, one in state.meetings.items():
            stood, changes = meetings.get(id_, ({}, []))
            stands = _meeting_values(one)
            meetings[id_] = (stands, [*changes, *changed("meeting", time, stood, stands)])
    if state is None:
        return
    owned = Relation(to=body(state.body), qualifier="programme of")
    yield ocel_object(programme(state.id), attributes, (owned,))
    for id_, (_, changes) in meetings.items():
        of = Relation(to=programme(state.id), qualifier="meeting of")
        yield ocel_object(meeting(state.id, id_), changes, (of,))


def _programme_values(state: programmes.Programme) -> Values:
    return {
        "title": state.title,
        "phase": state.phase,
        "period_start": state.period_start.isoformat(),
        "period_end": state.period_end.isoformat(),
    }


def _meeting_values(held: programmes.Meeting) -> Values:
    return {
        "title": held.title,
        "at": instant(held.at),
        "held": held.held,
        "report_position": held.report.position if held.report else None,
    }


def _bodies(events: Sequence[d.DirectoryEvent]) -> Iterator[OcelObject]:
    state = directory_decider.initial
    before: dict[str, Values] = {}
    attributes: dict[str, list[Attribute]] = {}
    for event in events:
        state = directory_decider.fold([event], state)
        known = state.bodies.get(event.body) if isinstance(event, _OF_A_BODY) else None
        if known is not None:
            after = _body_values(known)
            stood, time = before.get(known.id, {}), instant(event.occurred_at)
            attributes.setdefault(known.id, []).extend(changed("body", time, stood, after))
            before[known.id] = after
    for id_, found in attributes.items():
        parent, heir = state.bodies[id_].parent, state.bodies[id_].heir
        relations = [Relation(to=body(parent), qualifier="below")] if parent else []
        relations += [Relation(to=body(heir), qualifier="succeeded by")] if heir else []
        yield ocel_object(body(id_), found, relations)


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


def _body_values(one: Body) -> Values:
    return {
        "name": one.name,
        "kind": one.kind,
        "country": one.country,
        "zone": one.zone,
        "established_on": _day(one.established_on),
        "closed_on": _day(one.closed_on),
    }
