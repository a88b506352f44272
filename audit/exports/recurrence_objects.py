"""Recurrences as OCEL objects."""

from collections.abc import Iterator, Sequence

from audit.exports.ocel_object import Attribute, OcelObject, Values, changed, ocel_object
from audit.exports.terms import Relation, body, document, programme, recurrence
from audit.leaf import instant
from domain.recurrence.events import RecurrenceEvent
from domain.recurrence.state import Recurrence, evolve


def recurrence_objects(events: Sequence[RecurrenceEvent]) -> Iterator[OcelObject]:
    """The one that a stream is of, if it was started."""
    state: Recurrence | None = None
    before: Values = {}
    attributes: list[Attribute] = []
    for event in events:
        state = evolve(state, event)
        if state is None:
            continue
        after = _values(state)
        attributes += changed("recurrence", instant(event.occurred_at), before, after)
        before = after
    if state is not None:
        yield ocel_object(recurrence(state.id), attributes, list(_relations(state)))


def _values(state: Recurrence) -> Values:
    return {
        "title": state.terms.title,
        "rule": state.terms.rule,
        "phase": state.phase,
        "zone": state.zone,
    }


def _relations(state: Recurrence) -> Iterator[Relation]:
    """As they are at the end of what is exported, called as those of an instruction."""
    terms = state.terms
    yield Relation(to=body(terms.issuer), qualifier="issued by")
    yield Relation(to=body(terms.lead), qualifier="led by")
    if terms.controller is not None:
        yield Relation(to=body(terms.controller), qualifier="controlled by")
    for id_ in terms.co_assignees:
        yield Relation(to=body(id_), qualifier="helped by")
    if terms.programme is not None:
        yield Relation(to=programme(terms.programme), qualifier="measure of")
    if terms.source is not None:
        yield Relation(to=document(terms.source), qualifier="comes from")
