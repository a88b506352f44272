"""A body is at most so large, and comes at a pace: nobody holds a request open by a byte now and then."""

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.limits import BodyLimit
from web.problems import ApiCode, Problem


class Bodies:
    """Raises `Problem`: body-too-large, by the length that is declared or the bytes that came; body-too-slow.

    Args:
        limit_of: the limit of a request, by its scope.
    """

    def __init__(self, app: ASGIApp, limit_of: Callable[[Scope], BodyLimit]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit_of(scope)
        declared = Headers(scope=scope).get("content-length")
        if declared is not None and int(declared) > limit.most_bytes:
            raise _too_large(limit)
        reading = _Reading(limit, receive, send)
        try:
            await self._app(scope, reading.receive, reading.send)
        except Exception:
            if reading.problem is None:
                raise
        # Whatever the application has made of it: a framework tells of a body that it could not parse.
        if reading.problem is not None and not reading.answering:
            raise reading.problem


class _Reading:
    """One request's body, on its way in."""

    def __init__(self, limit: BodyLimit, receive: Receive, send: Send) -> None:
        self._limit = limit
        self._receive = receive
        self._send = send
        self._complete = False
        self._bytes = 0
        self._waited = 0.0
        self.problem: Problem | None = None
        self.answering = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self.problem is not None:
            raise self.problem
        before = time.monotonic()
        patience = asyncio.timeout(self._patience() - self._waited)
        try:
            async with patience:
                message = await self._receive()
        except TimeoutError:
            if not patience.expired():
                raise
            self.problem = Problem(
                ApiCode.BODY_TOO_SLOW,
                f"{self._bytes} bytes of the body came in {self._waited + time.monotonic() - before:.0f} s",
            )
            raise self.problem from None
        # Only what is spent waiting: that the application takes its time is not the client's fault.
        self._waited += time.monotonic() - before
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self._limit.most_bytes:
            self.problem = _too_large(self._limit)
            raise self.problem
        return message

    def _patience(self) -> float:
        """Seconds that may be waited by the time the next bytes come."""
        paced = self._limit.grace_seconds + self._bytes / self._limit.bytes_per_second
        return min(self._limit.seconds, paced)

    async def send(self, message: Message) -> None:
        if self.problem is None or self.answering:
            self.answering = True
            await self._send(message)


def _too_large(limit: BodyLimit) -> Problem:
    return Problem(ApiCode.BODY_TOO_LARGE, f"the body may have {limit.most_bytes} bytes here")
