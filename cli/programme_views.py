"""Reading about programmes: which there are, and their meetings."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table

from cli.arguments import ProgrammeName
from cli.digest_schedule import schedule_json, schedule_line
from cli.options import Place
from cli.output import clock, console, plain, print_json, table
from cli.programme import group
from cli.session import open_session, settings_of
from cli.views import programme_named
from domain.programme.report import ProgrammeReport, as_report
from domain.programme.state import Meeting
from eventstore.replay import NOW
from readmodels.figures import FiguresByCount
from readmodels.programme_report import figures_of
from readmodels.programmes import ProgrammeRow, all_programmes

_HERE = Place()


async def programmes(
    programme: Annotated[
        str | None, Parameter(help="The id of one: then with sectors and digest.")
    ] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """The programmes there are, with their figures as they stand now; of one also the sectors, and when its digest goes out."""
    now = datetime.now(UTC)
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme) if programme else None
        await session.catch_up("programmes")
        register, counted = await session.register(), FiguresByCount(session.store, session.pool)
        found = [
            (
                row,
                as_report(
                    await figures_of(session.store, counted, register, row.programme, NOW, now),
                    now,
                ),
            )
            for row in await all_programmes(session.pool)
            if programme in (None, row.programme)
        ]
    sectors = None if known is None else [sector.model_dump() for sector in known.sectors]
    if place.json:
        told: dict[str, Any] = {}
        if known is not None:
            told = {"sectors": sectors, "digest": schedule_json(known.digests)}
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
    if known is not None:
        console.print(schedule_line(known.digests), soft_wrap=True)


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


def add_to(app: App) -> None:
    for verb in (programmes, meetings):
        app.command(verb, group=group)


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
