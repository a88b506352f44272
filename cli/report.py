"""`remit report`: a programme's figures; publishing them for a meeting, and coming to them again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from audit.difference import Difference, Point, difference
from cli.arguments import ProgrammeName
from cli.difference_view import explained_json, explained_tables, figures_table
from cli.errors import NotAsRecorded, Refused, UsageError
from cli.options import Moment, Place
from cli.output import console, moment, plain, print_json
from cli.programme import publish_report
from cli.report_view import report_json, report_picture
from cli.session import open_session, settings_of
from cli.views import group, meeting_of, programme_named
from domain.programme import report as counts
from domain.programme.state import Meeting, Programme, Published
from domain.programme.terms import Figures
from domain.rejections import Code
from readmodels.figures import FiguresByCount
from readmodels.programme_report import figures_of, moment_of

_TODAY = Moment()
_HERE = Place()


async def report(
    programme: ProgrammeName,
    /,
    *,
    meeting: Annotated[
        str | None, Parameter(help="As of this meeting; as it was published, if it was.")
    ] = None,
    when: Moment = _TODAY,
    place: Place = _HERE,
) -> None:
    """A programme's figures, now or as of any moment; of a published report as it was pinned."""
    as_of, published = when.value, None
    if meeting is not None and as_of.occurred is not None:
        raise UsageError("a meeting has its own moment: leave --meeting or --as-of out")
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
        if meeting is not None:
            held = meeting_of(known, meeting)
            as_of = replace(as_of, occurred=held.at)
            published = held.report if as_of.recorded is None else None
        at = moment_of(as_of, datetime.now(UTC))
        register = await session.register()
        found = await figures_of(
            session.store,
            FiguresByCount(session.store, session.pool),
            register,
            programme,
            as_of,
            at,
            until_position=published.position if published else None,
        )
    if place.json:
        print_json(report_json(known, at, found, published))
    else:
        console.print(report_picture(known, at, found, published))


async def reproduce(
    programme: ProgrammeName,
    /,
    *,
    meeting: Annotated[str, Parameter(help="The meeting that the report was published for.")],
    place: Place = _HERE,
) -> None:
    """Come to a published report again from the log, and see what is known of that moment today.

    Ends with 5 if the log, up to the position that the report names, gives other figures than were
    published.
    """
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
        held = meeting_of(known, meeting)
        published = _published(known, held)
        register = await session.register()
        found = await difference(
            session.store,
            await register.of_programme(programme),
            programme,
            Point(at=held.at, position=published.position),
            Point(at=held.at, position=await session.store.head()),
            "occurred",
        )
    reproduced = Reproduced.of(published, found)
    answer = reproduced_json(known, held, reproduced)
    if not place.json:
        print_reproduced(known, held, reproduced)
    if not reproduced.same:
        raise NotAsRecorded(
            f"the report published for {held.id} is not what the log gives up to position "
            f"{published.position}: its figures were wrong, or the log was altered",
            answer,
        )
    if place.json:
        print_json(answer)


def add_to(app: App) -> None:
    sub = App(name="report", help=report.__doc__, group=group)
    sub.default(report)
    sub.command(publish_report, name="publish")
    sub.command(reproduce)
    app.command(sub)


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """A published report beside what the log gives for the same moment."""

    published: Published
    again: Figures
    """From the log up to the position that the report names."""
    today: Figures
    """Of the same moment, from all that the log holds."""
    found: Difference

    @classmethod
    def of(cls, published: Published, found: Difference) -> "Reproduced":
        at = found.earlier.at
        return cls(
            published=published,
            again=counts.figures(found.then, at),
            today=counts.figures(found.after, at),
            found=found,
        )

    @property
    def same(self) -> bool:
        """Also by sector and by lead."""
        return self.again == self.published.figures

    @property
    def restated(self) -> bool:
        return self.today != self.again


def reproduced_json(
    programme: Programme, meeting: Meeting, reproduced: Reproduced
) -> dict[str, object]:
    return {
        "programme": programme.id,
        "meeting": meeting.id,
        "at": meeting.at,
        "position": reproduced.published.position,
        "published_at": reproduced.published.published_at,
        "same": reproduced.same,
        "published": reproduced.published.figures.model_dump(mode="json"),
        "reproduced": reproduced.again.model_dump(mode="json"),
        "restated": reproduced.restated,
        "read_until": reproduced.found.later.position,
        "today": reproduced.today.model_dump(mode="json"),
        "restatement": explained_json(reproduced.found.restated),
    }


def print_reproduced(programme: Programme, meeting: Meeting, reproduced: Reproduced) -> None:
    position = reproduced.published.position
    columns = [("published", reproduced.published.figures), ("reproduced", reproduced.again)]
    if reproduced.restated:
        columns.append(("as known today", reproduced.today))
    console.print(
        figures_table(
            f"{plain(programme.title)}, {plain(meeting.id)}, {moment(meeting.at)}", columns
        )
    )
    if reproduced.same:
        console.print(f"[green]same figures[/] from the log up to position {position}")
    if not reproduced.restated:
        console.print("nothing that was recorded later says otherwise of that moment")
        return
    console.print("[yellow]restated[/] by what was recorded later")
    for picture in explained_tables("What restates the figures", reproduced.found.restated):
        console.print(picture)


def _published(programme: Programme, meeting: Meeting) -> Published:
    """Raises `Refused` if no report was published for the meeting."""
    if meeting.report is None:
        raise Refused(
            Code.UNKNOWN,
            f"no report was published for {meeting.id} of {programme.id}; "
            "`remit report publish` does",
            "meeting",
        )
    return meeting.report
