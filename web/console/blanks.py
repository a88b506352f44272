"""Fields of a page's form that were left empty are as if they had not been asked: browsers send them all the same."""

from starlette.types import ASGIApp, Receive, Scope, Send

from web.api.paths import PREFIX


class WithoutBlanks:
    """Takes them out of what pages are asked. Of the API's parameters an empty one may mean something, or be a mistake."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(PREFIX):
            asked: bytes = scope["query_string"]
            if b"=&" in asked or asked.endswith(b"="):
                scope = {**scope, "query_string": _without_blanks(asked)}
        await self._app(scope, receive, send)


def _without_blanks(asked: bytes) -> bytes:
    named = (one for one in asked.split(b"&") if one)
    return b"&".join(one for one in named if not one.endswith(b"=") or one.count(b"=") > 1)
