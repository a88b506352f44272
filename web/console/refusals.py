"""What is told as a problem over the API, as a page for people. Whoever is not signed in is sent to sign in."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web.api.paths import PREFIX
from web.console.drawing import HEADERS, Drawing
from web.console.paths import address_of
from web.console.visit import is_redraw, language_of, theme_of
from web.feeds import FEEDS
from web.identity.sign_in import LOGIN
from web.problems import Problem, answer, headers_of
from web.wording import words_for


class Answering:
    """Tells a problem as it was asked for.

    Args:
        signs_in: whether people sign in here by a browser.
    """

    def __init__(self, drawing: Drawing, *, signs_in: bool) -> None:
        self._drawing = drawing
        self._signs_in = signs_in

    def __call__(self, problem: Problem, request: Request) -> Response:
        if not _is_for_people(request):
            return answer(problem, request)
        if self._sends_to_sign_in(problem, request):
            then = quote(address_of(request), safe="")
            return RedirectResponse(f"{LOGIN}?next={then}", 303)
        language = language_of(request)
        words = words_for(problem.code, language)
        text = self._drawing.bare(
            "problem.html",
            self._drawing.words[language],
            theme_of(request),
            problem=problem,
            said=words,
            signs_in=self._signs_in and problem.status == 401,
            request_id=request.scope.get("remit.request_id"),
        )
        return HTMLResponse(text, problem.status, HEADERS | headers_of(problem))

    def _sends_to_sign_in(self, problem: Problem, request: Request) -> bool:
        """What was entered in a form would be lost on the way: whoever sent one is told. What a page asks for by itself leads
        nobody away.
        """
        asks = request.method in ("GET", "HEAD") and not is_redraw(request)
        return self._signs_in and problem.nothing_shown and asks


def _is_for_people(request: Request) -> bool:
    path = request.url.path
    if path.startswith((PREFIX, FEEDS)):
        return False
    return "text/html" in request.headers.get("accept", "")
