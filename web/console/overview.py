"""The first page: what waits for whoever looks, and how the programmes stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from domain.programme.report import AT_RISK
from readmodels.at_once import at_once
from readmodels.measures import AnyFigure
from web.api.names import After
from web.api.programmes import MeetingTold, ProgrammeLine, list_programmes
from web.console.programmes.figures import (
    Shown,
    discipline,
    figures_at,
    figures_since,
    last_held,
    meetings_of,
    shown,
)
from web.console.visit import Visit, Visiting, is_redraw
from web.console.waits import trail_now, waits_now

router = APIRouter()

_LISTED = 50
_WITH_FIGURES = 10
"""So many programmes in force are counted for the page; the others are named."""
_FIGURES: Sequence[AnyFigure] = ("implemented", "behind_schedule", "at_risk")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How one programme stands."""

    programme: ProgrammeLine
    figures: Sequence[Shown]
    discipline: str
    since: MeetingTold | None
    """The last meeting that was held: what the figures are compared with."""
    next: MeetingTold | None


@router.get("/")
async def show_overview(visit: Visiting, after: After = "") -> HTMLResponse:
    """Counts that lead on, by role; and programmes in force with their figures."""
    # Parts that are drawn anew by themselves leave the trail out: nothing of it is looked at, nor noted.
    by_itself = is_redraw(visit.asking.request)
    waits, trail, programmes = await at_once(
        waits_now(visit) if visit.is_now else _nothing(),
        _nothing() if by_itself or not visit.is_now else trail_now(visit),
        _programmes(visit, after),
    )
    return await visit.drawing.page(
        visit,
        "overview.html",
        active="overview",
        waits=waits or (),
        trail=trail,
        risk_days=AT_RISK.days,
        **programmes,
    )


async def _nothing() -> None: ...


async def _programmes(visit: Visit, after: str) -> Mapping[str, Any]:
    """Those in force with their figures, and the others."""
    listed = await list_programmes(visit.asking, after, _LISTED, visit.at_least)
    in_force = [one for one in listed.items if one.reads_figures and one.phase == "Adopted"]
    counted = in_force[:_WITH_FIGURES]
    return {
        "standings": [await _standing(visit, one) for one in counted],
        "others": [one for one in listed.items if one not in counted],
        "next": listed.next,
    }


async def _standing(visit: Visit, programme: ProgrammeLine) -> Standing:
    meetings = await meetings_of(visit, programme.id)
    since = last_held(meetings)
    now, before = await at_once(
        figures_at(visit, programme.id, visit.moment.as_of, visit.at),
        figures_since(visit, programme.id, since),
    )
    return Standing(
        programme=programme,
        figures=shown(
            visit, programme.id, _FIGURES, now.counted, before.counted if before else None
        ),
        discipline=discipline(visit.words, now.counted),
        since=since,
        next=next((one for one in meetings if one.at > visit.at), None),
    )
