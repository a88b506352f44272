"""Refuses what a proxy took without TLS where people are meant to come by https: a token that went in the clear is noticed."""

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from web.problems import ApiCode, Problem

_FORWARDED = "x-forwarded-proto"
_FOR_PROGRAMS = ("/api/", "/feeds/")


class InTheClear:
    """Pages are led on to https, unless something was sent; programs are refused. What no proxy says of a request, such as one
    from this machine, is not looked at.

    Args:
        https: whether people are meant to come so.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._https or headers.get(_FORWARDED, "").strip().lower() != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(_FOR_PROGRAMS) or scope["method"] not in ("GET", "HEAD"):
            raise Problem(
                ApiCode.IN_THE_CLEAR,
                "it came without TLS, for whoever is on the way to read; a token that was sent so should be revoked",
            )
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        led_on = RedirectResponse(f"https://{headers['host']}{path}{query}", status_code=308)
        await led_on(scope, receive, send)
