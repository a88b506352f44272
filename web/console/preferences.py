"""How somebody wants to see the pages: kept by their browser alone."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

from domain.directory.preferences import Language
from web.console.visit import LANGUAGE_COOKIE, THEME_COOKIE, Acting, Theme
from web.identity.sign_in import local

router = APIRouter()

_A_YEAR = 31_536_000


@router.post("/preferences")
async def prefer(
    visit: Acting,
    next_: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    language: Annotated[Language | None, Form()] = None,
    theme: Annotated[Theme | None, Form()] = None,
) -> RedirectResponse:
    """Keep what was chosen, and go back."""
    response = RedirectResponse(local(next_), 303)
    for name, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if value is not None:
            response.set_cookie(
                name,
                value,
                max_age=_A_YEAR,
                secure=visit.asking.services.web_url.startswith("https:"),
                httponly=True,
                samesite="lax",
            )
    return response
