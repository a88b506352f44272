"""E-mail, over SMTP to a real server."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message as MailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import aiosmtplib
import pytest
from icalendar import Calendar

from domain.instruction import events as e
from domain.instruction.state import Completed
from notifications.channel import Message, Undeliverable
from notifications.email import EmailChannel
from notifications.trial import trial_letter
from tests.notifications.mail_server import MailServer, mail_server, shown
from tests.notifications.notices import INSTRUCTION, NUMBER, example, issued, message, told

_NOTICE = message(email="anna@example.org")


def _to(**changed: str | None) -> Message:
    return replace(_NOTICE, to=replace(_NOTICE.to, **changed))


def _part(mail: MailMessage, content_type: str) -> bytes:
    [found] = [part for part in mail.walk() if part.get_content_type() == content_type]
    body = found.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body


def _lines(text: bytes) -> str:
    return text.decode().replace("\r\n", "\n")


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


def _channel(port: int, sender: str = "Ремит <remit@reports.example.org>") -> EmailChannel:
    return EmailChannel(host="127.0.0.1", port=port, sender=sender)


async def test_a_trial_of_the_channel_arrives_with_nothing_else(server: MailServer) -> None:
    letter = trial_letter("en")
    await _channel(server.port).send(replace(_NOTICE, letter=letter, notices=(), trial=True))
    (mail,) = server.received
    assert shown(mail, "Subject") == letter.subject
    assert _lines(_part(mail, "text/plain")) == letter.text
    assert mail["References"] is None
    assert "text/calendar" not in [part.get_content_type() for part in mail.walk()]


async def test_a_notice_arrives_as_it_was_written(server: MailServer) -> None:
    reference = await _channel(server.port).send(_NOTICE)
    (mail,) = server.received
    assert server.recipients == ["anna@example.org"]
    assert shown(mail, "To") == f"{_NOTICE.to.name} <anna@example.org>"
    assert shown(mail, "From") == "Ремит <remit@reports.example.org>"
    assert shown(mail, "Subject") == _NOTICE.letter.subject
    assert _lines(_part(mail, "text/plain")) == _NOTICE.letter.text
    assert _lines(_part(mail, "text/html")) == _NOTICE.letter.html
    assert "фитосанитарные" in _NOTICE.letter.text
    assert "фитосанитарные" in _NOTICE.letter.html
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
    reference = await _channel(server.port).send(_to(email="anna@пример.бел"))
    assert reference.endswith("<address> queued as 7")
    assert "anna" not in reference.lower()


async def test_a_name_cannot_smuggle_in_a_header(server: MailServer) -> None:
    await _channel(server.port).send(_to(name="Anna\r\nBcc: all@example.org"))
    (mail,) = server.received
    assert mail["Bcc"] is None
    assert shown(mail, "To") == '"Anna Bcc: all@example.org" <anna@example.org>'
    assert server.recipients == ["anna@example.org"]


async def test_a_domain_in_cyrillic_is_written_as_every_server_understands_it(
    server: MailServer,
) -> None:
    await _channel(server.port).send(_to(email="anna@пример.бел"))
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
    "address",
    [
        None,
        "",
        "anna",
        "anna@",
        "a b@example.org",
        "анна@example.org",
        "<a>@example.org",
        "a@b@example.org",
        "(@example.org",
        "a@[1",
    ],
)
async def test_without_an_address_nothing_can_be_delivered(
    server: MailServer, address: str | None
) -> None:
    with pytest.raises(Undeliverable, match="address"):
        await _channel(server.port).send(_to(email=address))
    assert server.received == []


async def test_it_is_made_so_that_machines_do_not_answer_it(server: MailServer) -> None:
    await _channel(server.port).send(_NOTICE)
    (mail,) = server.received
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "Remit <notices.reports.example.org>"


async def test_all_notices_of_an_instruction_are_one_conversation(server: MailServer) -> None:
    later = message(told(example(e.Cancelled)), email="anna@example.org")
    for sent in (_NOTICE, replace(later, message_id="another")):
        await _channel(server.port).send(sent)
    root = f"<{INSTRUCTION}@reports.example.org>"
    assert [mail["References"].strip() for mail in server.received] == [root, root]
    assert [mail["In-Reply-To"].strip() for mail in server.received] == [root, root]
    assert root not in [mail["Message-ID"] for mail in server.received]


async def _entry(server: MailServer, sent: Message) -> Any:
    """The entry of the calendar that comes with the message, as a calendar program reads it."""
    await _channel(server.port).send(sent)
    mail = server.received[-1]
    [attached] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_filename() == "deadline.ics"
    read = Calendar.from_ical(_part(mail, "text/calendar").decode())
    assert str(read["method"]) == "PUBLISH"
    [entry] = read.events
    return entry


async def test_the_deadline_comes_along_for_the_calendar(server: MailServer) -> None:
    entry = await _entry(server, _NOTICE)
    assert str(entry["uid"]) == INSTRUCTION
    assert (entry["sequence"], str(entry["status"])) == (3, "CONFIRMED")
    assert (entry.start.isoformat(), entry.end.isoformat()) == ("2026-03-31", "2026-04-01")
    assert str(entry["summary"]).startswith(
        f"[{NUMBER}] Согласовать единые фитосанитарные правила."
    )
    assert "Issued by: Совет министров" in str(entry["description"])
    assert str(entry["organizer"]) == "mailto:remit@reports.example.org"


async def test_the_entry_of_a_closed_instruction_is_cancelled(server: MailServer) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    done = Completed(record=issued().record, submitted_at=at, accepted_at=at)
    notice = told(example(e.InstructionCompleted), state=done, sequence=9)
    entry = await _entry(server, message(notice, email="anna@example.org"))
    assert str(entry["uid"]) == INSTRUCTION, "the same entry as before"
    assert (entry["sequence"], str(entry["status"])) == (9, "CANCELLED")


async def test_a_deadline_that_is_an_instant_is_one_in_the_calendar(server: MailServer) -> None:
    at = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    deadline = issued().record.deadline.model_copy(update={"on": None, "instant": at})
    notice = told(example(e.ReminderDue), state=issued(deadline=deadline))
    entry = await _entry(server, message(notice, email="anna@example.org"))
    assert entry["dtstart"].dt == at


async def test_several_instructions_in_one_mail_are_no_conversation(server: MailServer) -> None:
    one = told(example(e.ReminderDue))
    other = replace(one, instruction="instruction-other", number="N-2")
    await _channel(server.port).send(message(one, other, email="anna@example.org"))
    (mail,) = server.received
    assert mail["References"] is None
    read = Calendar.from_ical(_part(mail, "text/calendar").decode())
    assert [str(entry["uid"]) for entry in read.events] == [INSTRUCTION, "instruction-other"]
