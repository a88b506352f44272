"""Late: what is behind schedule, now or as of a moment, by whom, and who was heard and warned."""

from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from readmodels.at_once import at_once
from web.api.chosen import ChosenOnes, Place
from web.api.late import list_late
from web.console.choices import choices_of
from web.console.instruction.titles import titles
from web.console.visit import Visiting
from web.console.worklists import as_meant, target_told

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
    all_leads: bool = False,
) -> HTMLResponse:
    """The longest late first; totals, and totals by lead, are of all that is chosen."""
    chosen = as_meant(visit, chosen)
    late, choices = await at_once(
        list_late(visit.asking, chosen, visit.moment, late_by, after, _LINES, visit.at_least),
        choices_of(visit, chosen.programme),
    )
    leads = late.by_lead if all_leads else late.by_lead[:_LEADS]
    beside = {
        name: getattr(chosen, name) for name in ("programme", "sector", "issuer", "controller")
    }
    return await visit.drawing.page(
        visit,
        "late.html",
        active="late",
        late=late,
        asked=chosen,
        of_lead=partial(_of_lead, visit.url("/late", late_by=late_by or None, **beside)),
        all_leads=visit.url(
            "/late", late_by=late_by or None, body=chosen.body, all_leads=True, **beside
        ),
        late_by=late_by,
        leads=leads,
        more_leads=len(late.by_lead) - len(leads),
        most=max((one.instructions for one in late.by_lead), default=0),
        choices=choices,
        titles=titles(visit.words),
        operates=visit.asking.reader.operates and visit.is_now,
        target=partial(target_told, visit),
        people=await visit.people(
            person for line in late.items for person in (line.heard_by, *line.warned)
        ),
    )


def _of_lead(path: str, lead: str) -> str:
    """The same list of one lead's."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'body': lead})}"
