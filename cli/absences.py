"""Warnings that a deadline falls into an absence, and what falls due within one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from cli.errors import OutOfReach
from cli.output import console, plain
from cli.session import Session, open_session
from domain.directory.absences import Absence, bodies_touched
from domain.directory.decisions import directory_decider
from domain.directory.state import Directory, Term
from domain.identifiers import DIRECTORY_STREAM, InstructionId, OfficeId, PersonId
from domain.instruction.absence import AbsenceAtDeadline, absences_at_deadline
from domain.instruction.commands import ClientCommand, RequestExtension
from domain.instruction.state import KnownState, Unissued
from domain.working_time import day_end, instant
from eventstore.codec import event_of
from eventstore.replay import AsOf, fold
from readmodels.agenda import AgendaRow, due_of_body
from readmodels.beside import RebuildUnderWay
from settings import Settings

_SHOWN = 20


async def warnings_of(
    command: ClientCommand, settings: Settings
) -> Sequence[AbsenceAtDeadline] | None:
    """What of an instruction's deadline, or of the one that the command asks for, is to be warned of; None if the database does not answer: what was
    recorded is recorded all the same.
    """
    try:
        async with open_session(settings) as session:
            state = fold(await session.store.read_stream(command.instruction))
            if isinstance(state, Unissued):
                return ()
            directory = await session.handler.directory()
    except OutOfReach:
        return None
    asked_for = isinstance(command, RequestExtension)
    return absences_at_deadline(state, directory, datetime.now(UTC), asked_for=asked_for)


async def absences_as_of(
    session: Session, state: KnownState, as_of: AsOf, at: datetime
) -> Sequence[AbsenceAtDeadline]:
    """The same of an instruction as of some moment, by what of the directory was known, or had occurred, by
    then.
    """
    stored = await session.store.read_stream(DIRECTORY_STREAM)
    known = [e for e in stored if as_of.recorded is None or e.recorded_at <= as_of.recorded]
    seen = [e for e in known if as_of.occurred is None or e.occurred_at <= as_of.occurred]
    directory: Directory = directory_decider.fold(map(event_of, seen))  # pyright: ignore[reportArgumentType] - the directory's stream holds its events only
    return absences_at_deadline(state, directory, at)


def warning_text(one: AbsenceAtDeadline) -> str:
    """In a line."""
    found = one.attendance
    who = f"the {one.role} {found.body}"
    away = "; ".join(map(_away, found.absent))
    if found.nobody:
        why = f": {away}" if away else ": no head or officer holds office then"
        return f"on {found.day}, when it is due, nobody would act for {who}{why}"
    return f"on {found.day}, when it is due, of {who} {away}"


def warning_json(one: AbsenceAtDeadline) -> Mapping[str, Any]:
    found = one.attendance
    return {
        "code": "deadline-in-absence",
        "message": warning_text(one),
        "role": one.role,
        "body": found.body,
        "day": found.day,
        "nobody": found.nobody,
        "absent": [
            {"person": a.person, "office": a.office, "until": a.until, "substitute": a.substitute}
            for a in found.absent
        ],
    }


def print_warnings(found: Sequence[AbsenceAtDeadline] | None) -> None:
    if found is None:
        console.print("[yellow]absences were not looked up: the database does not answer[/]")
        return
    for one in found:
        console.print(f"[yellow]warning[/]: {plain(warning_text(one))}", soft_wrap=True)


async def due_within(
    session: Session, person: PersonId, term: Term, offices: tuple[OfficeId, ...]
) -> Sequence[AgendaRow] | None:
    """What the bodies of an absent person have open and due within the absence, the earliest first; None if
    the read model is being made anew.
    """
    directory = await session.handler.directory()
    try:
        await session.catch_up("agenda")
    except RebuildUnderWay:
        return None
    found: dict[InstructionId, AgendaRow] = {}
    for body in bodies_touched(directory, person, term, offices):
        zone = directory.bodies[body].zone
        begin = instant(term.since, time(), zone)
        end = None if term.until is None else day_end(term.until, zone)
        found |= {one.instruction: one for one in await due_of_body(session.pool, body, begin, end)}
    return sorted(found.values(), key=lambda one: (one.deadline, one.number))


def due_json(found: Sequence[AgendaRow] | None) -> Sequence[Mapping[str, Any]] | None:
    if found is None:
        return None
    return [
        {"number": one.number, "lead": one.lead, "deadline": one.deadline, "text": one.text}
        for one in found
    ]


def print_due(found: Sequence[AgendaRow] | None) -> None:
    if found is None:
        console.print("what falls due within it was not looked up: the agenda is being made anew")
        return
    if not found:
        console.print("nothing that their bodies have open falls due within it")
        return
    console.print(f"{len(found)} open instructions of their bodies fall due within it:")
    for one in found[:_SHOWN]:
        # The end of a day is the next one's midnight, and would be told as that.
        due = f"{one.deadline_on or one.deadline.date()}"
        console.print(f"  {plain(one.number)}, due {due}, lead {plain(one.lead or '-')}")
    if len(found) > _SHOWN:
        console.print(f"  and {len(found) - _SHOWN} more: --json lists all")


def _away(one: Absence) -> str:
    until = "with no end set" if one.until is None else f"until {one.until}"
    acts = "nobody acts instead" if one.substitute is None else f"{one.substitute} acts instead"
    return f"{one.person} ({one.office}) is absent {until}, {acts}"
