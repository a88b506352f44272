"""Notices by e-mail, over SMTP by aiosmtplib."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from typing import cast

import aiosmtplib

from notifications.channel import Message, Undeliverable

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
    password: str | None = None
    starttls: bool | None = None
    """True insists on it, False never tries, None uses it where the server offers it."""
    max_attempts: int = 300
    name: str = "email"

    async def send(self, message: Message) -> str:
        mail = _mail(message, _address(message), self.sender)
        try:
            _, answer = await aiosmtplib.send(
                mail,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                start_tls=self.starttls,
                timeout=20,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(recipient.code >= 500 for recipient in error.recipients):
                raise _refused(recipient.code for recipient in error.recipients) from error
            raise
        return f"{message.message_id} {_ADDRESS.sub('<address>', answer)}"


def _address(message: Message) -> Address:
    """Raises `Undeliverable` if there is none, or none that mail can be sent to."""
    if message.email is None:
        raise Undeliverable("no e-mail address is known")
    local, _, domain = message.email.rpartition("@")
    try:
        if not local or not domain:
            raise ValueError("it needs a name, an @ and a domain")
        ascii_domain = domain.encode("idna").decode()
        return Address(" ".join(message.name.split()), addr_spec=f"{local}@{ascii_domain}")
    except ValueError as error:
        raise Undeliverable("what is on file is no e-mail address; correct it there") from error


def _mail(message: Message, to: Address, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = message.subject
    mail["Date"] = datetime.now(UTC)
    domain = cast(AddressHeader, mail["From"]).addresses[0].domain
    mail["Message-ID"] = f"<{message.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _refused(codes: Iterable[int]) -> Undeliverable:
    """Codes only: what a mail server says beside them often repeats the address."""
    listed = ", ".join(str(code) for code in codes)
    return Undeliverable(f"the mail server refused the recipient ({listed})")
