"""Pages, and what they load, are compressed. The API's answers are not: what is secret in them, they hold plain."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from web.api.paths import PREFIX

_LEAST_BYTES = 1000
_LEVEL = 5
"""A page is compressed for one visitor: what more it would take off, a few per cent, takes longer than it saves."""


class Compressed:
    """Compresses what browsers ask for, if they take it so. What is secret in a page is masked (`identity.csrf`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressed = GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of_pages = scope["type"] == "http" and not scope["path"].startswith(PREFIX)
        await (self._compressed if of_pages else self._plain)(scope, receive, send)
