"""A mail server that accepts everything and keeps nothing but when. Says its port; see counting.py."""

import asyncio
import time

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.due.counting import tell


class _Arrivals:
    def __init__(self) -> None:
        self.moments: list[float] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session, envelope
        self.moments.append(time.time())
        return "250 OK"


async def _serve() -> None:
    arrivals, loop = _Arrivals(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(arrivals, hostname="localhost", loop=loop), "127.0.0.1", 0
    )
    async with server:
        await tell(str(server.sockets[0].getsockname()[1]), arrivals.moments)


if __name__ == "__main__":
    asyncio.run(_serve())
