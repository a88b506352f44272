"""`remit diff`: the figures of a programme at two moments, and the events that moved them."""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import RenderableType

from audit.difference import By, Difference, Point, difference
from audit.points import Named, NoPoint
from cli.arguments import ProgrammeName
from cli.difference_view import explained_json, explained_tables, figures_json, figures_table
from cli.errors import UsageError
from cli.options import Place
from cli.output import console, moment, plain, print_json
from cli.programme import group
from cli.session import open_session, settings_of
from cli.views import programme_named
from domain.programme.report import report
from domain.programme.state import Programme
from eventstore.protocol import EventStore

_HERE = Place()
_POINT = (
    "A meeting's id, a date (its end in UTC), an instant with offset, or a position of the log."
)
_LONGEST_RESTATEMENT = 40


async def diff(
    programme: ProgrammeName,
    /,
    *,
    from_: Annotated[str, Parameter(name="--from", help=_POINT)],
    to: Annotated[str, Parameter(help=_POINT)],
    recorded: Annotated[
        bool,
        Parameter(help="Moments are those of the log: what it held then.", negative=""),
    ] = False,
    place: Place = _HERE,
) -> None:
    """A programme's figures at two moments, and every event that moved them.

    As known today, unless --recorded is given or one of the two is a position. What had occurred
    by the first moment, and was recorded after it, is shown apart.
    """
    async with open_session(settings_of(place.folder)) as session:
        store = session.store
        known = await programme_named(store, programme)
        begin, earlier = await _end(store, known, from_, "--from")
        end, later = await _end(store, known, to, "--to")
        by_log = recorded or begin.position is not None or end.position is not None
        if (later.at, later.position) < (earlier.at, earlier.position):
            raise UsageError("--to lies before --from: exchange them")
        if not by_log:
            later = Point(at=later.at, position=await store.head())
        register = await session.register()
        instructions = await register.of_programme(programme)
        by: By = "recorded" if by_log else "occurred"
        found = await difference(store, instructions, programme, earlier, later, by)
    if place.json:
        print_json(difference_json(known, found, by))
        return
    for picture in difference_pictures(known, found):
        console.print(picture)


def add_to(app: App) -> None:
    app.command(diff, group=group)


def difference_json(programme: Programme, found: Difference, by: By) -> dict[str, object]:
    earlier, later = found.earlier, found.later
    return {
        "programme": programme.id,
        "by": by,
        "from": {"at": earlier.at, "position": earlier.position}
        | figures_json(report(found.before, earlier.at)),
        "to": {"at": later.at, "position": later.position}
        | figures_json(report(found.after, later.at)),
        "moved": explained_json(found.moved),
        "as_known_then": figures_json(report(found.then, earlier.at)),
        "restated": explained_json(found.restated),
    }


def difference_pictures(programme: Programme, found: Difference) -> Iterator[RenderableType]:
    """The figures side by side, what moved them, and what restates the earlier ones, if anything does."""
    earlier, later = found.earlier.at, found.later.at
    columns = [(moment(earlier), report(found.before, earlier))]
    if found.restated:
        columns.insert(0, ("as known then", report(found.then, earlier)))
    columns.append((moment(later), report(found.after, later)))
    yield figures_table(plain(programme.title), columns)
    yield from explained_tables("What moved the figures", found.moved)
    if found.restated:
        title = f"Restated: had occurred by {moment(earlier)}, was recorded later"
        yield from explained_tables(title, found.restated, _LONGEST_RESTATEMENT)


async def _end(
    store: EventStore, programme: Programme, text: str, option: str
) -> tuple[Named, Point]:
    """Raises `UsageError` if it is no point of time or of the log."""
    try:
        named = Named.of(programme, text)
        return named, await named.point(store)
    except NoPoint as error:
        raise UsageError(f"{option}: {error}") from error
