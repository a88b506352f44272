"""`remit late`: what is behind schedule, the longest first, and who was heard and warned."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import App, Parameter

from cli.arguments import LateBy, Limit
from cli.errors import UsageError
from cli.filters import Chosen
from cli.late_view import late_json, late_picture, totals_of
from cli.options import Moment, Place, instant
from cli.output import console, plain, print_json
from cli.session import Session, open_session, settings_of
from cli.views import group
from eventstore.replay import NOW, AsOf
from readmodels.late_as_of import late_as_of
from readmodels.programme_report import moment_of
from readmodels.worklist import BEFORE_ALL, After, Filter, WholeAndParts, Work, Worklist

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
        works, totals = await _late(session, those, as_of, at, begin, limit + 1)
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


async def _late(
    session: Session, those: Filter, as_of: AsOf, at: datetime, after: After, limit: int
) -> tuple[Sequence[Work], WholeAndParts]:
    """A page, and the totals of all of it."""
    if as_of == NOW:
        lists = Worklist(session.pool)
        page = await lists.late(those, at, after=after, limit=limit)
        return page, await lists.totals(those, at)
    found = await late_as_of(session.store, session.pool, those, as_of, at)
    begin = (after.moment, after.number)
    following = [work for work in found if (work.row.behind_from, work.row.number) > begin]
    return following[:limit], totals_of(found, at)
