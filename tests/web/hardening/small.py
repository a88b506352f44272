"""A small application behind all the protection, served for real; and a client that need not speak HTTP."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from errno import EHOSTUNREACH, ENOENT, ENOSPC
from socket import gaierror
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from fastapi import FastAPI, File, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send
from temporalio.service import RPCError, RPCStatusCode

from eventstore.protocol import AppendFailed
from web.hardening.last_resort import install
from web.hardening.limits import BodyLimit, Limits
from web.hardening.protection import protected
from web.hardening.rates import Rates
from web.problems import ApiCode, Problem
from web.protocol import Connections
from web.serving import listen, serving
from workflows.client import NoAnswer

SECRET = "correct horse battery staple"
UPLOADS = BodyLimit(most_bytes=64 * 1024)


class Order(BaseModel):
    text: str
    percent: Annotated[int, Field(ge=0, le=100)] = 0


@dataclass(kw_only=True)
class Small:
    """Args:
    under_way: set once a request to /forever or /events is being worked on.
    cancelled: set once that was cancelled.
    """

    url: str
    reader: httpx.AsyncClient
    rates: Rates
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    under_way: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def raw(self, sent: bytes) -> bytes:
        """All that the server says to these bytes, until it closes the connection."""
        reader, writer = await self.connect()
        try:
            writer.write(sent)
            return await reader.read()
        finally:
            writer.transport.abort()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        at = urlsplit(self.url)
        return await asyncio.open_connection(at.hostname, at.port)


@asynccontextmanager
async def small(
    limits: Limits | None = None,
    connections: Connections | None = None,
    clock: Callable[[], float] | None = None,
) -> AsyncGenerator[Small]:
    used = limits or Limits()
    rates = Rates(used, clock=clock) if clock else Rates(used)
    # To read the machine's certificates, which it needs none of, takes longer than most tests.
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(trust_env=False, verify=no_certificates, timeout=60) as reader:
        at = Small(url="", reader=reader, rates=rates)
        app = protected(
            _application(at),
            used,
            rates,
            body_limit=lambda path: UPLOADS if path == "/uploads" else None,
            is_endless=lambda path: path in ("/events", "/flood"),
        )
        async with serving(app, listen("127.0.0.1", 0), connections) as url:
            at.url = url
            yield at


def _application(at: Small) -> FastAPI:
    app = FastAPI(openapi_url=None)
    install(app)

    @app.get("/seen")
    async def seen(request: Request) -> dict[str, Any]:
        client = request.client
        return {"client": client and client.host, "scheme": request.url.scheme}

    @app.post("/orders")
    async def orders(order: Order) -> Order:
        return order

    @app.get("/orders")
    async def ordered(most: int = 1, of: str = "") -> dict[str, Any]:
        return {"most": most, "of": of}

    @app.get("/orders/{number}")
    async def one(number: str) -> str:
        return number

    @app.put("/uploads")
    async def uploads(request: Request) -> int:
        return len(await request.body())

    @app.post("/files")
    async def files(file: Annotated[bytes, File()]) -> int:
        return len(file)

    @app.post("/unread")
    async def unread() -> str:
        return "not interested"

    @app.api_route("/forever", methods=["GET", "POST"])
    async def forever() -> None:
        await _until_cancelled(at)

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def told() -> AsyncIterator[bytes]:
            yield b"data: begun\n\n"
            await _until_cancelled(at)

        return StreamingResponse(told(), media_type="text/event-stream")

    @app.get("/flood")
    async def flood() -> StreamingResponse:
        async def told() -> AsyncIterator[bytes]:
            while True:
                yield bytes(65536)

        return Ending(told(), media_type="application/octet-stream")

    class Ending(StreamingResponse):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await super().__call__(scope, receive, send)
            finally:
                at.cancelled.set()

    @app.get("/person/{person}")
    async def person(person: str, request: Request) -> None:
        await at.rates.of_person(request.scope, person)

    @app.get("/refused")
    async def refused() -> None:
        raise Problem(ApiCode.NOT_SIGNED_IN, "this token is none of ours")

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        await at.rates.failed(request.scope)
        return Response("wrong", 400)

    @app.api_route("/fail/{how}", methods=["GET", "POST"])
    async def fail(how: str) -> None:
        raise failures()[how]

    return app


def failures() -> dict[str, Exception]:
    return {
        "defect": ZeroDivisionError(SECRET),
        "database": asyncpg.CannotConnectNowError(SECRET),
        "cut": ConnectionResetError(SECRET),
        "no-name": gaierror(-2, SECRET),
        "no-way": OSError(EHOSTUNREACH, SECRET),
        "no-address": OSError(f"Multiple exceptions: {SECRET}"),
        "file": FileNotFoundError(ENOENT, SECRET, SECRET),
        "disk": OSError(ENOSPC, SECRET),
        "append": AppendFailed(SECRET),
        "no-answer": NoAnswer(SECRET),
        "rpc": RPCError(SECRET, RPCStatusCode.UNAVAILABLE, b""),
        "connect": RuntimeError(f"Failed client connect: {SECRET}"),
        "other": RuntimeError(SECRET),
    }


async def _until_cancelled(at: Small) -> None:
    at.under_way.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        at.cancelled.set()
        raise
