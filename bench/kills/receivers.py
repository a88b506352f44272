"""A mail server and a webhook's receiver that accept everything, and count it by message id."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from web.serving import listen, serving

SECRET = "whsec_" + "c2VjcmV0" * 4


@dataclass(kw_only=True)
class Receipts:
    """Everything that was accepted: by channel and message id, when (monotonic)."""

    moments: dict[tuple[str, str], list[float]] = field(
        default_factory=dict[tuple[str, str], list[float]]
    )
    total: int = 0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, channel: str, message_id: str) -> None:
        self.moments.setdefault((channel, message_id), []).append(time.monotonic())
        self.total += 1
        self._arrived.set()

    async def until(self, total: int) -> None:
        """Wait until so many have arrived, those that came twice included."""
        while self.total < total:
            self._arrived.clear()
            await self._arrived.wait()


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Where they listen, on this machine, and what they got."""

    mail_port: int
    webhook_url: str
    receipts: Receipts


@asynccontextmanager
async def receivers() -> AsyncGenerator[Receivers]:
    receipts = Receipts()
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(
        lambda: SMTP(_Mail(receipts), hostname="localhost", loop=loop), "127.0.0.1", 0
    )
    async with mail, serving(_Hook(receipts), listen("127.0.0.1", 0)) as url:
        port = mail.sockets[0].getsockname()[1]
        yield Receivers(mail_port=port, webhook_url=f"{url}/notices", receipts=receipts)


class _Mail:
    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        assert isinstance(envelope.content, bytes)
        named = message_from_bytes(envelope.content)["Message-ID"].strip("<>")
        self._receipts.note("email", named.partition("@")[0])
        return "250 OK"


class _Hook:
    """Refuses what is not signed as Standard Webhooks has it, or under another id than it says inside."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            piece = await receive()
            if piece["type"] == "http.disconnect":
                return  # whoever was sending it is dead
            body += piece.get("body", b"")
            more = piece.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        event = Webhook(SECRET).verify(body, headers)
        assert event["id"] == headers["webhook-id"], event
        self._receipts.note("webhook", headers["webhook-id"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
