"""A small staging of the whole system: a directory, a log, a clock-bound handler."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from domain.attribution import Command
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, RegisterPerson
from domain.directory.events import BodyKind, OfficeKind
from domain.identifiers import Channel
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


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where people are told by webhook, and the secret it is signed with."""

    url: str
    secret: str


async def stage(
    handler: CommandHandler,
    persons: PersonStore,
    *,
    channels: Sequence[Channel] = ("log",),
    webhook: Webhook | None = None,
) -> None:
    """Set up three bodies with the five people above, each told by these channels."""
    at = datetime.now(UTC)
    people = {person: _on_file(person, webhook) for person, _, _ in _OFFICES}
    commands = [body_command(body, kind, parent) for body, kind, parent in _BODIES]
    for person, body, kind in _OFFICES:
        commands += person_commands(people[person], (body, kind), channels=channels)
    for command in commands:
        outcome = await handler.handle(command, at)
        assert not isinstance(outcome, Rejected), outcome
    for person in people.values():
        await persons.put(person)


def _on_file(person: str, webhook: Webhook | None) -> Person:
    return Person(
        person_id=person,
        name=person,
        email=f"{person}@example.org",
        webhook_url=webhook.url if webhook else None,
        webhook_secret=webhook.secret if webhook else None,
        salt=b"salt",
    )


def body_command(body: str, kind: BodyKind, parent: str | None, *, by: str = "set-up") -> Command:
    """It is registered."""
    return RegisterBody(
        command_id=str(uuid4()),
        actor=by,
        body=body,
        name=body.title(),
        body_kind=kind,
        parent=parent,
    )


def person_commands(
    file: Person,
    held: tuple[str, OfficeKind] | None,
    *,
    by: str = "set-up",
    channels: Sequence[Channel] = ("log",),
) -> list[Command]:
    """Whoever has this file is registered, and appointed to such an office of that body, which is made for them."""
    person = file.person_id
    made: list[Command] = [
        RegisterPerson(
            command_id=str(uuid4()),
            actor=by,
            person=person,
            commitment=file.commitment,
            channels=tuple(channels),
        )
    ]
    if held is not None:
        body, kind = held
        office = f"{body}.{kind}"
        made += [
            RegisterOffice(
                command_id=str(uuid4()), actor=by, office=office, body=body, office_kind=kind
            ),
            Appoint(
                command_id=str(uuid4()),
                actor=by,
                person=person,
                office=office,
                since=date(2020, 1, 1),
            ),
        ]
    return made
