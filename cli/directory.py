"""Keeping the directory: bodies, their offices, and who holds them."""

from datetime import date
from typing import Annotated

from cyclopts import App, Group, Parameter

from cli.absences import due_json, due_within, print_due
from cli.arguments import BodyName, OfficeName, PersonName
from cli.directory_record import answer, record, send
from cli.envelope import envelope
from cli.options import Sender
from cli.output import console
from cli.session import open_session, settings_of
from cli.waking import tell_touched, wake_all, wake_touched_by_calendars
from domain.directory import commands as c
from domain.directory.events import BodyKind, OfficeKind, ReorganisationKind
from domain.directory.state import Term

group = Group("Directory", sort_key=4)

On = Annotated[date | None, Parameter(help="From which day; by default today, where the body is.")]


async def register_body(
    body: BodyName,
    /,
    *,
    name: Annotated[str, Parameter(help="What it is called.")],
    kind: Annotated[BodyKind, Parameter(help="What kind of body it is.")],
    parent: Annotated[str | None, Parameter(help="Body it stands below.")] = None,
    country: Annotated[str | None, Parameter(help="Two letters, ISO 3166-1.")] = None,
    zone: Annotated[str, Parameter(help="IANA time zone of its working day.")] = "UTC",
    established_on: Annotated[
        date | None, Parameter(help="First day it can be charged; by default it always could.")
    ] = None,
    sender: Sender,
) -> None:
    """Make a ministry, agency, region or joint body known."""
    await send(
        c.RegisterBody(
            **envelope(sender),
            body=body,
            name=name,
            body_kind=kind,
            parent=parent,
            country=country,
            zone=zone,
            established_on=established_on,
        ),
        sender,
    )


async def establish_body(
    body: BodyName,
    /,
    *,
    on: Annotated[date, Parameter(help="First day it can be charged.")],
    sender: Sender,
) -> None:
    """Say from which day a body that is only being founded can be charged."""
    await send(c.EstablishBody(**envelope(sender), body=body, on=on), sender)


async def rename_body(
    body: BodyName,
    /,
    *,
    name: Annotated[str, Parameter(help="Its new name; the id stays.")],
    on: On = None,
    sender: Sender,
) -> None:
    """Give a body another name."""
    await send(c.RenameBody(**envelope(sender), body=body, name=name, on=on), sender)


async def move_body(
    body: BodyName,
    parent: Annotated[
        str | None, Parameter(help="Body it stands below; none, if not given.")
    ] = None,
    /,
    *,
    on: On = None,
    sender: Sender,
) -> None:
    """Put a body below another one, or below none. It may count by another calendar then."""
    command = c.MoveBody(**envelope(sender), body=body, parent=parent, on=on)
    async with open_session(settings_of(sender.folder)) as session:
        recorded = await record(session.handler, command)
        woken = await wake_touched_by_calendars(session)
    answer(command, recorded, sender, woken=woken)
    if not sender.json:
        tell_touched(woken)


async def reorganise_body(
    body: BodyName,
    kind: Annotated[ReorganisationKind, Parameter(help="Merged into one, or split into several.")],
    /,
    *,
    into: Annotated[
        tuple[str, ...],
        Parameter(help="Body it goes into; several times for a split.", negative=""),
    ],
    heir: Annotated[
        str | None, Parameter(help="The one that takes over what is open; of one, that one.")
    ] = None,
    on: On = None,
    sender: Sender,
) -> None:
    """Merge a body into another, or split it; its heir takes over what is open, on record."""
    command = c.ReorganiseBody(
        **envelope(sender),
        body=body,
        kind=kind,
        into=into,
        heir=heir or next(iter(into), body),
        on=on,
    )
    async with open_session(settings_of(sender.folder)) as session:
        recorded = await record(session.handler, command)
        woken = await wake_all(session, "what is open moves to the heir when it next wakes")
    answer(command, recorded, sender, woken=woken)
    if woken is not None and not sender.json:
        console.print(f"{woken} unfinished instructions look whether it concerns them")


async def close_body(body: BodyName, /, *, on: On = None, sender: Sender) -> None:
    """Dissolve a body without an heir, perhaps on a day to come."""
    await send(c.CloseBody(**envelope(sender), body=body, on=on), sender)


async def register_office(
    office: OfficeName,
    /,
    *,
    body: Annotated[str, Parameter(help="Body whose office it is.")],
    kind: Annotated[OfficeKind, Parameter(help="What its holder may do.")],
    title: Annotated[str, Parameter(help="What it is called.")] = "",
    sender: Sender,
) -> None:
    """Create an office of a body."""
    command = c.RegisterOffice(
        **envelope(sender), office=office, body=body, office_kind=kind, title=title
    )
    await send(command, sender)


async def close_office(office: OfficeName, /, *, on: On = None, sender: Sender) -> None:
    """Abolish an office: it gives no authority any more, whoever holds it."""
    await send(c.CloseOffice(**envelope(sender), office=office, on=on), sender)


async def appoint(
    person: PersonName,
    office: OfficeName,
    /,
    *,
    since: Annotated[date, Parameter(help="First day in office.")],
    until: Annotated[date | None, Parameter(help="Last day in office; by default open.")] = None,
    sender: Sender,
) -> None:
    """Give a person an office."""
    command = c.Appoint(**envelope(sender), person=person, office=office, since=since, until=until)
    await send(command, sender)


async def end_appointment(
    person: PersonName,
    office: OfficeName,
    /,
    *,
    until: Annotated[date | None, Parameter(help="Last day in office; by default today.")] = None,
    sender: Sender,
) -> None:
    """End a term of office, or take back one that is still to begin."""
    command = c.EndAppointment(**envelope(sender), person=person, office=office, until=until)
    await send(command, sender)


async def substitute(
    absent: PersonName,
    substitute: Annotated[str, Parameter(help="Who acts, and is told, in their place.")],
    /,
    *,
    since: Annotated[date, Parameter(help="First day of absence.")],
    until: Annotated[date | None, Parameter(help="Last day of absence; by default open.")] = None,
    office: Annotated[
        tuple[str, ...], Parameter(help="In this office; by default in all.", negative="")
    ] = (),
    reason: Annotated[str, Parameter(help="Why; goes into the log, so it names nobody.")],
    sender: Sender,
) -> None:
    """Let a person act, and be told, in the offices of an absent one; says what falls due within the absence."""
    command = c.Substitute(
        **envelope(sender),
        absent=absent,
        substitute=substitute,
        since=since,
        until=until,
        offices=office,
        reason=reason,
    )
    async with open_session(settings_of(sender.folder)) as session:
        recorded = await record(session.handler, command)
        due = await due_within(session, absent, Term(since=since, until=until), office)
    answer(command, recorded, sender, due_within=due_json(due))
    if not sender.json:
        print_due(due)


async def end_substitution(
    absent: PersonName,
    substitute: Annotated[str, Parameter(help="Who acts in their place.")],
    /,
    *,
    until: Annotated[date, Parameter(help="Last day it holds.")],
    since: Annotated[
        date | None,
        Parameter(help="Its first day; by default of the one that runs, else of the next to come."),
    ] = None,
    office: Annotated[
        tuple[str, ...],
        Parameter(help="Offices it was set for; needed where there are two.", negative=""),
    ] = (),
    sender: Sender,
) -> None:
    """End a substitution, or take back one that is still to begin."""
    command = c.EndSubstitution(
        **envelope(sender),
        absent=absent,
        substitute=substitute,
        until=until,
        since=since,
        offices=office,
    )
    await send(command, sender)


def add_to(app: App) -> None:
    for verb in (
        register_body,
        establish_body,
        rename_body,
        move_body,
        reorganise_body,
        close_body,
    ):
        app.command(verb, group=group)
    for verb in (register_office, close_office, appoint, end_appointment):
        app.command(verb, group=group)
    for verb in (substitute, end_substitution):
        app.command(verb, group=group)
