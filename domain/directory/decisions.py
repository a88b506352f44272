"""What the directory accepts. Until the first administrator is appointed anyone may set it up."""

from datetime import datetime
from typing import assert_never

from domain.attribution import Attribution
from domain.decider import Decider
from domain.directory.commands import (
    Appoint,
    DirectoryCommand,
    RegisterBody,
    RegisterOffice,
    RegisterPerson,
)
from domain.directory.events import (
    Appointed,
    BodyRegistered,
    DirectoryEvent,
    OfficeRegistered,
    PersonRegistered,
)
from domain.directory.state import Directory, evolve
from domain.facts import Facts
from domain.identifiers import SYSTEM
from domain.outcomes import Rejected
from domain.rejections import already_exists, invalid, not_authorised, unknown
from domain.working_time import zones


def decide(
    command: DirectoryCommand, state: Directory, facts: Facts, at: datetime
) -> tuple[DirectoryEvent, ...] | Rejected:
    """The one event the command leads to, or why not."""
    del facts  # everything the directory needs to know is in its own state
    by = _administrator(command, state, at)
    if isinstance(by, Rejected):
        return by
    event = _event(command, state, by, at)
    return event if isinstance(event, Rejected) else (event,)


def _administrator(
    command: DirectoryCommand, state: Directory, at: datetime
) -> Attribution | Rejected:
    office = next(
        (o for o in state.offices_held(command.actor, at) if o.kind == "administrator"),
        None,
    )
    if office is None and state.has_administrator():
        return not_authorised(command.actor, "keep the directory", "an administrator")
    return Attribution(
        actor=command.actor,
        on_behalf_of=office.body if office else None,
        office=office.id if office else None,
        identity=command.identity,
    )


def _event(
    command: DirectoryCommand, state: Directory, by: Attribution, at: datetime
) -> DirectoryEvent | Rejected:
    match command:
        case RegisterBody():
            if command.body in state.bodies:
                return already_exists("body", command.body)
            if command.parent is not None and command.parent not in state.bodies:
                return unknown("parent", command.parent, "register the parent body first")
            if command.zone not in zones():
                return invalid("zone", f"{command.zone} is no IANA time zone; try Europe/Minsk")
            return BodyRegistered(
                occurred_at=at,
                by=by,
                body=command.body,
                name=command.name,
                body_kind=command.body_kind,
                parent=command.parent,
                country=command.country,
                zone=command.zone,
                established_on=command.established_on,
            )
        case RegisterOffice():
            if command.office in state.offices:
                return already_exists("office", command.office)
            if command.body not in state.bodies:
                return unknown("body", command.body, "register the body first")
            return OfficeRegistered(
                occurred_at=at,
                by=by,
                office=command.office,
                body=command.body,
                office_kind=command.office_kind,
                title=command.title,
            )
        case RegisterPerson():
            if command.person in state.channels:
                return already_exists("person", command.person)
            if command.person == SYSTEM:
                return invalid("person", f"{SYSTEM} is the deadline machinery; choose another id")
            return PersonRegistered(
                occurred_at=at,
                by=by,
                person=command.person,
                commitment=command.commitment,
                channels=command.channels,
            )
        case Appoint():
            if command.person not in state.channels:
                return unknown("person", command.person, "register the person first")
            if command.office not in state.offices:
                return unknown("office", command.office, "register the office first")
            if command.until is not None and command.until < command.since:
                return invalid("until", "the last day in office lies before the first")
            refusal = _locks_the_directory(command, state, at)
            if refusal is not None:
                return refusal
            return Appointed(
                occurred_at=at,
                by=by,
                person=command.person,
                office=command.office,
                since=command.since,
                until=command.until,
            )
        case _:
            assert_never(command)


def _locks_the_directory(command: Appoint, state: Directory, at: datetime) -> Rejected | None:
    """From the first administrator on only administrators keep the directory: there must be one."""
    if state.offices[command.office].kind != "administrator" or state.has_administrator():
        return None
    if command.until is not None:
        return invalid("until", "the first administrator's term must be open; give no last day")
    if command.since > at.date():
        return invalid(
            "since", "the first administrator must hold office now; give today or earlier"
        )
    return None


directory_decider: Decider[DirectoryCommand, DirectoryEvent, Directory] = Decider(
    initial=Directory(), decide=decide, evolve=evolve
)
