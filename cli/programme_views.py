"""Reading about programmes: which there are, their meetings, and what moved between two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import clock, console, moment, plain, print_json, printable, table
from cli.programme import ProgrammeName, group
from cli.session import open_session, settings_of
from cli.views import programme_named
from domain.programme.movement import Movement, movement
from domain.programme.report import Measure, ProgrammeReport, report
from domain.programme.state import Meeting, Programme
from eventstore.replay import AsOf
from readmodels.programme_report import measures_as_of, measures_now
from readmodels.programmes import ProgrammeRow, ProgrammesProjection, all_programmes
from readmodels.projector import Projector

_HERE = Place()
_MOMENT = "A meeting's id, a date (its end in UTC) or an instant with offset."


async def programmes(
    programme: Annotated[
        str | None, Parameter(help="The id of one: then with its sectors.")
    ] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """The programmes there are, with their figures as they stand now; of one also the sectors."""
    now = datetime.now(UTC)
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme) if programme else None
        await Projector(session.store, session.pool, ProgrammesProjection()).catch_up()
        register = await session.register()
        found = [
            (row, report(await measures_now(register, row.programme), now))
            for row in await all_programmes(session.pool)
            if programme in (None, row.programme)
        ]
    sectors = None if known is None else [sector.model_dump() for sector in known.sectors]
    if place.json:
        told = {} if sectors is None else {"sectors": sectors}
        print_json([_programme_json(*one) | told for one in found])
        return
    made = table("Programmes", "programme", "period", "phase", ">implemented", ">behind", "title")
    for row, figures in found:
        made.add_row(
            plain(row.programme),
            f"{row.period_start} to {row.period_end}",
            row.phase,
            f"{figures.implemented} of {figures.total}",
            str(figures.behind_schedule),
            plain(row.title),
        )
    console.print(made)
    if sectors is not None:
        console.print(_sectors(sectors) if sectors else "no sectors are set: any will do")


def _sectors(sectors: Sequence[Mapping[str, str]]) -> Table:
    made = table("Sectors", "sector", "name")
    for sector in sectors:
        made.add_row(plain(sector["id"]), plain(sector["name"]))
    return made


async def meetings(programme: ProgrammeName, /, *, place: Place = _HERE) -> None:
    """A programme's meetings, and which reports were published for them."""
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
    found = sorted(known.meetings.values(), key=lambda meeting: meeting.at)
    if place.json:
        print_json([_meeting_json(meeting) for meeting in found])
        return
    made = table("Meetings (times are UTC)", "meeting", "at", "stands", "report published", "title")
    for one in found:
        made.add_row(
            plain(one.id),
            clock(one.at),
            "held" if one.held else "scheduled",
            f"{one.report.published_at:%Y-%m-%d}, at {one.report.position}" if one.report else "",
            plain(one.title),
        )
    console.print(made)


async def moved(
    programme: ProgrammeName,
    /,
    *,
    from_: Annotated[str, Parameter(name="--from", help=_MOMENT)],
    to: Annotated[str, Parameter(help=_MOMENT)],
    place: Place = _HERE,
) -> None:
    """What moved in a programme between two meetings or moments, as known today."""
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
        earlier, later = _moment(known, from_, "--from"), _moment(known, to, "--to")
        if later < earlier:
            raise UsageError("--to lies before --from: exchange them")
        register = await session.register()
        before, after = [
            await measures_as_of(session.store, register, programme, AsOf(occurred=at))
            for at in (earlier, later)
        ]
    found = movement(before, earlier, after, later)
    figures = (report(before, earlier), report(after, later))
    if place.json:
        print_json(moved_json(known, figures, found))
        return
    console.print(moved_heading(known, figures))
    console.print(moved_picture(found, later))


def add_to(app: App) -> None:
    for verb in (programmes, meetings, moved):
        app.command(verb, group=group)


def moved_json(
    programme: Programme, figures: tuple[ProgrammeReport, ProgrammeReport], found: Movement
) -> dict[str, Any]:
    before, after = figures
    return {
        "programme": programme.id,
        "from": _figures_json(before),
        "to": _figures_json(after),
        **{
            kind.name: [
                {"number": m.number, "text": m.text, "lead": m.lead, "deadline": m.timing.deadline}
                for m in _measures(found, kind.name)
            ]
            for kind in fields(found)
        },
    }


def moved_heading(programme: Programme, figures: tuple[ProgrammeReport, ProgrammeReport]) -> Table:
    """The two reports side by side."""
    before, after = figures
    made = table(plain(programme.title), "", f">{moment(before.at)}", f">{moment(after.at)}")
    made.add_row("implemented", before.implemented_line, after.implemented_line)
    made.add_row("behind schedule", before.behind_schedule_line, after.behind_schedule_line)
    return made


def moved_picture(found: Movement, later: datetime) -> Table:
    """A line for each way in which each measure moved."""
    made = table("What moved (times are UTC)", "how", "number", "deadline", "lead", "text")
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    made.columns[4].overflow = "ellipsis"
    for kind in fields(found):
        for measure in _measures(found, kind.name):
            late = " [red]behind[/]" if measure.behind_schedule(later) else ""
            made.add_row(
                kind.name.replace("_", " "),
                plain(measure.number),
                f"{measure.timing.deadline:%Y-%m-%d}{late}",
                plain(measure.lead or ""),
                Text(printable(" ".join(measure.text.split())), no_wrap=True),
            )
    return made


def _measures(found: Movement, kind: str) -> tuple[Measure, ...]:
    return getattr(found, kind)


def _moment(programme: Programme, text: str, option: str) -> datetime:
    """The meeting's moment, or the moment itself."""
    meeting = programme.meetings.get(text)
    if meeting is not None:
        return meeting.at
    try:
        return instant(text, option)
    except UsageError as error:
        raise UsageError(f"{error}; nor is it a meeting of {programme.id}") from error


def _programme_json(row: ProgrammeRow, figures: ProgrammeReport) -> dict[str, Any]:
    return {
        "programme": row.programme,
        "title": row.title,
        "body": row.body,
        "phase": row.phase,
        "period_start": row.period_start,
        "period_end": row.period_end,
        **_figures_json(figures),
    }


def _meeting_json(meeting: Meeting) -> dict[str, Any]:
    published = meeting.report
    return {
        "meeting": meeting.id,
        "title": meeting.title,
        "at": meeting.at,
        "held": meeting.held,
        "published_at": published.published_at if published else None,
        "position": published.position if published else None,
    }


def _figures_json(figures: ProgrammeReport) -> dict[str, Any]:
    return {
        "at": figures.at,
        "total": figures.total,
        "implemented": figures.implemented,
        "behind_schedule": figures.behind_schedule,
        "carried_over": figures.carried_over,
        "cancelled": figures.cancelled,
        "proposed": figures.proposed,
    }
