"""Webhooks, over HTTP to a real server, read as a receiver reads them."""

import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook, WebhookVerificationError

from domain.instruction import events as e
from eventstore.addresses import new_webhook_secret
from notifications.channel import DigestTold, Message, Undeliverable
from notifications.letter import Letter
from notifications.trial import trial_letter
from notifications.webhook import WebhookBusy, WebhookChannel, WebhookNotTaken
from settings import Settings
from tests.notifications.notices import INSTRUCTION, NUMBER, example, message, told
from tests.notifications.receiver import Receiver, Request, receiver
from worker import channels

_SECRET = new_webhook_secret()
_HERE = ip_network("127.0.0.0/8")


@pytest.fixture
async def at() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


def _channel() -> WebhookChannel:
    return WebhookChannel(source="urn:remit:test", networks=(_HERE,))


def _to(url: str) -> Message:
    return message(webhook_url=url, webhook_secret=_SECRET)


async def test_a_receiver_can_check_who_sent_it(at: Receiver) -> None:
    reference = await _channel().send(_to(f"{at.url}/hooks/7"))
    [request] = at.received
    assert reference == f"{_to(at.url).message_id} 204"
    assert request.path == "/hooks/7"
    assert request.headers["host"] == at.url.removeprefix("http://")
    headers = dict(request.headers)
    assert Webhook(_SECRET).verify(request.body, headers) == json.loads(request.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify(request.body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(_SECRET).verify(request.body.replace(b"Reminder", b"Rem1nder"), headers)


def _read(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    event = from_structured_event(HTTPMessage(headers=dict(request.headers), body=request.body))
    data = event.get_data()
    assert isinstance(data, dict)
    return dict(event.get_attributes()), data


async def test_it_is_a_cloud_event(at: Receiver) -> None:
    sent = _to(at.url)
    await _channel().send(sent)
    attributes, data = _read(at.received[0])
    assert at.received[0].headers["content-type"] == "application/cloudevents+json"
    occurred_at = attributes.pop("time")
    assert occurred_at == example(e.ReminderDue).occurred_at
    assert attributes == {
        "specversion": "1.0",
        "id": sent.message_id,
        "source": "urn:remit:test",
        "type": "remit.notice.ReminderDue",
        "subject": NUMBER,
        "datacontenttype": "application/json",
    }
    [notice] = data["notices"]
    assert notice["instruction"] == INSTRUCTION
    assert notice["text"].startswith("Согласовать единые фитосанитарные правила.")
    assert notice["deadline"]["on"] == "2026-03-31"
    assert notice["issuer"] == {"id": "council-of-ministers", "name": "Совет министров"}
    assert data["title"] == sent.letter.subject


async def test_several_notices_are_one_event(at: Receiver) -> None:
    one = told(example(e.ReminderDue))
    other = replace(one, instruction="instruction-other", number="N-2")
    await _channel().send(message(one, other, webhook_url=at.url, webhook_secret=_SECRET))
    attributes, data = _read(at.received[0])
    assert attributes["type"] == "remit.notices"
    assert "subject" not in attributes
    assert [notice["number"] for notice in data["notices"]] == [NUMBER, "N-2"]


async def test_a_digest_is_an_event_of_its_programme(at: Receiver) -> None:
    about = DigestTold(
        programme="union-2024",
        language="en",
        since=datetime(2026, 3, 2, 6, tzinfo=UTC),
        at=datetime(2026, 3, 9, 6, tzinfo=UTC),
        due_at=datetime(2026, 3, 9, 6, tzinfo=UTC),
        late=False,
    )
    letter = Letter(subject="Union: a week", text="Figures", html="<p>Figures</p>")
    sent = replace(_to(at.url), letter=letter, notices=(), digest=about)
    await _channel().send(sent)
    attributes, data = _read(at.received[0])
    assert (attributes["type"], attributes["subject"]) == ("remit.digest", "union-2024")
    assert attributes["id"] == sent.message_id
    assert (data["title"], data["text"], data["late"]) == ("Union: a week", "Figures", False)
    assert data["since"].startswith("2026-03-02T06:00:00")


async def test_a_trial_of_the_channel_is_an_event_of_its_own(at: Receiver) -> None:
    sent = replace(_to(at.url), letter=trial_letter("ru"), notices=(), trial=True)
    await _channel().send(sent)
    attributes, data = _read(at.received[0])
    assert attributes["type"] == "remit.trial"
    assert "subject" not in attributes
    assert data == {"title": trial_letter("ru").subject, "text": trial_letter("ru").text}


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 503])
async def test_what_may_be_otherwise_later_is_tried_again_under_the_same_id(
    at: Receiver, status: int
) -> None:
    at.answer = lambda: (status, {"location": f"{at.url}/elsewhere"})
    channel = _channel()
    for _ in range(2):
        with pytest.raises(WebhookNotTaken, match=str(status)):
            await channel.send(_to(at.url))
    at.answer = lambda: (200, {})
    await channel.send(_to(at.url))
    assert {request.path for request in at.received} == {"/"}, "no redirect is followed"
    assert {request.headers["webhook-id"] for request in at.received} == {_to(at.url).message_id}
    assert {_read(request)[0]["id"] for request in at.received} == {_to(at.url).message_id}


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_a_refusal_is_final(at: Receiver, status: int) -> None:
    at.answer = lambda: (status, {})
    with pytest.raises(Undeliverable, match=rf"refused it \({status}\)") as refused:
        await _channel().send(_to(f"{at.url}/secret-path"))
    assert "secret-path" not in str(refused.value), "the reason goes into the log for good"


async def test_who_asks_to_be_left_alone_is(at: Receiver) -> None:
    channel = _channel()
    at.answer = lambda: (429, {"retry-after": "3600"})
    with pytest.raises(WebhookNotTaken):
        await channel.send(_to(at.url))
    at.answer = lambda: (204, {})
    with pytest.raises(WebhookBusy):
        await channel.send(_to(at.url))
    assert len(at.received) == 1
    await channel.send(_to(f"{at.url}/of-somebody-else"))
    assert len(at.received) == 2


@pytest.mark.parametrize(
    "wait",
    ["0", "soon", "", "-5", "Wed, 01 Jan 2025 00:00:00 GMT"],
)
async def test_a_wait_that_is_over_or_makes_no_sense_is_none(at: Receiver, wait: str) -> None:
    channel = _channel()
    at.answer = lambda: (503, {"retry-after": wait})
    with pytest.raises(WebhookNotTaken):
        await channel.send(_to(at.url))
    at.answer = lambda: (204, {})
    await channel.send(_to(at.url))


async def test_a_date_to_wait_for_is_understood(at: Receiver) -> None:
    channel = _channel()
    then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    at.answer = lambda: (503, {"retry-after": then})
    with pytest.raises(WebhookNotTaken):
        await channel.send(_to(at.url))
    with pytest.raises(WebhookBusy):
        await channel.send(_to(at.url))


async def test_nobody_listening_is_an_error_to_be_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.ConnectError):
            await _channel().send(_to(f"http://127.0.0.1:{unused.getsockname()[1]}/"))


@pytest.mark.parametrize("missing", ["webhook_url", "webhook_secret"])
async def test_without_an_address_or_a_secret_nothing_can_be_delivered(
    at: Receiver, missing: str
) -> None:
    known = {"webhook_url": at.url, "webhook_secret": _SECRET, missing: None}
    with pytest.raises(Undeliverable, match="no webhook is known"):
        await _channel().send(message(**known))
    assert at.received == []


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "https://"])
async def test_what_is_no_address_is_final(url: str) -> None:
    with pytest.raises(Undeliverable, match="no address of a webhook"):
        await _channel().send(_to(url))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "224.0.0.1",
        "[fec0::1]",
        "[64:ff9b:1::1]",
        "[::127.0.0.1]",
        "[::ffff:0:7f00:1]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_network_that_is_not_public_is_not_entered(
    at: Receiver, host: str, scheme: str
) -> None:
    port = at.url.rpartition(":")[2]
    with pytest.raises(Undeliverable, match="not public"):
        await WebhookChannel(source="urn:remit").send(_to(f"{scheme}://{host}:{port}/"))
    assert at.received == []


async def test_only_what_is_allowed_is_entered(at: Receiver) -> None:
    elsewhere = WebhookChannel(source="urn:remit", networks=(ip_network("10.0.0.0/8"),))
    with pytest.raises(Undeliverable, match="not public"):
        await elsewhere.send(_to(at.url))
    await _channel().send(_to(at.url.replace("127.0.0.1", "localhost")))
    [request] = at.received
    assert request.headers["host"].startswith("localhost:"), "asked for by its name"


async def test_in_the_clear_nothing_goes_out() -> None:
    with pytest.raises(Undeliverable, match="not https"):
        await WebhookChannel(source="urn:remit").send(_to("http://93.184.215.14/"))


@pytest.fixture
def _httpx_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("httpx")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.mark.usefixtures("_httpx_as_it_was")
async def test_neither_address_nor_secret_is_written_to_the_log(
    at: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url="postgresql://", webhook_networks=(_HERE,))
    [channel] = [one for one in channels(settings) if one.name == "webhook"]
    sent = _to(f"{at.url}/secret-path")
    with caplog.at_level(logging.INFO):
        await channel.send(sent)
        at.answer = lambda: (500, {})
        with pytest.raises(WebhookNotTaken) as failed:
            await channel.send(sent)
    assert len(at.received) == 2
    for written in (caplog.text, repr(sent), repr(channel), str(failed.value)):
        assert "secret-path" not in written
        assert _SECRET not in written
