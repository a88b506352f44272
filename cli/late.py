"""`remit late`: what is behind schedule, the longest first, and who was heard and warned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import App, Parameter

from cli.arguments import LateBy, Limit
from cli.errors import UsageError
from cli.filters import Chosen
from cli.late_view import late_json, late_picture
from cli.options import Moment, Place, instant
from cli.output import console, plain, print_json
from cli.session import open_session, settings_of
from cli.views import group
from readmodels.late import late as behind_schedule
from readmodels.programme_report import moment_of
from readmodels.worklist import BEFORE_ALL, After

_TODAY = Moment()
_HERE = Place()
_ALL = Chosen()


async def late(
    *,
    chosen: Chosen = _ALL,
    late_by: LateBy = None,
    after: Annotated[
        str | None, Parameter(help="DEADLINE/NUMBER of the last line seen: the next page.")
    ] = None,
    limit: Limit = 50,
    when: Moment = _TODAY,
    place: Place = _HERE,
) -> None:
    """What is behind schedule, the longest first: how late, last heard, last warned, escalated or silenced."""
    as_of = when.value
    if as_of.occurred is not None and as_of.recorded is not None:
        raise UsageError("what is late is told as of one kind of time: --as-of or --as-recorded")
    at = moment_of(as_of, datetime.now(UTC))
    begin = BEFORE_ALL if after is None else page_after(after)
    async with open_session(settings_of(place.folder)) as session:
        await session.catch_up("register", "attention", "periods")
        those = replace(await chosen.filter(session), late_by=timedelta(days=late_by or 0))
        works, totals = await behind_schedule(
            session.store, session.pool, those, as_of, at, after=begin, limit=limit + 1
        )
    more, works = len(works) > limit, works[:limit]
    following = page_name(works[-1].row.behind_from, works[-1].row.number) if more else None
    if place.json:
        print_json(late_json(works, totals, at, following))
        return
    for picture in late_picture(works, totals, at, console.width):
        console.print(picture)
    if following is not None:
        console.print(f"[dim]more: --after '{plain(following)}'[/]", soft_wrap=True)


def add_to(app: App) -> None:
    app.command(late, group=group)


def page_name(moment: datetime, number: str) -> str:
    """Names the last line of a page."""
    return f"{moment.isoformat()}/{number}"


def page_after(name: str) -> After:
    """Raises `UsageError` if it is not of the form that `page_name` gives."""
    moment, slash, number = name.partition("/")
    if not slash or not number:
        raise UsageError(f"--after {name} names no line; write it as the page before told it")
    return After(instant(moment, "--after"), number)
