"""A connection between two of Remit's processes that can be cut, held up and slowed: a proxy on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, Self

Way = Literal["there", "back"]
"""Of what is sent to the server, and of what it answers."""
BOTH: tuple[Way, Way] = ("there", "back")
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
_CHUNK = 1 << 16


class Link:
    """Listens on 127.0.0.1 and passes everything on, as long as nothing is done to it."""

    def __init__(self, name: str, connect: Connect) -> None:
        """Args:
        name: from whom to whom, as the tables have it.
        connect: to the server.
        """
        self.name = name
        self._connect = connect
        self._open = {way: asyncio.Event() for way in BOTH}
        self._refuses = False
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        for way in BOTH:
            self._open[way].set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Every connection ends at once, and what is under way is lost."""
        for writer in [*self._writers]:
            writer.transport.abort()

    def refuse(self, refuses: bool) -> None:
        """Whether new connections end at once."""
        self._refuses = refuses

    def hold(self, *ways: Way) -> None:
        """Nothing comes through these ways, and nobody is told; also of connections made meanwhile."""
        for way in ways:
            self._open[way].clear()

    def release(self) -> None:
        """What was held goes on, as after packets that were sent again."""
        for way in BOTH:
            self._open[way].set()

    def slow(self, seconds: float) -> None:
        """Each piece comes so much later; 0 ends it."""
        self._delay = seconds

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            answers, server = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        both = {writer, server}
        self._writers |= both
        pumps = [
            asyncio.create_task(self._pump(reader, server, "there")),
            asyncio.create_task(self._pump(answers, writer, "back")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(pumps, timeout=1)  # the other way says goodbye
        finally:
            for one in both:
                one.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._writers -= both

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, way: Way) -> None:
        with suppress(OSError):
            while piece := await source.read(_CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._open[way].wait()
                to.write(piece)
                await to.drain()
            if to.can_write_eof():
                to.write_eof()
