"""Programmes: from draft to close, their sectors and meetings, and publishing a report for one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated

from cyclopts import App, Group, Parameter
from pydantic import ValidationError

from cli.arguments import ProgrammeName
from cli.directory_record import record
from cli.envelope import to_programme
from cli.errors import UsageError, sentences
from cli.options import Sender, instant
from cli.output import console, plain, print_json, print_recorded, recorded_json
from cli.report_view import report_picture
from cli.session import Session, open_session, settings_of
from cli.views import meeting_of, programme_named
from domain.identifiers import programme_stream
from domain.outcomes import Recorded
from domain.programme import commands as c
from domain.programme.terms import Sector
from operators.publishing import pinned
from readmodels.register import Register

group = Group("Programmes", sort_key=2)

MeetingName = Annotated[str, Parameter(help="The meeting's id, unique in the programme.")]
Start = Annotated[date | None, Parameter(help="First day of the period.")]
End = Annotated[date | None, Parameter(help="Last day of the period.")]
_AT = "An instant with offset."


async def draft_programme(
    programme: ProgrammeName,
    /,
    *,
    title: Annotated[str, Parameter(help="What it is called.")],
    body: Annotated[str, Parameter(help="Body whose programme it is.")],
    start: Annotated[date, Parameter(help="First day of the period.")],
    end: Annotated[date, Parameter(help="Last day of the period.")],
    sender: Sender,
) -> None:
    """Begin a programme: measures may be proposed under it, none issued yet."""
    command = c.DraftProgramme(
        **to_programme(programme, sender),
        title=title,
        body=body,
        period_start=start,
        period_end=end,
    )
    await _send(command, sender)


async def adopt_programme(
    programme: ProgrammeName,
    /,
    *,
    title: Annotated[str | None, Parameter(help="By default as drafted.")] = None,
    body: Annotated[str | None, Parameter(help="Needed only without a draft.")] = None,
    start: Start = None,
    end: End = None,
    sender: Sender,
) -> None:
    """Put a draft in force, with changes or as it is; without a draft, found the programme."""
    command = c.AdoptProgramme(
        **to_programme(programme, sender),
        title=title,
        body=body,
        period_start=start,
        period_end=end,
    )
    await _send(command, sender)


async def close_programme(programme: ProgrammeName, /, *, sender: Sender) -> None:
    """End a programme, or drop a draft. Open measures stay open, and may be carried over."""
    async with _session(sender) as session:
        recorded = await _record(session, c.CloseProgramme(**to_programme(programme, sender)))
        register = await session.register()
        still_open = await register.count_open(programme)
    if sender.json:
        print_json(recorded_json(*recorded) | {"still_open": still_open})
        return
    print_recorded(*recorded)
    console.print(f"{still_open} measures are still open")


async def set_sectors(
    programme: ProgrammeName,
    /,
    *,
    sector: Annotated[
        tuple[str, ...], Parameter(help="ID:NAME; none at all: any sector will do.", negative="")
    ] = (),
    sender: Sender,
) -> None:
    """Name all sectors; from then on a measure's sector must be one of them."""
    sectors = tuple(map(_sector, sector))
    await _send(c.SetSectors(**to_programme(programme, sender), sectors=sectors), sender)


async def schedule_meeting(
    programme: ProgrammeName,
    meeting: MeetingName,
    /,
    *,
    title: Annotated[str, Parameter(help="What it is called.")],
    at: Annotated[str, Parameter(help=_AT)],
    sender: Sender,
) -> None:
    """Announce a meeting, or move one that is announced."""
    command = c.ScheduleMeeting(
        **to_programme(programme, sender), meeting=meeting, title=title, at=instant(at, "--at")
    )
    await _send(command, sender)


async def hold_meeting(
    programme: ProgrammeName,
    meeting: MeetingName,
    /,
    *,
    title: Annotated[str | None, Parameter(help="By default as announced.")] = None,
    at: Annotated[str | None, Parameter(help=f"{_AT} By default as announced.")] = None,
    sender: Sender,
) -> None:
    """Put on record that a meeting was held. Its moment is final from then on."""
    moment = None if at is None else instant(at, "--at")
    command = c.HoldMeeting(
        **to_programme(programme, sender), meeting=meeting, title=title, at=moment
    )
    await _send(command, sender)


async def publish_report(
    programme: ProgrammeName,
    /,
    *,
    meeting: Annotated[str, Parameter(help="The meeting that it is for.")],
    sender: Sender,
) -> None:
    """Publish the figures as of a meeting, from what the log holds now. It is done once."""
    async with _session(sender) as session:
        known = await programme_named(session.store, programme)
        at = meeting_of(known, meeting).at
        envelope = to_programme(programme, sender)

        async def register(_: int) -> Register:
            return await session.register()  # up to what the log holds by then

        stored = await session.store.read_stream(programme_stream(programme))
        found = await pinned(session.store, stored, programme, at, envelope["command_id"], register)
        command = c.PublishReport(
            **envelope,
            meeting=meeting,
            as_of=found.as_of,
            position=found.position,
            figures=found.figures,
        )
        recorded = await _record(session, command)
    if sender.json:
        told = {"figures": command.figures.model_dump(mode="json"), "as_of": command.as_of}
        print_json(recorded_json(*recorded) | told | {"pinned_to": command.position})
        return
    console.print(report_picture(known, command.as_of, command.figures))
    console.print(
        f"[green]published[/] for {plain(meeting)}, from the log up to position {command.position}",
        soft_wrap=True,
    )


def add_to(app: App) -> None:
    for verb in (draft_programme, adopt_programme, close_programme, set_sectors):
        app.command(verb, group=group)
    for verb in (schedule_meeting, hold_meeting):
        app.command(verb, group=group)


@asynccontextmanager
async def _session(sender: Sender) -> AsyncGenerator[Session]:
    async with open_session(settings_of(sender.folder)) as session:
        yield session


async def _record(
    session: Session, command: c.ProgrammeCommand
) -> tuple[c.ProgrammeCommand, Recorded]:
    """Raises what `record` raises."""
    return command, await record(session.handler, command)


async def _send(command: c.ProgrammeCommand, sender: Sender) -> None:
    async with _session(sender) as session:
        recorded = await _record(session, command)
    if sender.json:
        print_json(recorded_json(*recorded))
    else:
        print_recorded(*recorded)


def _sector(text: str) -> Sector:
    id_, _, name = text.partition(":")
    try:
        return Sector(id=id_, name=name)
    except ValidationError as error:
        raise UsageError(f"--sector {text} is not ID:NAME: {sentences(error)}") from error
