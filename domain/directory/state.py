"""The directory folded: who may act for which body, and whom a notice for a body reaches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from domain.directory.events import (
    Appointed,
    BodyKind,
    BodyRegistered,
    DirectoryEvent,
    OfficeKind,
    OfficeRegistered,
    PersonRegistered,
)
from domain.identifiers import BodyId, Channel, OfficeId, PersonId

ACTING: frozenset[OfficeKind] = frozenset({"head", "officer"})
"""Offices whose holders act for their body and receive its notices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    id: BodyId
    name: str
    kind: BodyKind
    parent: BodyId | None
    country: str | None
    zone: str
    established_on: date | None

    def established(self, on: date) -> bool:
        return self.established_on is None or self.established_on <= on


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    id: OfficeId
    body: BodyId
    kind: OfficeKind
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointment:
    person: PersonId
    office: Office
    since: date
    until: date | None

    def holds(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """All bodies, offices, people (opaque ids) and appointments known at some version."""

    bodies: Mapping[BodyId, Body] = field(default_factory=dict[BodyId, Body])
    offices: Mapping[OfficeId, Office] = field(default_factory=dict[OfficeId, Office])
    channels: Mapping[PersonId, tuple[Channel, ...]] = field(
        default_factory=dict[PersonId, tuple[Channel, ...]]
    )
    """Every known person, with the channels notices reach them by."""
    appointments: tuple[Appointment, ...] = ()

    def offices_held(self, person: PersonId, at: datetime) -> tuple[Office, ...]:
        """The person's offices at the moment; a term ends with its last day in the body's zone."""
        return tuple(
            a.office
            for a in self.appointments
            if a.person == person and a.holds(self._day(a.office.body, at))
        )

    def holders(
        self, body: BodyId, kinds: Iterable[OfficeKind], at: datetime
    ) -> tuple[PersonId, ...]:
        """The persons who hold an office of these kinds in the body at the moment, each once."""
        wanted = frozenset(kinds)
        found = (
            a.person
            for a in self.appointments
            if a.office.body == body and a.office.kind in wanted and a.holds(self._day(body, at))
        )
        return tuple(dict.fromkeys(found))

    def chain(self, body: BodyId) -> tuple[BodyId, ...]:
        """The body and its superiors, nearest first."""
        found: list[BodyId] = []
        current: BodyId | None = body
        while current is not None and current in self.bodies and current not in found:
            found.append(current)
            current = self.bodies[current].parent
        return tuple(found)

    def _day(self, body: BodyId, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.bodies[body].zone)).date()

    def has_administrator(self) -> bool:
        return any(a.office.kind == "administrator" for a in self.appointments)


def evolve(state: Directory, event: DirectoryEvent) -> Directory:
    match event:
        case BodyRegistered():
            body = Body(
                id=event.body,
                name=event.name,
                kind=event.body_kind,
                parent=event.parent,
                country=event.country,
                zone=event.zone,
                established_on=event.established_on,
            )
            return replace(state, bodies={**state.bodies, body.id: body})
        case OfficeRegistered():
            office = Office(
                id=event.office, body=event.body, kind=event.office_kind, title=event.title
            )
            return replace(state, offices={**state.offices, office.id: office})
        case PersonRegistered():
            return replace(state, channels={**state.channels, event.person: event.channels})
        case Appointed():
            if event.office not in state.offices:
                return state
            appointment = Appointment(
                person=event.person,
                office=state.offices[event.office],
                since=event.since,
                until=event.until,
            )
            return replace(state, appointments=(*state.appointments, appointment))
        case _:
            assert_never(event)
