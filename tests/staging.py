"""A small staging of the whole system: a directory, a log, a clock-bound handler."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import uuid4

from domain.attribution import Command
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, RegisterPerson
from domain.directory.events import BodyKind, OfficeKind
from domain.outcomes import Rejected
from eventstore.handle import CommandHandler
from eventstore.persons import Person, PersonStore
from settings import use_bundled_time_zones

TZDATA = use_bundled_time_zones()
COUNCIL, MINISTRY, CONTROL = "council", "ministry", "control"
ISSUER, LEAD, CONTROLLER, OPERATOR = "p-issuer", "p-lead", "p-controller", "p-operator"
REGISTRAR = "p-registrar"

_BODIES: Sequence[tuple[str, BodyKind, str | None]] = (
    (COUNCIL, "council", None),
    (MINISTRY, "ministry", COUNCIL),
    (CONTROL, "department", COUNCIL),
)
_OFFICES: Sequence[tuple[str, str, OfficeKind]] = (
    (ISSUER, COUNCIL, "head"),
    (OPERATOR, COUNCIL, "operator"),
    (REGISTRAR, COUNCIL, "registrar"),
    (LEAD, MINISTRY, "head"),
    (CONTROLLER, CONTROL, "officer"),
)


async def stage(handler: CommandHandler, persons: PersonStore, *, channel: str = "log") -> None:
    """Set up three bodies with the five people above, each told by this channel."""
    at = datetime.now(UTC)
    for command in _commands(channel):
        outcome = await handler.handle(command, at)
        assert not isinstance(outcome, Rejected), outcome
    for person, _, _ in _OFFICES:
        await persons.put(_on_file(person))


def _on_file(person: str) -> Person:
    return Person(person_id=person, name=person, email=f"{person}@example.org", salt=b"salt")


def _commands(channel: str) -> Sequence[Command]:
    made: list[Command] = [
        RegisterBody(
            command_id=str(uuid4()),
            actor="set-up",
            body=body,
            name=body.title(),
            body_kind=kind,
            parent=parent,
        )
        for body, kind, parent in _BODIES
    ]
    for person, body, kind in _OFFICES:
        office = f"{body}.{kind}"
        made += [
            RegisterOffice(
                command_id=str(uuid4()),
                actor="set-up",
                office=office,
                body=body,
                office_kind=kind,
            ),
            RegisterPerson(
                command_id=str(uuid4()),
                actor="set-up",
                person=person,
                commitment=_on_file(person).commitment,
                channels=(channel,),
            ),
            Appoint(
                command_id=str(uuid4()),
                actor="set-up",
                person=person,
                office=office,
                since=date(2020, 1, 1),
            ),
        ]
    return made
