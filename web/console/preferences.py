"""How somebody wants to see the pages: kept by their browser alone."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse

from domain.directory.preferences import Language
from web.console.forms import body_of
from web.console.visit import LANGUAGE_COOKIE, THEME_COOKIE, Acting, Theme
from web.form_sent import sent_form
from web.identity.sign_in import local

router = APIRouter()

_A_YEAR = 31_536_000


class _Chosen(BaseModel):
    """What the form says; one of both is chosen at a time."""

    model_config = ConfigDict(frozen=True)

    next: str = "/"
    language: Language | None = None
    theme: Theme | None = None


@router.post("/preferences")
async def prefer(visit: Acting, request: Request) -> RedirectResponse:
    """Keep what was chosen, and go back."""
    chosen: _Chosen = body_of(_Chosen, dict(await sent_form(request)))
    response = RedirectResponse(local(chosen.next), 303)
    for name, value in ((LANGUAGE_COOKIE, chosen.language), (THEME_COOKIE, chosen.theme)):
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
