"""Who was told of an instruction, when, by what, and what became of it."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from web.api.asking import Named
from web.api.deliveries import Delivery
from web.console.instruction.shown import Shown
from web.console.visit import Visiting

router = APIRouter()

_LATEST = 500


@router.get("/instructions/{number}/deliveries")
async def show_deliveries(visit: Visiting, number: Named) -> HTMLResponse:
    """The latest first."""
    shown = await Shown.of(visit, number, "deliveries")
    items = [Delivery.of(one) for one in shown.notices]
    return await visit.drawing.page(
        visit,
        "instruction/deliveries.html",
        active="register",
        told=shown.told,
        deliveries=items[: -_LATEST - 1 : -1],
        left_out=max(len(items) - _LATEST, 0),
        people=await visit.people({one.recipient for one in items[-_LATEST:]}),
    )
