"""A connection whose request was not read to its end is closed: the rest of a body is no next request."""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LINGER = 2.0
"""Seconds in which the rest of a body is read and dropped, before the connection is closed; `_PAUSE` without any of it
end that too.

If it were closed with bytes unread, the client's machine could throw away the answer that it has already.
"""

_PAUSE = 0.5


def has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip("0") != ""


class Closing:
    """Says `Connection: close` in an answer that comes before the end of the body, and means it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not has_body(scope):
            await self._app(scope, receive, send)
            return
        unread, closing = True, False
        waits_to_send = "expect" in Headers(scope=scope)

        async def read() -> Message:
            nonlocal unread
            message = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                unread = False
            return message

        async def drain() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LINGER):
                    while unread:
                        await asyncio.wait_for(read(), _PAUSE)

        async def told(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start" and unread:
                closing = True
                MutableHeaders(scope=message)["connection"] = "close"
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and closing and not waits_to_send:
                await send({**message, "more_body": True})
                await drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app(scope, read, told)
