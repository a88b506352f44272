"""A programme's report as of the page's moment, for paper."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.responses import HTMLResponse

from domain.programme.report import AT_RISK
from readmodels.measures import ANY_FIGURE, WHOLE, AnyFigure
from web.api.names import After, Id
from web.api.programmes import get_programme
from web.console.labels import label
from web.console.programmes.figures import discipline, figures_at, shown
from web.console.programmes.measures import measures_of
from web.console.programmes.parts import by_body, by_sector
from web.console.visit import Visit, Visiting

router = APIRouter()

_LINES = 100


@router.get("/programmes/{programme}/report")
async def show_report(
    visit: Visiting,
    programme: Id,
    figure: Annotated[
        AnyFigure, Query(description="whose measures are listed")
    ] = "behind_schedule",
    after: After = "",
) -> HTMLResponse:
    """Its figures, those of sectors and bodies, and the measures of one figure."""
    told = await get_programme(visit.asking, programme, Response(), visit.at_least)
    figures = await figures_at(visit, programme, visit.moment.as_of, visit.at)
    counted = figures.counted
    return await visit.drawing.page(
        visit,
        "programmes/report.html",
        active="overview",
        told=told,
        position=await _position(visit),
        rows=shown(visit, programme, ANY_FIGURE, counted),
        discipline=discipline(visit.words, counted),
        by_sector=by_sector(visit, programme, figures.told, told.sectors),
        by_body=by_body(visit, programme, figures.told),
        sectors={one.id: one.name for one in told.sectors},
        figure=figure,
        choices=[(one, label(visit.words, "figure", one)) for one in ANY_FIGURE],
        number=counted[figure],
        measures=await measures_of(visit, programme, figure, WHOLE, after, _LINES),
        risk_days=AT_RISK.days,
    )


async def _position(visit: Visit) -> int:
    """The last of the log that the report can have seen."""
    store, recorded = visit.asking.services.store, visit.moment.as_of.recorded
    return await store.head() if recorded is None else await store.position_at(recorded)
