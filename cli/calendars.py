"""Calendars of working days: publishing them, saying who counts by which, and looking at one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from cli.calendar_view import calendar_json, calendar_picture, listed_json, listed_table
from cli.directory_record import record
from cli.envelope import envelope
from cli.errors import BadFile, Refused, UsageError
from cli.options import Place, Sender, read_file
from cli.output import console, plain, print_json, print_recorded, recorded_json
from cli.session import Session, open_session, settings_of
from cli.waking import tell_touched, wake_touched_by_calendars
from domain.directory import commands as c
from domain.identifiers import CalendarId
from domain.rejections import Code
from importing.calendar_file import BadCalendarFile, CalendarEntry, read_calendar

group = Group("Calendars and policies", sort_key=4)

CalendarName = Annotated[str, Parameter(help="The calendar's id: a country's code, or your own.")]
_HERE = Place()
_HELP = "Working days and hours: which calendars there are, and who counts by which."


async def publish(
    country: Annotated[str, Parameter(help="Two letters, ISO 3166-1; also the calendar's id.")],
    /,
    *,
    years: Annotated[str, Parameter(help="Such as 2024-2027, or 2026.")],
    hours: Annotated[
        tuple[str, ...],
        Parameter(help="Hours of a working day: 09:00-13:00, then 14:00-18:00.", negative=""),
    ] = (),
    sender: Sender,
) -> None:
    """Publish a country's public holidays and moved working days, as the `holidays` library knows them."""
    given = {"hours": hours} if hours else {}
    entry = CalendarEntry.model_validate({"country": country, "years": years, **given})
    await _publish(entry, None, sender)


async def publish_file(
    file: Annotated[Path, Parameter(help="A TOML file; docs/calendars.md describes it.")],
    /,
    *,
    sender: Sender,
) -> None:
    """Publish a calendar with closures, working days and hours of your own, on top of a country's."""
    try:
        entry = read_calendar(read_file(file))
    except BadCalendarFile as error:
        raise BadFile(f"{file}: {error}; nothing was published") from error
    await _publish(entry, f"file {file.name}", sender)


async def follow(
    body: Annotated[str, Parameter(help="The body's id.")],
    calendar: Annotated[str | None, Parameter(help="The calendar's id; none: no more.")] = None,
    /,
    *,
    sender: Sender,
) -> None:
    """Have a body, and those below it in the same country, count by a calendar."""
    command = c.FollowCalendar(**envelope(sender), body=body, calendar=calendar)
    async with open_session(settings_of(sender.folder)) as session:
        recorded = await record(session.handler, command)
        counts_by = (await session.handler.directory()).calendar_of(body)
        woken = await wake_touched_by_calendars(session)
    if sender.json:
        told = {"calendar": counts_by.id, "calendar_version": counts_by.version, "woken": woken}
        print_json(recorded_json(command, recorded) | told)
        return
    print_recorded(command, recorded)
    console.print(f"{plain(body)} counts by {plain(counts_by.id)}, version {counts_by.version}")
    tell_touched(woken)


async def show(
    calendar: CalendarName,
    /,
    *,
    year: Annotated[
        int | None, Parameter(help="By default this one, or the nearest that it speaks for.")
    ] = None,
    place: Place = _HERE,
) -> None:
    """A year of a calendar: days off, moved days, days with other hours, and why."""
    async with open_session(settings_of(place.folder)) as session:
        directory = await session.handler.directory()
    known = directory.calendars.get(calendar)
    if known is None:
        raise Refused(
            Code.UNKNOWN, f"no calendar {calendar} is published; publish it first", "calendar"
        )
    assert known.calendar.known is not None  # every published one speaks for some span
    first, last = (day.year for day in known.calendar.known)
    if year is not None and not first <= year <= last:
        raise UsageError(
            f"--year {year}: {calendar} speaks for {first} to {last}; name one of these"
        )
    if place.json:
        print_json(calendar_json(directory, known, year))
        return
    today = datetime.now(UTC).date().year
    console.print(calendar_picture(directory, known, year or min(max(today, first), last)))


async def list_(*, place: Place = _HERE) -> None:
    """The calendars there are, with what each speaks for and how many bodies count by it."""
    async with open_session(settings_of(place.folder)) as session:
        directory = await session.handler.directory()
    if place.json:
        print_json(listed_json(directory))
    else:
        console.print(listed_table(directory))


def add_to(app: App) -> None:
    sub = App(name="calendar", help=_HELP, help_format="plaintext", group=group)
    for verb in (publish, publish_file, follow, show):
        sub.command(verb)
    sub.command(list_, name="list")
    app.command(sub)


async def _publish(entry: CalendarEntry, said_by: str | None, sender: Sender) -> None:
    command = c.PublishCalendar(**envelope(sender), **entry.fields(said_by))
    async with open_session(settings_of(sender.folder)) as session:
        before = await _version(session, command.calendar)
        recorded = await record(session.handler, command)
        version = await _version(session, command.calendar)
        directory = await session.handler.directory()
        changes = directory.calendar_changes_since(command.calendar, before)
        woken = await wake_touched_by_calendars(session)
    if sender.json:
        told = {
            "calendar": command.calendar,
            "calendar_version": version,
            "published": version > before,
            "changed": sorted(changes.days),
            "week_changed": changes.week,
            "woken": woken,
        }
        print_json(recorded_json(command, recorded) | told)
        return
    if version == before:
        console.print(f"{plain(command.calendar)} says so already; it stays at version {version}")
        return
    print_recorded(command, recorded)
    span = f"{command.first} to {command.last}"
    week = "the week and " if changes.week else ""
    console.print(
        f"{plain(command.calendar)} is at version {version}, for {span}, from {plain(command.origin)}; "
        f"{week}{len(changes.days)} days are others than before",
        soft_wrap=True,
    )
    tell_touched(woken)


async def _version(session: Session, calendar: CalendarId) -> int:
    """The latest one; 0 if none is published."""
    known = (await session.handler.directory()).calendars.get(calendar)
    return 0 if known is None else known.calendar.version
