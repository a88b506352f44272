"""Every request has an id: in its answer, in the problem it ends with, and in every line of the log."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.context import about

SCOPE_KEY = "remit.request_id"
_HEADER = "x-request-id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class RequestIds:
    """Takes the client's id if it is a plain token, so that a proxy's log and ours tell of the same; else makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get(_HEADER, "")
        chosen = given if _SANE.fullmatch(given) else uuid4().hex
        scope[SCOPE_KEY] = chosen

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[_HEADER] = chosen
            await send(message)

        with about({"request_id": chosen}):
            await self._app(scope, receive, told)
