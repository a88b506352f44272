"""Whoever is outside, and hears the heartbeat: a real HTTP server."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    path: str
    said: str


@dataclass(kw_only=True, slots=True)
class Listener:
    url: str
    heard: list[Beat] = field(default_factory=list[Beat])
    answer: int = 200

    async def hears(self, what: Callable[[Beat], bool], seconds: float = 30) -> Beat:
        """The next beat that is like this, from now on. Raises `TimeoutError`."""
        done = len(self.heard)
        async with asyncio.timeout(seconds):
            while True:
                for beat in self.heard[done:]:
                    if what(beat):
                        return beat
                await asyncio.sleep(0.02)


@asynccontextmanager
async def listening() -> AsyncGenerator[Listener]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            listener.heard.append(Beat(path=self.path, said=body.decode()))
            self.send_response(listener.answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        listener = Listener(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listener
        finally:
            await asyncio.to_thread(server.shutdown)
            thread.join()
