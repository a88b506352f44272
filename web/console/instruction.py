"""One instruction."""

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from web.api.asking import Named
from web.api.instructions import get_instruction
from web.console.visit import Visiting

router = APIRouter()


@router.get("/instructions/{number}")
async def show_instruction(visit: Visiting, number: Named) -> HTMLResponse:
    """How it stands."""
    told = await get_instruction(visit.asking, number, visit.moment, Response(), visit.at_least)
    return await visit.drawing.page(visit, "instruction.html", active="register", told=told)
