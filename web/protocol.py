"""HTTP/1.1 as uvicorn speaks it, with the patience it lacks: for a request's head, for a client that does not read.

Behind a proxy the proxy does as much; `remit up` has none.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.hardening.time_box import EVENT_STREAM_KEY
from web.problems import MEDIA_TYPE, RETRY_AFTER, ApiCode, Problem, details


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """How much of what one server's connections may have."""

    most: int = 1000
    """At once; one that comes beyond is told 503, and closed before anything is read from it."""
    backlog: int = 512
    """That wait to be accepted."""
    head_bytes: int = 32 * 1024
    """Of the request's line and headers, or of what else is not complete; beyond it the answer is 400."""
    head_seconds: float = 15
    """That a request's line and headers may take to come, from its first byte, or from the connection's begin."""
    idle_seconds: int = 15
    """That a connection is kept for another request."""
    write_seconds: float = 60
    """That a client may let an answer wait, reading nothing."""
    drain_seconds: int = 10
    """That requests under way have to end when the server stops; event streams are ended at once."""


def protocol_of(limits: Connections) -> type[asyncio.Protocol]:
    """For `uvicorn.Config`, which makes one for each connection and knows no other way to hand it limits."""
    return type("LimitedProtocol", (PatientProtocol,), {"limits": limits})


class PatientProtocol(H11Protocol):
    limits = Connections()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.limits.most:
            self._tell("there are too many connections", ApiCode.OUT_OF_REACH)
            self._end()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # h11 looks at the size of what is not complete, and a read may bring a head of any size at once.
        step = self.limits.head_bytes + 1
        for begin in range(0, len(data), step):
            if not self.transport.is_closing():
                super().data_received(data[begin : begin + step])
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        elif self._head is not None:
            self._head.cancel()
            self._head = None

    def _await_head(self) -> None:
        if self._head is None:
            seconds = self.limits.head_seconds
            self._head = self.loop.call_later(seconds, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        seconds = self.limits.write_seconds
        self._stalled = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def shutdown(self) -> None:
        """An event stream has no end to wait for: its client comes back, to whoever serves then."""
        super().shutdown()
        cycle = cast(Any, self.cycle)
        if cycle is not None and cycle.scope.get(EVENT_STREAM_KEY):
            self._end()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so, unless an answer is on its way already."""
        del msg  # that it is invalid
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._tell("this is no HTTP/1.1, or its head is too large", ApiCode.BAD_REQUEST)
        self._end()

    def _tell(self, detail: str, code: ApiCode) -> None:
        """A problem, of which no application knows."""
        problem = Problem(code, detail)
        body = details(problem, "en").model_dump_json(exclude_none=True).encode()
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", str(RETRY_AFTER).encode()))
        reason = HTTPStatus(problem.status).phrase.encode()
        for event in (
            h11.Response(status_code=problem.status, headers=headers, reason=reason),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _end(self) -> None:
        """Whoever works on a request, or waits for its body, learns that the client is gone."""
        cycle = cast(Any, self.cycle)
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()
