"""The first page."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from web.api.programmes import list_programmes
from web.console.visit import Visiting

router = APIRouter()


@router.get("/")
async def show_overview(visit: Visiting) -> HTMLResponse:
    """Programmes, and how they stand."""
    programmes = await list_programmes(visit.asking, "", 50, visit.at_least)
    return await visit.drawing.page(
        visit, "overview.html", active="overview", programmes=programmes.items
    )
