"""`remit diff`: the figures of a programme at two moments, and the events that moved them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import RenderableType

from audit.difference import By, Difference, Point, difference
from cli.arguments import ProgrammeName
from cli.difference_view import explained_json, explained_tables, figures_json, figures_table
from cli.errors import UsageError
from cli.options import Place, instant
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
        ends = [_End.of(known, text, option) for text, option in ((from_, "--from"), (to, "--to"))]
        by_log = recorded or any(end.position is not None for end in ends)
        earlier, later = [await end.point(store) for end in ends]
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


@dataclass(frozen=True, kw_only=True)
class _End:
    """One of the two, as it was given."""

    option: str
    at: datetime | None = None
    position: int | None = None

    @classmethod
    def of(cls, programme: Programme, text: str, option: str) -> "_End":
        """A meeting, a position or a moment. Raises `UsageError` if it is none of them."""
        meeting = programme.meetings.get(text)
        if meeting is not None:
            return cls(option=option, at=meeting.at)
        if text.isascii() and text.isdigit():
            return cls(option=option, position=int(text))
        try:
            return cls(option=option, at=instant(text, option))
        except UsageError as error:
            raise UsageError(f"{error}; nor is it a meeting of {programme.id}") from error

    async def point(self, store: EventStore) -> Point:
        """The moment, and the end of the log at it. Raises `UsageError` if the log ends before."""
        if self.at is not None:
            return Point(at=self.at, position=await store.position_at(self.at))
        position, head = self.position or 0, await store.head()
        if not 1 <= position <= head:
            raise UsageError(f"{self.option} {position} is no position: the log has 1 to {head}")
        (batch,) = [
            batch
            async for batch in store.read_all(after_position=position - 1, until_position=position)
        ]
        return Point(at=batch[0].recorded_at, position=position)
