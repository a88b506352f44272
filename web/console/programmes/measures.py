"""The measures of a programme: those that one figure counts, of all or of one sector or body."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.responses import HTMLResponse

from readmodels.measures import ANY_FIGURE, AnyFigure, CountedMeasure, Measures, Part
from web.api.asked import Page, Word, wait_for
from web.api.models import LatenessTold
from web.api.names import After, Id
from web.api.programmes import ProgrammeTold, get_programme
from web.api.seen_programme import see_programme
from web.console.labels import label
from web.console.programmes.figures import FOLLOWED
from web.console.visit import Visit, Visiting

router = APIRouter()

_LINES = 50
Bare = Annotated[bool, Query(description="those that have none")]


@router.get("/programmes/{programme}/measures")
async def show_measures(
    visit: Visiting,
    programme: Id,
    figure: AnyFigure = "total",
    sector: Word = None,
    lead: Word = None,
    no_sector: Bare = False,
    no_lead: Bare = False,
    after: After = "",
) -> HTMLResponse:
    """As they stood at the page's moment, for whoever may read the programme's figures."""
    await see_programme(visit.asking, programme, figures=True)
    told = await get_programme(visit.asking, programme, Response(), visit.at_least)
    part = Part(sector=sector or None, lead=lead or None, no_sector=no_sector, no_lead=no_lead)
    return await visit.drawing.page(
        visit,
        "programmes/measures.html",
        active="overview",
        told=told,
        figure=figure,
        figures=[(one, label(visit.words, "figure", one)) for one in ANY_FIGURE],
        sectors={one.id: one.name for one in told.sectors},
        part=part,
        limits=_limits(visit, told, part),
        measures=await measures_of(visit, programme, figure, part, after, _LINES),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A measure in a list."""

    measure: CountedMeasure
    lateness: LatenessTold


async def measures_of(
    visit: Visit, programme: str, figure: AnyFigure, part: Part, after: str, limit: int
) -> Page[Line]:
    """A page of those in a figure, by number. Whoever asks must have been let see them."""
    await wait_for(visit.asking, visit.at_least, *FOLLOWED)
    services, as_of = visit.asking.services, visit.moment.as_of
    found = await Measures(services.store, services.pool).counted(
        programme, figure, as_of, visit.at, part=part, after_number=after, limit=limit + 1
    )
    lines = [
        Line(measure=one, lateness=LatenessTold.of(one.lateness(visit.at))) for one in found[:limit]
    ]
    return Page(items=lines, next=found[limit - 1].number if len(found) > limit else None)


def _limits(visit: Visit, told: ProgrammeTold, part: Part) -> Sequence[str]:
    """Which of them, in words."""
    say = visit.words.say
    sectors = {one.id: one.name for one in told.sectors}
    found: list[str] = []
    if part.sector is not None:
        found.append(say("sector: %(name)s", name=sectors.get(part.sector, part.sector)))
    if part.no_sector:
        found.append(say("without a sector"))
    if part.lead is not None:
        found.append(say("lead: %(name)s", name=visit.body(part.lead)))
    if part.no_lead:
        found.append(say("nobody answers for it yet"))
    return found
