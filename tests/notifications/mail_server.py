"""A mail server on this machine that keeps what it is given, or refuses it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(kw_only=True)
class MailServer:
    port: int = 0
    answer_to_recipient: str = "250 OK"
    busy_for: str | None = None
    """An address that it takes nothing for at present."""
    answer_to_message: str = "250 queued as 7"
    held: str | None = None
    """An address that mail is accepted for, and the answer held back, until `released`."""
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[Message] = field(default_factory=list[Message])
    recipients: list[str] = field(default_factory=list[str])

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        del server, session, rcpt_options
        if address == self.busy_for:
            return "451 try again later"
        if self.answer_to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(  # noqa: N802 - likewise
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        assert isinstance(envelope.content, bytes)
        self.received.append(message_from_bytes(envelope.content))
        self.recipients += [str(recipient) for recipient in envelope.rcpt_tos]
        if self.held in envelope.rcpt_tos:
            self.holding.set()
            await self.released.wait()
        return self.answer_to_message


@asynccontextmanager
async def mail_server() -> AsyncGenerator[MailServer]:
    kept = MailServer()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(kept, hostname="localhost", loop=loop), "127.0.0.1", 0
    )
    kept.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield kept


def shown(mail: Message, header: str) -> str:
    """A header as a mail program shows it.

    The parser of `email.policy.default` puts a blank between the encoded parts of a long name, which
    mail programs and RFC 2047 do not.
    """
    return str(make_header(decode_header(mail[header])))
