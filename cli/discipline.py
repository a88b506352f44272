"""Execution discipline: who kept to deadlines, by body or by person."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from cyclopts import App, Parameter

from cli.arguments import OfProgramme
from cli.errors import UsageError
from cli.options import Moment, Place
from cli.output import console, moment, plain, print_json, table
from cli.session import open_session, settings_of
from cli.views import group, programme_named
from readmodels.figures import FiguresByCount
from readmodels.programme_report import moment_of

_TODAY = Moment()
_HERE = Place()


async def discipline(
    programme: OfProgramme = None,
    /,
    *,
    by: Annotated[
        Literal["body", "person"],
        Parameter(help="Lead bodies, or the persons who submitted or act for them."),
    ] = "body",
    when: Moment = _TODAY,
    place: Place = _HERE,
) -> None:
    """Execution discipline: (total - completed late - open late) / total, of each body or person."""
    as_of = when.value
    if as_of.occurred is not None and as_of.recorded is not None:
        raise UsageError("discipline is counted as of one kind of time: --as-of or --as-recorded")
    at = moment_of(as_of, datetime.now(UTC))
    async with open_session(settings_of(place.folder)) as session:
        if programme is not None:
            await programme_named(session.store, programme)
        await session.catch_up("register", "periods")
        found = await FiguresByCount(session.store, session.pool).discipline(
            programme, by, as_of, at
        )
    assert found is not None  # one kind of limit at most
    if place.json:
        print_json(
            [
                {
                    by: one.name,
                    "total": one.total,
                    "completed_late": one.completed_late,
                    "open_late": one.open_late,
                    "execution_discipline": one.share,
                }
                for one in found
            ]
        )
        return
    title = f"Execution discipline as of {moment(at)}"
    made = table(title, by, ">total", ">completed late", ">open late", ">discipline")
    for one in found:
        name = plain(one.name) if one.name else "[dim]nobody yet[/]"
        made.add_row(name, str(one.total), str(one.completed_late), str(one.open_late), one.share)
    console.print(made)


def add_to(app: App) -> None:
    app.command(discipline, group=group)
