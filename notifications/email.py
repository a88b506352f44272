"""Notices by e-mail, over SMTP by aiosmtplib.

All notices of one instruction refer to the same message, which was never sent: mail programs show them
as one conversation. Its deadline comes along as a calendar entry. A digest stands alone.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from typing import Any, cast

import aiosmtplib

from notifications.calendar import DeadlineEntry, calendar
from notifications.channel import Message, Undeliverable, at_once
from notifications.compose import Notice

_ADDRESS = re.compile(r"\S*@\S*")
"""Whatever looks like one in a server's answer, which goes into the log: however it writes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailChannel:
    """Sends through one mail server. A refused recipient is final; anything else is tried again.

    With the pauses of the deliver activity (up to five minutes) 300 attempts take about a day.
    """

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool | None = None
    """True insists on it, False never tries, None uses it where the server offers it."""
    max_attempts: int = 300
    name: str = "email"

    async def send(self, message: Message) -> str:
        # Six milliseconds, in which nothing else would get on.
        mail = await asyncio.to_thread(_mail, message, _address(message), self.sender)
        session = _Session(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            start_tls=self.starttls,
            timeout=20,
        )
        session.turn = message.turn
        try:
            await session.connect()
            _, answer = await session.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(recipient.code >= 500 for recipient in error.recipients):
                raise _refused(recipient.code for recipient in error.recipients) from error
            raise
        finally:
            session.close()  # what was accepted stays accepted, however long a farewell would take
        return f"{message.message_id} {_ADDRESS.sub('<address>', answer)}"


class _Session(aiosmtplib.SMTP):
    """One mail, which waits for its turn when all but the mail itself is said."""

    turn: Callable[[], Awaitable[None]] = staticmethod(at_once)

    async def data(self, *given: Any, **settings: Any) -> aiosmtplib.SMTPResponse:
        await self.turn()
        return await super().data(*given, **settings)


def _address(message: Message) -> Address:
    """Raises `Undeliverable` if there is none, or none that mail can be sent to."""
    if message.to.email is None:
        raise Undeliverable("no e-mail address is known")
    local, _, domain = message.to.email.rpartition("@")
    try:
        if not local or not domain:
            raise ValueError("it needs a name, an @ and a domain")
        ascii_domain = domain.encode("idna").decode()
        return Address(" ".join(message.to.name.split()), addr_spec=f"{local}@{ascii_domain}")
    except (ValueError, MessageError, AttributeError, IndexError) as error:  # as the parser fails
        raise Undeliverable("what is on file is no e-mail address; correct it there") from error


def _mail(message: Message, to: Address, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = message.letter.subject
    mail["Date"] = datetime.now(UTC)
    own = cast(AddressHeader, mail["From"]).addresses[0]
    mail["Message-ID"] = f"<{message.message_id}@{own.domain}>"
    told_of = {notice.instruction: notice for notice in message.notices}
    if len(told_of) == 1:
        root = f"<{message.notices[0].instruction}@{own.domain}>"
        mail["References"] = root
        mail["In-Reply-To"] = root
    mail["List-Id"] = f"Remit <notices.{own.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"  # what Exchange heeds instead
    mail.set_content(message.letter.text)
    mail.add_alternative(message.letter.html, subtype="html")
    if not told_of:
        return mail
    language = message.notices[0].language
    mail.add_attachment(
        calendar(map(_entry, told_of.values()), language=language, organizer=own.addr_spec),
        maintype="text",
        subtype="calendar",
        filename="deadline.ics",
        params={"charset": "utf-8", "method": "PUBLISH"},
    )
    return mail


def _entry(notice: Notice) -> DeadlineEntry:
    return DeadlineEntry(
        instruction=notice.instruction,
        number=notice.number,
        text=notice.text,
        issuer=notice.issuer_name,
        lead=notice.lead_names,
        on=notice.deadline.on,
        instant=notice.deadline.instant,
        standing=notice.standing,
        sequence=notice.sequence,
        changed_at=notice.occurred_at,
    )


def _refused(codes: Iterable[int]) -> Undeliverable:
    """Codes only: what a mail server says beside them often repeats the address."""
    listed = ", ".join(str(code) for code in codes)
    return Undeliverable(f"the mail server refused the recipient ({listed})")
