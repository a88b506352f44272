"""E-mail, over SMTP to a real server."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiosmtplib
import pytest

from notifications.channel import Message, Undeliverable
from notifications.email import EmailChannel
from tests.notifications.mail_server import MailServer, mail_server, shown

_NOTICE = Message(
    message_id="6f3c2f0e-2a55-4a0b-9d5f-8f7f4f3b7a10",
    name="Анна Ковалёва, председатель",
    email="anna@example.org",
    subject="[ВГС-17/4] Reminder: due 2026-03-31, согласовать единые фитосанитарные правила и формы",
    text="Напоминание.\n\nInstruction ВГС-17/4: “Line two”, with \\ and …\n",
)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


def _channel(port: int, sender: str = "Ремит <remit@reports.example.org>") -> EmailChannel:
    return EmailChannel(host="127.0.0.1", port=port, sender=sender)


async def test_a_notice_arrives_as_it_was_written(server: MailServer) -> None:
    reference = await _channel(server.port).send(_NOTICE)
    (mail,) = server.received
    assert server.recipients == ["anna@example.org"]
    assert shown(mail, "To") == f"{_NOTICE.name} <anna@example.org>"
    assert shown(mail, "From") == "Ремит <remit@reports.example.org>"
    assert shown(mail, "Subject") == _NOTICE.subject
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n") == _NOTICE.text
    assert mail["Auto-Submitted"] == "auto-generated"
    age = datetime.now(UTC) - parsedate_to_datetime(mail["Date"])
    assert abs(age) < timedelta(minutes=1)
    assert "queued as 7" in reference


async def test_every_attempt_carries_the_same_message_id(server: MailServer) -> None:
    for _ in range(2):
        await _channel(server.port).send(_NOTICE)
    ids = {mail["Message-ID"] for mail in server.received}
    assert ids == {f"<{_NOTICE.message_id}@reports.example.org>"}
    assert len(server.received) == 2


async def test_a_sender_without_a_name_will_do(server: MailServer) -> None:
    await _channel(server.port, "remit@localhost").send(_NOTICE)
    assert server.received[0]["Message-ID"] == f"<{_NOTICE.message_id}@localhost>"


async def test_the_reference_names_no_address_however_the_server_writes_it(
    server: MailServer,
) -> None:
    """It goes into the log for good."""
    server.answer_to_message = "250 <Anna@XN--E1AFMKFD.xn--90ais> queued as 7"
    reference = await _channel(server.port).send(replace(_NOTICE, email="anna@пример.бел"))
    assert reference.endswith("<address> queued as 7")
    assert "anna" not in reference.lower()


async def test_a_name_cannot_smuggle_in_a_header(server: MailServer) -> None:
    await _channel(server.port).send(replace(_NOTICE, name="Anna\r\nBcc: all@example.org"))
    (mail,) = server.received
    assert mail["Bcc"] is None
    assert shown(mail, "To") == '"Anna Bcc: all@example.org" <anna@example.org>'
    assert server.recipients == ["anna@example.org"]


async def test_a_domain_in_cyrillic_is_written_as_every_server_understands_it(
    server: MailServer,
) -> None:
    await _channel(server.port).send(replace(_NOTICE, email="anna@пример.бел"))
    assert server.recipients == ["anna@xn--e1afmkfd.xn--90ais"]


@pytest.mark.parametrize("answer", ["550 no such user", "553 not here"])
async def test_a_refused_recipient_is_final(server: MailServer, answer: str) -> None:
    server.answer_to_recipient = answer
    with pytest.raises(Undeliverable, match=rf"refused the recipient \({answer[:3]}\)") as refused:
        await _channel(server.port).send(_NOTICE)
    assert "anna" not in str(refused.value), "the reason goes into the log for good"


@pytest.mark.parametrize("answer", ["451 try again later", "421 too busy"])
async def test_a_recipient_refused_for_now_is_tried_again(server: MailServer, answer: str) -> None:
    server.answer_to_recipient = answer
    with pytest.raises(aiosmtplib.SMTPException):
        await _channel(server.port).send(_NOTICE)
    server.answer_to_recipient = "250 OK"
    await _channel(server.port).send(_NOTICE)
    assert len(server.received) == 1


async def test_nobody_listening_is_an_error_to_be_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await _channel(unused.getsockname()[1]).send(_NOTICE)


@pytest.mark.parametrize(
    "address", [None, "", "anna", "anna@", "a b@example.org", "анна@example.org"]
)
async def test_without_an_address_nothing_can_be_delivered(
    server: MailServer, address: str | None
) -> None:
    with pytest.raises(Undeliverable, match="address"):
        await _channel(server.port).send(replace(_NOTICE, email=address))
    assert server.received == []
