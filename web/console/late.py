"""Late: what is behind schedule, now or as of a moment, by whom, and who was heard and warned."""

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from web.api.chosen import ChosenOnes, Place
from web.api.late import list_late
from web.console.choices import choices_of
from web.console.instruction.titles import titles
from web.console.visit import Visiting
from web.console.worklists import target_told

router = APIRouter()

_LINES = 50
_LEADS = 10
"""Bodies that are shown at once, of those that something is late with."""
_MOST_DAYS = 36_525


@router.get("/late")
async def show_late(
    visit: Visiting,
    chosen: ChosenOnes,
    late_by: Annotated[int, Query(ge=0, le=_MOST_DAYS)] = 0,
    after: Place = None,
) -> HTMLResponse:
    """The longest late first; totals, and totals by lead, are of all that is chosen."""
    late, choices = await asyncio.gather(
        list_late(visit.asking, chosen, visit.moment, late_by, after, _LINES, visit.at_least),
        choices_of(visit, chosen.programme),
    )
    return await visit.drawing.page(
        visit,
        "late.html",
        active="late",
        late=late,
        asked=chosen,
        asked_filter={
            name: getattr(chosen, name) for name in ("programme", "sector", "issuer", "controller")
        },
        late_by=late_by,
        leads=late.by_lead[:_LEADS],
        other_leads=late.by_lead[_LEADS:],
        most=max((one.instructions for one in late.by_lead), default=0),
        choices=choices,
        titles=titles(visit.words),
        operates=visit.asking.reader.operates and visit.is_now,
        target=partial(target_told, visit),
        people=await visit.people(
            person for line in late.items for person in (line.heard_by, *line.warned)
        ),
    )
