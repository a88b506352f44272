"""An instruction at two moments, side by side, and the events that lie between."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from web.api.asked import Moment, invalid
from web.api.asking import Named, Seen, see
from web.api.instructions import history_of
from web.api.models import EventTold
from web.console.audit.replay import text_of
from web.console.audit.told_state import compared, lines_of
from web.console.visit import Visit, Visiting, moment_asked

router = APIRouter()

_EVENTS = 200
_BEFORE = timedelta(days=30)
"""What is compared with, if nothing is said."""
_Time = Annotated[str, Query(max_length=40, pattern=r"^[^\x00]*$")]


@router.get("/instructions/{number}/difference")
async def show_difference(
    visit: Visiting,
    number: Named,
    from_: Annotated[_Time, Query(alias="from")] = "",
    to: _Time = "",
) -> HTMLResponse:
    """From a moment to another; by default from 30 days before to the moment that the page is as of."""
    found = await see(visit.asking, number, "history", "detail")
    later = moment_asked(to, visit.by, visit.zone, "to") if to.strip() else visit.moment
    until = later.at(visit.asking.at)
    said = from_.strip() or (until - _BEFORE).isoformat()
    earlier = moment_asked(said, visit.by, visit.zone, "from")
    since = earlier.at(visit.asking.at)
    if until < since:
        raise invalid("to", "lies before `from`: exchange them")
    lines = [
        lines_of(visit, found.instruction, found.folded(one.as_of), one.at(visit.asking.at))
        for one in (earlier, later)
    ]
    events = _between(found, earlier, later)
    return await visit.drawing.page(
        visit,
        "audit/difference.html",
        active="audit" if visit.asking.reader.audits_any else "register",
        number=found.state.record.number,
        instruction=found.instruction,
        text=text_of(found, later),
        since=since,
        until=until,
        from_=from_,
        to=to,
        lines=compared(*lines),
        there_then=bool(lines[0]),
        there_now=bool(lines[1]),
        events=events[:_EVENTS],
        there_are=len(events),
        people=await _people(visit, events[:_EVENTS]),
    )


async def _people(visit: Visit, events: Sequence[EventTold]) -> "dict[str, str]":
    return dict(await visit.people(one.by.actor for one in events))


def _between(found: Seen, earlier: Moment, later: Moment) -> Sequence[EventTold]:
    """Those that count by the later moment, and did not by the earlier one."""
    before = {one.version for one in history_of(found, earlier)}
    return [EventTold.of(one) for one in history_of(found, later) if one.version not in before]
