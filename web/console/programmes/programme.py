"""One programme: its figures, what it was to be month by month, its sectors, bodies and meetings."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from domain.programme.report import AT_RISK
from readmodels.at_once import at_once
from readmodels.measures import ANY_FIGURE, AnyFigure
from web.api.asked import wait_for
from web.api.names import Id
from web.api.programmes import MeetingTold, ProgrammeTold, get_programme
from web.console.forms import Form
from web.console.programmes.burn_up import burn_up_of
from web.console.programmes.commands import carry_out, every_of_programme, forms_of_programme
from web.console.programmes.figures import (
    FOLLOWED,
    discipline,
    figures_at,
    figures_since,
    last_held,
    meetings_of,
    shown,
)
from web.console.programmes.parts import by_body, by_sector
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form

router = APIRouter()

_FIRST: Sequence[AnyFigure] = ("implemented", "behind_schedule", "at_risk")


@router.get("/programmes/{programme}")
async def show_programme(visit: Visiting, programme: Id) -> HTMLResponse:
    """Its figures for those who may read them; for others what it is, and when it is met about."""
    told = await get_programme(visit.asking, programme, Response(), visit.at_least)
    return await _drawn(visit, told, forms_of_programme(visit, told))


@router.post("/programmes/{programme}")
async def command(visit: Acting, programme: Id, request: Request) -> Response:
    """A command to it."""
    told = await get_programme(visit.asking, programme, Response(), None)
    every, offered = every_of_programme(visit, told), forms_of_programme(visit, told)
    path = f"/programmes/{programme}"
    sent = await carry_out(visit, programme, every, offered, await sent_form(request), path)
    if isinstance(sent, Response):
        return sent
    return await _drawn(visit, told, sent.forms, status=sent.status)


async def _drawn(
    visit: Visit, told: ProgrammeTold, forms: Sequence[Form], status: int = 200
) -> HTMLResponse:
    meetings = await meetings_of(visit, told.id)
    since = last_held(meetings)
    figures: Mapping[str, Any] = {}
    if told.reads_figures:
        figures = await _figures(visit, told, since)
    return await visit.drawing.page(
        visit,
        "programmes/programme.html",
        active="overview",
        status=status,
        told=told,
        meetings=meetings,
        since=since,
        forms=forms,
        risk_days=AT_RISK.days,
        **figures,
    )


async def _figures(
    visit: Visit, told: ProgrammeTold, since: MeetingTold | None
) -> Mapping[str, Any]:
    """What is for those who may read its figures."""
    await wait_for(visit.asking, visit.at_least, *FOLLOWED)
    # As of a moment each takes as long as there are measures: they are counted side by side.
    now, before, drawn = await at_once(
        figures_at(visit, told.id, visit.moment.as_of, visit.at),
        figures_since(visit, told.id, since),
        burn_up_of(visit, told.id),
    )
    then = before.counted if before else None
    return {
        "first": shown(visit, told.id, _FIRST, now.counted, then),
        "all_figures": shown(visit, told.id, ANY_FIGURE, now.counted, then),
        "discipline": discipline(visit.words, now.counted),
        "by_sector": by_sector(visit, told.id, now.told, told.sectors),
        "by_body": by_body(visit, told.id, now.told),
        "burn_up": drawn,
    }
