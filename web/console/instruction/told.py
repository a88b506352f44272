"""What an event says, in words of both languages: each of its fields by its name, and who did it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from pydantic import TypeAdapter

from domain.attribution import Attribution
from domain.deadline import Deadline
from domain.instruction.events import Corrected, InstructionEvent
from domain.value import instant_of
from eventstore.protocol import StoredEvent
from web.api.models import EventTold
from web.console.labels import LABELS, label
from web.console.visit import Visit
from web.console.worklists import target_told

LEFT_OUT = frozenset(
    {"policy_hash", "tzdata", "counted", "calendar_version", "scheduled_from", "part"}
)
"""Fields that machines need: the replay shows them."""
_BODIES = frozenset(
    [
        "issuer",
        "controller",
        "lead",
        "joint_leads",
        "co_assignees",
        "observers",
        "body",
        "others",
        "heir",
        "sides",
    ]
)
_CODES = {
    "priority": "priority",
    "closes_with": "closes-with",
    "closed_with": "closes-with",
    "why": "why",
    "how": "part-end",
    "field": "field",
}
"""Fields whose values are codes, and of which kind."""
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of an event."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An event as a page shows it."""

    event: EventTold
    facts: Sequence[Fact]
    by: Attribution
    office: str
    """Its title; empty for none."""
    corrections: Sequence[int]
    """Versions of the events that correct it."""


async def told(
    visit: Visit, events: Sequence[EventTold], all_: Sequence[tuple[StoredEvent, InstructionEvent]]
) -> tuple[Sequence[Told], Mapping[str, str]]:
    """The events, and what the people in them are called.

    Args:
        all_: of the instruction, among them those that correct others.
    """
    people = await visit.people(one for event in events for one in _people(event))
    corrected: dict[int, list[int]] = {}
    for stored, event in all_:
        if isinstance(event, Corrected):
            corrected.setdefault(event.version, []).append(stored.version)
    offices = visit.asking.reader.directory.offices
    found = [
        Told(
            event=one,
            facts=list(facts(visit, one.data, people)),
            by=one.by,
            office=office.title if (office := offices.get(one.by.office or "")) else "",
            corrections=corrected.get(one.version, ()),
        )
        for one in events
    ]
    return found, people


def _people(event: EventTold) -> Iterator[str | None]:
    yield from (event.by.actor, event.by.substituting)
    yield from (one["person"] for one in event.data.get("notices", ()))
    if "notice" in event.data:
        yield event.data["notice"]["recipient"]


def facts(visit: Visit, data: Mapping[str, Any], people: Mapping[str, str]) -> Iterator[Fact]:
    """What the event says beyond its name; what is empty, or as it mostly is, is left out."""
    for name, value in data.items():
        if name in LEFT_OUT or value is None or value is False or value in ("", []):
            continue
        yield Fact(label(visit.words, "field", name), _said(visit, name, value, data, people))


def _said(
    visit: Visit, name: str, value: Any, data: Mapping[str, Any], people: Mapping[str, str]
) -> str:
    words = visit.words
    if name == "notices":
        return ", ".join(dict.fromkeys(people.get(one["person"], one["person"]) for one in value))
    if name == "notice":
        return words.say(
            "of event %(version)s, to %(person)s by %(channel)s",
            version=value["version"],
            person=people.get(value["recipient"], value["recipient"]),
            channel=label(words, "channel", value["channel"]),
        )
    if name == "value":
        return _correction(visit, value, data)
    if name in _BODIES:
        return "; ".join(
            map(visit.body, cast(list[str], value if isinstance(value, list) else [value]))
        )
    if name in _CODES and value in LABELS[_CODES[name]]:
        return label(words, _CODES[name], value)
    if name == "to":
        return target_told(visit, value)
    if name == "suspended_for":
        return words.count("%(n)s day", "%(n)s days", _DURATION.validate_python(value).days)
    if name == "version":
        return words.say("event %(version)s", version=value)
    match value:
        case bool():
            return words.say("yes")
        case dict():
            return _compound(visit, name, cast(dict[str, Any], value))
        case list():
            return _several(visit, name, cast(list[Any], value))
        case str():
            return _moment(visit, value) or value
        case int():
            return f"{words.number(value)} %" if name == "percent" else words.number(value)
        case _:
            return str(value)


def _correction(visit: Visit, value: str, data: Mapping[str, Any]) -> str:
    if data.get("field") == "on_behalf_of":
        return visit.body(value)
    return _moment(visit, value) or value


def _moment(visit: Visit, text: str) -> str | None:
    at = instant_of(text) if text[:4].isdigit() and "T" in text[:11] else None
    return None if at is None else visit.words.moment(at, visit.zone)


def _compound(visit: Visit, name: str, value: dict[str, Any]) -> str:
    words = visit.words
    if "instant" in value:
        deadline = Deadline.model_validate(value)
        return words.due(deadline.instant, deadline.zone)
    match name:
        case "policy":
            return str(value["id"])
        case "source":
            dated = value.get("dated")
            day = f", {words.day(date.fromisoformat(dated))}" if dated else ""
            return f"{label(words, 'source', value['kind'])} {value['number']}{day}"
        case "moment":
            return f"{value['rule']} {value['occurrence']}"
        case "evidence":
            return _file(visit, value)
        case _:
            return str(value)


def _several(visit: Visit, name: str, value: list[Any]) -> str:
    words = visit.words
    match name:
        case "evidence":
            return "; ".join(_file(visit, one) for one in value)
        case "milestones":
            return "; ".join(_milestone(visit, one) for one in value)
        case "moments" | "dropped" | "collapsed":
            keys = [one.get("key", one) for one in value]
            rules = dict.fromkeys(key["rule"] for key in keys)
            counted = words.count("%(n)s moment", "%(n)s moments", len(value))
            return f"{counted}: {', '.join(rules)}"
        case _:
            return ", ".join(map(str, value))


def _file(visit: Visit, value: Mapping[str, Any]) -> str:
    return f"{value['name']} ({size(visit, value['size'])})"


def _milestone(visit: Visit, value: Mapping[str, Any]) -> str:
    due = Deadline.model_validate(value["due"])
    return f"{value['title']}: {visit.words.due(due.instant, due.zone)}"


def size(visit: Visit, bytes_: int) -> str:
    """Of a file, in few digits."""
    words = visit.words
    if bytes_ < 1024:
        return words.count("%(n)s byte", "%(n)s bytes", bytes_)
    if bytes_ < 1024 * 1024:
        return words.say("%(n)s KiB", n=words.number(round(bytes_ / 1024)))
    return words.say("%(n)s MiB", n=words.number(round(bytes_ / 1024 / 1024, 1)))
