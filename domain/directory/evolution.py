"""How each event changes the directory. Total: what an event refers to may be left out of a view."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from domain.directory import events as e
from domain.directory.calendar_versions import next_version
from domain.directory.preferences import Preferences
from domain.directory.state import (
    Appointment,
    Body,
    Directory,
    Office,
    PublishedPolicy,
    Substitution,
    Term,
)
from domain.identifiers import BodyId


def evolve(state: Directory, event: e.DirectoryEvent) -> Directory:
    match event:
        case e.BodyRegistered():
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
        case e.BodyEstablished():
            return _body(state, event.body, lambda b: replace(b, established_on=event.on))
        case e.BodyRenamed():
            return _body(state, event.body, lambda b: replace(b, name=event.name))
        case e.BodyMoved():
            return _body(state, event.body, lambda b: replace(b, parent=event.parent))
        case e.BodyReorganised():
            gone = _body(state, event.body, lambda b: _reorganised(b, event))
            return replace(gone, bodies=_handed_over(gone, event.body, event.heir))
        case e.BodyClosed():
            return _body(state, event.body, lambda b: replace(b, closed_on=event.on))
        case e.CalendarPublished():
            published = next_version(state.calendars.get(event.calendar), event)
            return replace(
                state,
                calendars={**state.calendars, event.calendar: published},
                calendar_versions={
                    **state.calendar_versions,
                    (event.calendar, event.version): published,
                },
            )
        case e.CalendarFollowed():
            return _body(state, event.body, lambda b: replace(b, calendar=event.calendar))
        case _:
            return _evolve_people(state, event)


_OfPeople = (
    e.OfficeRegistered
    | e.OfficeClosed
    | e.PersonRegistered
    | e.PersonCommitted
    | e.ChannelsSet
    | e.PreferencesSet
    | e.PersonErased
    | e.PolicyPublished
    | e.Appointed
    | e.AppointmentEnded
    | e.SubstitutionSet
    | e.SubstitutionEnded
)


def _evolve_people(state: Directory, event: _OfPeople) -> Directory:
    match event:
        case e.OfficeRegistered():
            if event.body not in state.bodies:
                return state
            office = Office(
                id=event.office, body=event.body, kind=event.office_kind, title=event.title
            )
            return replace(state, offices={**state.offices, office.id: office})
        case e.OfficeClosed():
            known = state.offices.get(event.office)
            if known is None:
                return state
            closed = replace(known, closed_on=event.on)
            return replace(state, offices={**state.offices, closed.id: closed})
        case e.PersonRegistered():
            return replace(
                state,
                channels={**state.channels, event.person: event.channels},
                commitments={**state.commitments, event.person: event.commitment},
            )
        case e.PersonCommitted():
            return replace(state, commitments={**state.commitments, event.person: event.commitment})
        case e.ChannelsSet():
            return replace(state, channels={**state.channels, event.person: event.channels})
        case e.PolicyPublished():
            published = PublishedPolicy(
                policy=event.policy, version=event.version, at=event.occurred_at
            )
            before = state.policy_versions.get(event.policy.id, ())
            return replace(
                state,
                policies={**state.policies, event.policy.id: published},
                policy_versions={
                    **state.policy_versions,
                    event.policy.id: (*before, published),
                },
            )
        case e.PreferencesSet():
            preferences = Preferences(
                language=event.language,
                zone=event.zone,
                quiet=event.quiet,
                working_days_only=event.working_days_only,
                daily_at=event.daily_at,
                muted=frozenset(event.muted),
            )
            return replace(state, preferences={**state.preferences, event.person: preferences})
        case e.PersonErased():
            return replace(state, erased=state.erased | {event.person})
        case e.Appointed():
            if event.office not in state.offices:
                return state
            term = Term(since=event.since, until=event.until)
            made = Appointment(person=event.person, office=event.office, term=term)
            return replace(state, appointments=(*state.appointments, made))
        case e.AppointmentEnded():
            return replace(state, appointments=tuple(_ended(a, event) for a in state.appointments))
        case e.SubstitutionSet():
            substitution = Substitution(
                absent=event.absent,
                substitute=event.substitute,
                term=Term(since=event.since, until=event.until),
                offices=event.offices,
            )
            return replace(state, substitutions=(*state.substitutions, substitution))
        case e.SubstitutionEnded():
            return replace(state, substitutions=tuple(_over(s, event) for s in state.substitutions))
        case _:
            assert_never(event)


def _body(state: Directory, body: BodyId, change: Callable[[Body], Body]) -> Directory:
    known = state.bodies.get(body)
    if known is None:
        return state
    return replace(state, bodies={**state.bodies, body: change(known)})


def _reorganised(body: Body, event: e.BodyReorganised) -> Body:
    """One that was closed before stays so from that day on: only who takes over is new."""
    days = [day for day in (body.closed_on, event.on) if day is not None]
    return replace(body, closed_on=min(days), heir=event.heir)


def _handed_over(state: Directory, gone: BodyId, heir: BodyId) -> Mapping[BodyId, Body]:
    """What stood below the body that is gone stands below its heir.

    An heir from among those below takes the place of the body that is gone, or it would come to stand
    below itself.
    """
    bodies = dict(state.bodies)
    if heir in bodies and gone in state.chain(heir):
        bodies[heir] = replace(bodies[heir], parent=bodies[gone].parent)
    for body in bodies.values():
        if body.parent == gone and body.id != heir:
            bodies[body.id] = replace(body, parent=heir)
    return bodies


def _ended(appointment: Appointment, event: e.AppointmentEnded) -> Appointment:
    ended = (event.person, event.office, event.since)
    if (appointment.person, appointment.office, appointment.term.since) != ended:
        return appointment
    return replace(appointment, term=appointment.term.ending(event.until))


def _over(substitution: Substitution, event: e.SubstitutionEnded) -> Substitution:
    over = (event.absent, event.substitute, event.offices, event.since)
    pair = (substitution.absent, substitution.substitute)
    if (*pair, substitution.offices, substitution.term.since) != over:
        return substitution
    return replace(substitution, term=substitution.term.ending(event.until))
