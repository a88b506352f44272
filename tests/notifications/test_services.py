"""Other services through apprise: here one that posts JSON to a server on this machine."""

import json
import logging
from collections.abc import AsyncIterator

import pytest

from notifications.channel import Undeliverable
from notifications.services import ServiceChannel, ServiceFailed
from tests.notifications.notices import message
from tests.notifications.receiver import Receiver, receiver


@pytest.fixture
async def at() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        running.answer = lambda: (200, {})
        yield running


def _url(at: Receiver) -> str:
    return at.url.replace("http://", "json://") + "/secret-path"


async def test_a_notice_arrives_as_it_was_written(at: Receiver) -> None:
    sent = message(apprise_url=_url(at))
    assert await ServiceChannel(allowed=("json",)).send(sent) == f"{sent.message_id} json"
    [request] = at.received
    arrived = json.loads(request.body)
    assert arrived["title"] == sent.letter.subject
    assert arrived["message"].strip() == sent.letter.text.strip()


async def test_a_service_that_fails_is_tried_again(at: Receiver) -> None:
    at.answer = lambda: (500, {})
    with pytest.raises(ServiceFailed):
        await ServiceChannel(allowed=("json",)).send(message(apprise_url=_url(at)))


async def test_the_address_is_not_written_to_the_log(
    at: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    channel, sent = ServiceChannel(allowed=("json",)), message(apprise_url=_url(at))
    with caplog.at_level(logging.INFO):
        await channel.send(sent)
        at.answer = lambda: (500, {})
        with pytest.raises(ServiceFailed) as failed:
            await channel.send(sent)
    assert len(at.received) == 2
    for written in (caplog.text, repr(sent), str(failed.value)):
        assert "secret-path" not in written


@pytest.mark.parametrize("allowed", [(), ("tgram", "jsons")])
async def test_only_services_that_are_allowed_are_called(
    at: Receiver, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(Undeliverable, match="REMIT_APPRISE_SERVICES"):
        await ServiceChannel(allowed=allowed).send(message(apprise_url=_url(at)))
    assert at.received == []


async def test_no_second_service_can_be_hidden_behind_an_allowed_one(at: Receiver) -> None:
    both = f"ntfy://127.0.0.1:1/topic,{_url(at)}"
    with pytest.raises((Undeliverable, ServiceFailed)):
        await ServiceChannel(allowed=("ntfy",)).send(message(apprise_url=both))
    assert at.received == []


@pytest.mark.parametrize("url", ["json://", "json", "://", ""])
async def test_what_is_no_address_of_a_service_is_final(url: str) -> None:
    with pytest.raises(Undeliverable):
        await ServiceChannel(allowed=("json",)).send(message(apprise_url=url))


async def test_without_an_address_nothing_can_be_delivered() -> None:
    with pytest.raises(Undeliverable, match="no other service"):
        await ServiceChannel(allowed=("json",)).send(message())
