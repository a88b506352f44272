"""All events of an instruction, in words."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from web.api.asking import Named
from web.api.instructions import get_history
from web.console.instruction.shown import Shown
from web.console.instruction.told import told
from web.console.visit import Visiting

router = APIRouter()

_EVENTS = 50
After = Annotated[int, Query(ge=0, le=2**31, description="a version: only events after it")]


@router.get("/instructions/{number}/history")
async def show_history(visit: Visiting, number: Named, after: After = 0) -> HTMLResponse:
    """From the first on, a page after the other."""
    history = await get_history(visit.asking, number, visit.moment, after, _EVENTS, visit.at_least)
    shown = await Shown.of(visit, number)
    events, people = await told(visit, history.items, shown.events)
    return await visit.drawing.page(
        visit,
        "instruction/history.html",
        active="register",
        told=shown.told,
        events=events,
        next=history.next,
        people=people,
    )
