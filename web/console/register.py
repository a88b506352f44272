"""The register: every instruction there is, filtered and searched."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from web.api.instructions import list_instructions
from web.api.names import After
from web.api.registered import RegisteredOnes
from web.console.visit import Visiting

router = APIRouter()

_LINES = 50


@router.get("/instructions")
async def show_register(
    visit: Visiting, registered: RegisteredOnes, after: After = ""
) -> HTMLResponse:
    """What the visitor may see of it, by number."""
    lines = await list_instructions(visit.asking, registered, after, _LINES, visit.at_least)
    return await visit.drawing.page(
        visit, "register.html", active="register", asked=registered, lines=lines
    )
