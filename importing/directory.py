"""Loading a directory file: its entries as commands to the directory and to programmes."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.attribution import Command
from domain.decider import Decider
from domain.directory.commands import (
    Appoint,
    CloseBody,
    FollowCalendar,
    PublishCalendar,
    RegisterBody,
    RegisterOffice,
    RegisterPerson,
    Substitute,
)
from domain.directory.commitment import SALT_BYTES
from domain.directory.decisions import directory_decider
from domain.directory.events import PersonRegistered
from domain.facts import Facts
from domain.identifiers import (
    DIRECTORY_STREAM,
    CommandId,
    PersonId,
    ProgrammeId,
    StreamId,
    programme_stream,
)
from domain.outcomes import Rejected
from domain.programme.commands import (
    AdoptProgramme,
    HoldMeeting,
    ProgrammeCommand,
    ScheduleMeeting,
)
from domain.programme.decisions import programme_decider
from domain.programme.state import Meeting, Programme
from eventstore.addresses import new_webhook_secret
from eventstore.codec import AnyEvent, decoded
from eventstore.handle import CommandHandler
from eventstore.persons import Person, PersonStore
from eventstore.protocol import EventStore
from importing.directory_file import BadDirectoryFile, DirectoryFile, PersonEntry
from importing.problems import DirectoryProblem, Progress, ignore_progress
from importing.recorded import command_id, differing_fields, first_events


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadResult:
    commands_recorded: int
    commands_known: int
    calendars_changed: bool
    """Calendars were published or followed: what is open may fall due at other moments."""


@dataclass(frozen=True, slots=True)
class _Step:
    where: str
    command: Command
    person: Person | None = None
    """Kept before the command is recorded, and taken back if it is not."""


async def load_directory(
    file: DirectoryFile,
    *,
    store: EventStore,
    handler: CommandHandler,
    persons: PersonStore,
    actor: PersonId,
    at: datetime,
    progress: Progress = ignore_progress,
) -> LoadResult:
    """Record what the file says and the log does not; doing it again changes nothing.

    Args:
        actor: an administrator; while none is appointed, whoever sets the directory up.
        at: the present, UTC.
        progress: called with (commands recorded, commands to record).

    Raises `BadDirectoryFile` if anything in it contradicts itself or the log; then nothing is written.
    """
    stored = {
        stream: await store.read_stream(stream)
        for stream in (DIRECTORY_STREAM, *map(programme_stream, _programmes(file)))
    }
    recorded = {c: event for events in stored.values() for c, event in first_events(events).items()}
    states = {stream: _decider(stream).fold(decoded(events)) for stream, events in stored.items()}
    registered = (e for e in recorded.values() if isinstance(e, PersonRegistered))
    on_file = await persons.get({event.person: event.commitment for event in registered})
    problems: list[DirectoryProblem] = []
    steps: list[_Step] = []
    known = 0
    places: dict[CommandId, str] = {}
    for step in _steps(file, actor, on_file, recorded, at, problems):
        first = places.setdefault(step.command.command_id, step.where)
        event = recorded.get(step.command.command_id)
        if first != step.where:
            reason = f"{first} says something of the same already; leave one of the two out"
            problems.append(DirectoryProblem(where=step.where, reason=reason))
        elif event is not None:
            known += 1
            if not isinstance(step.command, PublishCalendar):  # made by the library as it is today
                problems.extend(_changed(step, event))
        elif (meeting := _meeting(step.command, states)) is not None and meeting.held:
            known += 1  # put on record by hand
            problems.extend(_otherwise(step, meeting))
        else:
            problems.extend(_otherwise(step, meeting) if meeting else ())
            if _decided(step, states, at, problems):
                steps.append(step)
            else:
                known += 1  # said by hand, or by an older library
    if problems:
        raise BadDirectoryFile(problems)
    for done, step in enumerate(steps, start=1):
        if step.person is not None:
            await persons.put(step.person)
        outcome = await handler.handle(step.command, at)
        if isinstance(outcome, Rejected):
            if step.person is not None:
                await persons.take_back(step.person)
            raise BadDirectoryFile([DirectoryProblem(where=step.where, reason=outcome.message)])
        progress(done, len(steps))
    return LoadResult(
        commands_recorded=len(steps),
        commands_known=known,
        calendars_changed=any(
            isinstance(s.command, PublishCalendar | FollowCalendar) for s in steps
        ),
    )


def _steps(
    file: DirectoryFile,
    actor: PersonId,
    on_file: Mapping[PersonId, Person],
    recorded: Mapping[str, AnyEvent],
    at: datetime,
    problems: list[DirectoryProblem],
) -> Iterator[_Step]:
    """The file's commands in an order in which each finds what it refers to."""

    def step(
        where: str, type_: type[Command], key: tuple[str, ...], fields: dict[str, Any]
    ) -> Iterator[_Step]:
        head = {"command_id": command_id(*key), "actor": actor}
        try:
            yield _Step(where, type_.model_validate(head | fields))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                name = ".".join(str(part) for part in detail["loc"])
                at_fault = f"{where}.{name}" if name else where
                problems.append(DirectoryProblem(where=at_fault, reason=detail["msg"]))

    for n, body in enumerate(file.bodies, start=1):
        fields = body.model_dump(exclude={"id", "kind", "calendar", "closed_on"})
        fields |= {"body": body.id, "body_kind": body.kind}
        yield from step(f"bodies[{n}]", RegisterBody, ("body", body.id), fields)
    for n, office in enumerate(file.offices, start=1):
        fields = office.model_dump(exclude={"id", "kind"})
        fields |= {"office": office.id, "office_kind": office.kind}
        yield from step(f"offices[{n}]", RegisterOffice, ("office", office.id), fields)
    for n, entry in enumerate(file.people, start=1):
        where, key = f"people[{n}]", ("person", entry.id)
        event = recorded.get(command_id(*key))
        person = on_file.get(entry.id)
        if event is not None and person is None:
            # Erased: what the file still says of the person must not come back.
            fields = {"commitment": getattr(event, "commitment", "")}
        else:
            person = _person(entry, person)
            fields = {"commitment": person.commitment}
        fields |= {"person": entry.id, "channels": entry.channels}
        for built in step(where, RegisterPerson, key, fields):
            yield _Step(built.where, built.command, person if event is None else None)
    for n, appointment in enumerate(file.appointments, start=1):
        fields = appointment.model_dump()
        key = ("appointment", appointment.person, appointment.office, str(appointment.since))
        yield from step(f"appointments[{n}]", Appoint, key, fields)
    for n, entry in enumerate(file.substitutions, start=1):
        key = ("substitution", entry.absent, entry.substitute, str(entry.since))
        key += tuple(sorted(entry.offices))
        yield from step(f"substitutions[{n}]", Substitute, key, entry.model_dump())
    for n, calendar in enumerate(file.calendars, start=1):
        # All that the entry says is in the key: with more years it is another command.
        key = ("calendar", calendar.model_dump_json())
        fields = dict(calendar.fields("set-up"))
        yield from step(f"calendars[{n}]", PublishCalendar, key, fields)
    for n, body in enumerate(file.bodies, start=1):
        if body.calendar is not None:
            fields = {"body": body.id, "calendar": body.calendar}
            yield from step(f"bodies[{n}]", FollowCalendar, ("follows", body.id), fields)
    for n, programme in enumerate(file.programmes, start=1):
        fields = programme.model_dump(exclude={"id", "adopted_by"})
        fields |= {"programme": programme.id, "actor": programme.adopted_by}
        yield from step(f"programmes[{n}]", AdoptProgramme, ("programme", programme.id), fields)
    for n, meeting in enumerate(file.meetings, start=1):
        fields = {
            "programme": meeting.programme,
            "meeting": meeting.id,
            "actor": meeting.entered_by,
        }
        fields |= {"title": meeting.title, "at": meeting.at}
        # Two keys: a meeting that was scheduled by an earlier load is still to be put on record.
        type_, name = (
            (HoldMeeting, "meeting-held") if meeting.at <= at else (ScheduleMeeting, "meeting")
        )
        yield from step(f"meetings[{n}]", type_, (name, meeting.programme, meeting.id), fields)
    for n, body in reversed(
        list(enumerate(file.bodies, start=1))
    ):  # those below before their parent
        if body.closed_on is not None:
            fields = {"body": body.id, "on": body.closed_on}
            yield from step(f"bodies[{n}]", CloseBody, ("body-closed", body.id), fields)


def _programmes(file: DirectoryFile) -> frozenset[ProgrammeId]:
    """The programmes that the file says something about."""
    return frozenset([p.id for p in file.programmes] + [m.programme for m in file.meetings])


def _person(entry: PersonEntry, on_file: Person | None) -> Person:
    """With the salt that is on file, and the webhook's secret if the entry names none; or with new ones."""
    secret = entry.webhook_secret
    if secret is None and entry.webhook_url is not None:
        secret = (on_file and on_file.webhook_secret) or new_webhook_secret()
    return Person(
        person_id=entry.id,
        name=entry.name,
        email=entry.email,
        webhook_url=entry.webhook_url,
        webhook_secret=secret,
        apprise_url=entry.apprise_url,
        salt=on_file.salt if on_file else secrets.token_bytes(SALT_BYTES),
    )


def _stream(command: Command) -> StreamId:
    if isinstance(command, ProgrammeCommand):
        return programme_stream(command.programme)
    return DIRECTORY_STREAM


def _decider(stream: StreamId) -> Decider[Any, Any, Any]:
    return directory_decider if stream == DIRECTORY_STREAM else programme_decider


def _decided(
    step: _Step, states: dict[StreamId, Any], at: datetime, problems: list[DirectoryProblem]
) -> bool:
    """Decides the command on the states, which move on; says why if it is refused. False if it changes
    nothing.
    """
    stream = _stream(step.command)
    facts = Facts(directory=states[DIRECTORY_STREAM], tzdata="")
    decided = _decider(stream).decide(step.command, states[stream], facts, at)
    if isinstance(decided, Rejected):
        where = f"{step.where}.{decided.field}" if decided.field else step.where
        problems.append(DirectoryProblem(where=where, reason=decided.message))
        return True
    states[stream] = _decider(stream).fold(decided, states[stream])
    return bool(decided)


def _meeting(command: Command, states: Mapping[StreamId, Any]) -> Meeting | None:
    """What is known already of the meeting that the command puts on record as held."""
    if not isinstance(command, HoldMeeting):
        return None
    programme: Programme | None = states[_stream(command)]
    return programme.meetings.get(command.meeting) if programme else None


def _otherwise(step: _Step, meeting: Meeting) -> Iterator[DirectoryProblem]:
    for name in ("title", "at"):
        recorded = getattr(meeting, name)
        if getattr(step.command, name) != recorded:
            reason = f"the log says {recorded}; put the file right, loading changes nothing"
            yield DirectoryProblem(where=f"{step.where}.{name}", reason=reason)


def _changed(step: _Step, event: AnyEvent) -> Iterator[DirectoryProblem]:
    for name in differing_fields(step.command, event):
        named = "name or address" if name == "commitment" else name
        yield DirectoryProblem(
            where=f"{step.where}.{named}",
            reason="it differs from what was loaded before; loading adds, it changes nothing",
        )
