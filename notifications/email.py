"""Notices by e-mail, over SMTP by aiosmtplib."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage

import aiosmtplib

from notifications.channel import Message, Undeliverable


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailChannel:
    """Sends through one mail server. A refused recipient is final; anything else is tried again."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = None
    starttls: bool | None = None
    """True insists on it, False never tries, None uses it where the server offers it."""
    max_attempts: int = 10
    name: str = "email"

    async def send(self, message: Message) -> str:
        if message.email is None:
            raise Undeliverable("no e-mail address is known")
        try:
            refused, answer = await aiosmtplib.send(
                _mail(message, self.sender),
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                start_tls=self.starttls,
                timeout=20,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [recipient.code for recipient in error.recipients]
            if all(code >= 500 for code in codes):
                raise Undeliverable(f"the mail server refused {message.email}: {codes}") from error
            raise
        _none_refused(refused, message.email)
        return f"{message.message_id} {answer}"


def _none_refused(refused: Mapping[str, object], address: str) -> None:
    if refused:
        raise Undeliverable(f"the mail server refused {address}: {refused}")


def _mail(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = Address(message.name, addr_spec=message.email or "")
    mail["Subject"] = message.subject
    mail["Message-ID"] = f"<{message.message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail
