"""Runs a web application by uvicorn, for as long as a block does."""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from web.protocol import Connections, protocol_of


class _Server(uvicorn.Server):
    """Says when it has begun, and leaves the process's signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """For `serving`, which closes it; on any free port if it is 0.

    Raises `OSError` if the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # asyncio sees to it only for sockets that were made with the protocol's number. Without it the second part of an
    # answer waits 40 ms for the client to acknowledge the first. Connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def serving(
    app: Callable[..., Awaitable[None]],
    listener: socket.socket,
    connections: Connections | None = None,
) -> AsyncGenerator[str]:
    """Answer there; gives the URL. Ends once what is under way has, or `connections.drain_seconds` later."""
    limits = connections or Connections()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # A line for each request would hold its path, and that of a feed is a secret.
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        interface="asgi3",
        log_config=None,
        log_level=None,
        http=protocol_of(limits),
        server_header=False,
        proxy_headers=False,  # uvicorn would believe whoever is on this machine
        backlog=limits.backlog,
        h11_max_incomplete_event_size=limits.head_bytes,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=limits.drain_seconds,
    )
    with listener:
        host, port, *_ = listener.getsockname()
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        begun = asyncio.create_task(server.begun.wait())
        try:
            await asyncio.wait([begun, running], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
        finally:
            begun.cancel()
            server.should_exit = True
            await running
