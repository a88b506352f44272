"""A web server on this machine that keeps what it is sent, and answers as it is told."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from web.serving import listen, serving

Answer = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class Receiver:
    url: str = ""
    answer: Callable[[], Answer] = lambda: (204, {})
    received: list[Request] = field(default_factory=list[Request])

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            piece = await receive()
            body += piece.get("body", b"")
            more = piece.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append(Request(path=scope["path"], headers=headers, body=body))
        status, told = self.answer()
        pairs = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def receiver() -> AsyncGenerator[Receiver]:
    kept = Receiver()
    async with serving(kept.app, listen("127.0.0.1", 0)) as url:
        kept.url = url
        yield kept
