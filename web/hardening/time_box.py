"""A request's work ends in time, and with the client who asked for it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.closing import has_body
from web.problems import ApiCode, Problem

EVENT_STREAM_KEY = "remit.event_stream"
"""In the scope of a request that is being answered with an endless stream: `web.protocol` ends it at shutdown."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DISCONNECT: Message = {"type": "http.disconnect"}


class TimeBox:
    """Cancels the work when its time is over, or the client is gone.

    Args:
        seconds: that the work may take; waiting for the body is not counted, it has a limit of its own.
        is_endless: whether a path is without such a limit, as streams and exports are.

    Raises `Problem` where the answer has not begun: outcome-unknown for what may have changed something, else
    out-of-reach. An answer that has begun ends as it is, and the connection is closed.
    """

    def __init__(self, app: ASGIApp, seconds: float, is_endless: Callable[[str], bool]) -> None:
        self._app = app
        self._seconds = seconds
        self._is_endless = is_endless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = None if self._is_endless(scope["path"]) else self._seconds
        box = asyncio.timeout(seconds)
        work = _Work(box, scope, receive, send)
        try:
            async with box:
                await work.begin()
                await self._app(scope, work.receive, work.send)
        except TimeoutError:
            if not box.expired():
                raise
            if not work.gone.is_set() and not work.answering:
                raise _over(scope["method"], self._seconds) from None
        finally:
            await work.end()


class _Work:
    """One request under way. Once its body is in, a task waits for the client to go away."""

    def __init__(self, box: asyncio.Timeout, scope: Scope, receive: Receive, send: Send) -> None:
        self._box = box
        self._scope = scope
        self._receive = receive
        self._send = send
        self._first: Message | None = None
        self._complete = False
        self._answered = False
        self._watch: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()
        self.answering = False

    async def begin(self) -> None:
        """Where there is no body, the client is watched from the first moment."""
        if not has_body(self._scope):
            self._first = await self._read()

    async def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def receive(self) -> Message:
        if self._first is not None:
            message, self._first = self._first, None
            return message
        if self._complete:
            await self.gone.wait()
            return _DISCONNECT
        return await self._read()

    async def _read(self) -> Message:
        message = await self._paused()
        if message["type"] == "http.disconnect":
            self._complete = True
            self._client_left()
        elif not message.get("more_body", False):
            self._complete = True
            self._watch = asyncio.create_task(self._until_gone())
        return message

    async def _paused(self) -> Message:
        """The clock stands still meanwhile."""
        due = self._box.when()
        if due is None or self._box.expired():
            return await self._receive()
        loop = asyncio.get_running_loop()
        before = loop.time()
        self._box.reschedule(None)
        try:
            return await self._receive()
        finally:
            self._box.reschedule(due + loop.time() - before)

    async def _until_gone(self) -> None:
        await self._receive()
        self._client_left()

    def _client_left(self) -> None:
        self.gone.set()
        # After an answer a server tells of it too; what goes on then is no longer the client's.
        if not self._answered and not self._box.expired():
            self._box.reschedule(asyncio.get_running_loop().time())

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answering = True
            kind = Headers(raw=message.get("headers", [])).get("content-type", "")
            self._scope[EVENT_STREAM_KEY] = kind.startswith("text/event-stream")
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._answered = True
        await self._send(message)
        if not self._answered:
            # To a client who is gone, uvicorn sends without waiting: a stream that waits for nothing either would
            # never let the loop find out.
            await asyncio.sleep(0)


def _over(method: str, seconds: float) -> Problem:
    if method in SAFE_METHODS:
        return Problem(ApiCode.OUT_OF_REACH, f"there was no answer within {seconds:g} s")
    return Problem(ApiCode.OUTCOME_UNKNOWN, f"it was not done within {seconds:g} s")
