"""What moved a programme's figures between two moments, and what did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.responses import HTMLResponse

from domain.programme.difference import ASPECTS
from web.api.figures import ChangeTold
from web.api.names import Id
from web.api.programme_figures import get_difference
from web.api.programmes import MeetingTold, ProgrammeTold, get_programme
from web.console.labels import label
from web.console.programmes.figures import compared, counted_of, last_held, meetings_of
from web.console.visit import Visit, Visiting, moment_asked

router = APIRouter()

_MOST = 100
BEGINNING, MOMENT = "beginning", "moment"
"""Points that are no meeting: when the programme's period begins, and the page's moment."""
Named = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What moved in one aspect."""

    title: str
    changes: Sequence[ChangeTold]


@router.get("/programmes/{programme}/difference")
async def show_difference(
    visit: Visiting,
    programme: Id,
    from_: Annotated[Named, Query(alias="from")] = "",
    to: Named = MOMENT,
    from_day: Named = "",
    to_day: Named = "",
) -> HTMLResponse:
    """From the last meeting that was held to the page's moment, unless other points are asked for."""
    told = await get_programme(visit.asking, programme, Response(), visit.at_least)
    meetings = await meetings_of(visit, programme)
    last = last_held(meetings)
    begin = from_ or (last.id if last else BEGINNING)
    recorded = visit.moment.as_of.recorded is not None
    found = await get_difference(
        visit.asking,
        programme,
        _point(visit, told, begin, from_day),
        _point(visit, told, to, to_day),
        recorded,
        _MOST,
        visit.at_least,
    )
    return await visit.drawing.page(
        visit,
        "programmes/difference.html",
        active="overview",
        told=told,
        found=found,
        sectors={one.id: one.name for one in told.sectors},
        figures=compared(visit.words, counted_of(found.from_), counted_of(found.to)),
        moved=_by_aspect(visit, found.moved),
        restated=_by_aspect(visit, found.restated),
        points=_points(visit, meetings),
        begin=begin,
        end=to,
        from_day=from_day,
        to_day=to_day,
        most=_MOST,
    )


def _point(visit: Visit, told: ProgrammeTold, name: str, day: str) -> str:
    """As the API's operation takes it: a day's end on the visitor's clock, a meeting's id, or an instant."""
    if day:
        return _instant(visit, day)
    if name == MOMENT:
        return visit.at.isoformat()
    if name == BEGINNING:
        return _instant(visit, f"{told.period_start.isoformat()}T00:00")
    return name


def _instant(visit: Visit, text: str) -> str:
    found = moment_asked(text, "occurred", visit.zone).as_of.occurred
    assert found is not None  # of a text that is not empty
    return found.isoformat()


def _points(visit: Visit, meetings: Sequence[MeetingTold]) -> Sequence[tuple[str, str]]:
    """What may be chosen."""
    say = visit.words.say
    held = [(one.id, f"{one.title}, {_day(visit, one.at)}") for one in meetings if one.held]
    moment = say("now") if visit.is_now else say("the moment of this page")
    return [(BEGINNING, say("beginning of the period")), *held, (MOMENT, moment)]


def _day(visit: Visit, at: datetime) -> str:
    return visit.words.due(at, visit.zone)


def _by_aspect(visit: Visit, changes: Sequence[ChangeTold]) -> Sequence[Moved]:
    """In the order of the report."""
    return [
        Moved(title=label(visit.words, "figure", aspect), changes=found)
        for aspect in ASPECTS
        if (found := [one for one in changes if one.figure == aspect])
    ]
