"""What an OCEL object is: its type, its attributes with the moments of change, what it stands related to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.exports.terms import ObjectRef, ObjectType, OcelType, Relation, Scalar

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
    "recurrence": {
        "title": "string",
        "rule": "string",
        "phase": "string",
        "zone": "string",
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


Values = Mapping[str, Scalar | None]


def changed(type_: ObjectType, time: str, before: Values, after: Values) -> tuple[Attribute, ...]:
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


def ocel_object(
    ref: ObjectRef, attributes: Sequence[Attribute], relations: Sequence[Relation] = ()
) -> OcelObject:
    return OcelObject(
        ref=ref,
        attributes=tuple(attributes),
        relations=tuple(dict.fromkeys(relations)),
    )
