"""Where signing out leads: a page of ours. From a form a browser follows no redirect to the issuer's (`form-action`)."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from web.console.drawing import HEADERS, Drawing
from web.console.visit import language_of, theme_of
from web.identity.sign_in import SIGNED_OUT

router = APIRouter()


@router.get(SIGNED_OUT)
async def show_signed_out(request: Request) -> HTMLResponse:
    drawing: Drawing = request.app.state.drawing
    words = drawing.words[language_of(request)]
    text = drawing.bare("signed_out.html", words, theme_of(request))
    return HTMLResponse(text, headers=HEADERS)
