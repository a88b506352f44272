"""The feed: whoever looks on hears of all that is theirs, of nothing else, and misses nothing over a lost connection."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from access.scopes import SCOPES
from cli.web_services import open_web, patience_of
from domain.directory.commands import EndSubstitution, Substitute
from domain.identifiers import instruction_id
from domain.instruction.events import ABOUT_NOTICES
from domain.outcomes import Recorded
from readmodels.projector import open_projection_pool
from tests.polling import Polling
from tests.staging import TZDATA
from tests.web.bureau import API, MINISTRY, OTHER, Bureau
from web.live.live_log import LiveLog
from web.live.stream import Rhythm
from web.protocol import Connections
from web.serving import listen, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BRISK = Rhythm(heartbeat=0.3, look=0.3, retry=0.1)
_PATIENT = Connections(drain_seconds=600)
"""A server that would wait for ever: that it ends shows that no stream holds it."""


def _number() -> str:
    return f"F-{uuid4()}"


@dataclass(frozen=True)
class _Message:
    event: str | None
    id: str | None
    data: dict[str, Any]


async def _messages(answer: httpx.Response) -> AsyncIterator[_Message]:
    """As a browser reads them: what has neither an id nor data says nothing."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if "id" in fields or "data" in fields:
                yield _Message(
                    fields.get("event"), fields.get("id"), json.loads(fields.get("data", "{}"))
                )
            fields = {}


@asynccontextmanager
async def _feed(
    url: str, token: str, **asked: str
) -> AsyncGenerator[tuple[httpx.Response, AsyncIterator[_Message]]]:
    headers = {"authorization": f"Bearer {token}"}
    if "last_event_id" in asked:
        headers["last-event-id"] = asked.pop("last_event_id")
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client,
        client.stream("GET", f"{API}/feed", headers=headers, params=asked) as answer,
    ):
        yield answer, _messages(answer)


@asynccontextmanager
async def _server(desk: Bureau, rhythm: Rhythm = _BRISK) -> AsyncGenerator[str]:
    async with (
        open_web(
            desk.settings,
            tzdata=TZDATA,
            telling=None,
            patience=patience_of(desk.settings),
            rhythm=rhythm,
        ) as app,
        serving(app, listen("127.0.0.1", 0), _PATIENT) as url,
    ):
        yield url


async def _until(
    messages: AsyncIterator[_Message], enough: Callable[[_Message], bool]
) -> list[_Message]:
    found: list[_Message] = []
    async with asyncio.timeout(60):
        async for message in messages:
            found.append(message)
            if enough(message):
                return found
    raise AssertionError(f"it ended after {found}")


def _is(number: str, type_: str) -> Callable[[_Message], bool]:
    return lambda one: one.data.get("number") == number and one.data["type"] == type_


async def test_each_hears_what_is_theirs_and_of_notices_only_who_may(desk: Bureau) -> None:
    number, elsewhere = _number(), _number()
    people = ("p-issuer", "p-lead", "p-stranger")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_server(desk))
        heard = {
            person: (await stack.enter_async_context(_feed(url, await desk.token(person))))[1]
            for person in people
        }
        first = {person: await anext(messages) for person, messages in heard.items()}
        assert all(one.id and one.event is None for one in first.values())
        await desk.issued(number)
        await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
        told = await _until(heard["p-issuer"], _is(number, "NotificationDelivered"))
        await desk.done("p-lead", number, "Acknowledge")
        await desk.issued(elsewhere, by="p-stranger", issuer=OTHER, controller=None)
        of_lead = await _until(heard["p-lead"], _is(number, "AssignmentAcknowledged"))
        of_stranger = await _until(heard["p-stranger"], _is(elsewhere, "InstructionIssued"))
    types = [one.data["type"] for one in told if one.data.get("number") == number]
    assert types[0] == "InstructionIssued"
    assert not {one.data.get("type") for one in of_lead} & ABOUT_NOTICES
    assert {one.data["number"] for one in of_stranger if one.data} == {elsewhere}
    [last] = [one for one in of_lead if _is(number, "AssignmentAcknowledged")(one)]
    assert last.event == "recorded"
    assert set(last.data) == {"position", "instruction", "number", "type", "version"}
    assert last.data["instruction"] == instruction_id(number)
    assert (last.id or "").endswith(f"-{last.data['position']}")


async def test_a_restarted_server_loses_nothing_and_ends_its_streams_at_once(
    desk: Bureau,
) -> None:
    number = _number()
    token = await desk.token("p-issuer")
    heard: list[_Message] = []
    async with AsyncExitStack() as client:
        async with _server(desk) as url:
            _, messages = await client.enter_async_context(_feed(url, token))
            heard.append(await anext(messages))
            await desk.issued(number)
            heard += await _until(messages, _is(number, "InstructionIssued"))
        with suppress(httpx.RemoteProtocolError, httpx.ReadError):  # cut off, or at its end
            heard += [one async for one in messages]
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)  # nobody looks on
    async with _server(desk) as url:
        last = heard[-1].id or ""
        async with _feed(url, token, last_event_id=last, after="0") as (_, messages):
            await desk.done("p-lead", number, "Acknowledge")
            heard += await _until(messages, _is(number, "AssignmentAcknowledged"))
    versions = [one.data["version"] for one in heard if one.data.get("number") == number]
    stored = await desk.store.read_stream(instruction_id(number))
    acknowledged = next(e.version for e in stored if e.type == "AssignmentAcknowledged")
    assert versions == list(range(1, acknowledged + 1))


async def test_whoever_is_passed_over_still_moves_on(desk: Bureau) -> None:
    async with _server(desk) as url, _feed(url, await desk.token("p-nobody")) as (_, messages):
        first = await anext(messages)
        position = await desk.issued(_number())
        moved = await _until(messages, lambda one: one.id != first.id)
        while int((moved[-1].id or "").split("-")[1]) < position:
            moved += await _until(messages, lambda _: True)
    assert all(one.data == {} for one in moved)


async def test_it_begins_after_a_position_of_a_command_and_refuses_what_is_none(
    desk: Bureau,
) -> None:
    number = _number()
    position = await desk.issued(number)
    token = await desk.token("p-issuer")
    async with _server(desk) as url:
        async with _feed(url, token, after=str(position - 1)) as (answer, messages):
            assert answer.headers["content-type"].startswith("text/event-stream")
            found = await _until(messages, lambda one: one.event == "recorded")
            assert found[-1].data["position"] == position
        for named in ("99-1", "999999999"):
            async with _feed(url, token, after=named) as (_, messages):
                assert (await anext(messages)).event == "reset"
        for named in ("x", "-1", "1-", "1-2-3"):
            async with _feed(url, token, after=named) as (answer, _):
                assert answer.status_code == 422
        async with _feed(url, "remit_x") as (answer, _):
            assert answer.status_code == 401


async def test_it_ends_when_the_token_is_revoked(desk: Bureau) -> None:
    token = await desk.tokens.create(
        "p-issuer", label="x", scopes=SCOPES, expires_at=datetime.now(UTC) + timedelta(days=1)
    )
    async with _server(desk) as url, _feed(url, token) as (_, messages):
        await anext(messages)
        await desk.tokens.revoke(token.split("_")[1])
        [*_, last] = await _until(messages, lambda one: one.event is not None)
        assert (last.event, last.data) == ("ended", {"why": "signed-out"})
        with pytest.raises(StopAsyncIteration):
            await anext(messages)


async def test_it_ends_with_the_right_before_anything_more_is_told(desk: Bureau) -> None:
    """By the directory's own growth: with `look` a long way off."""
    by: dict[str, Any] = {"actor": "p-administrator", "absent": "p-stranger"}
    today = datetime.now(UTC).date()
    substitute = Substitute(
        command_id=str(uuid4()), substitute="p-nobody", since=today, reason="Ill.", **by
    )
    end = EndSubstitution(
        command_id=str(uuid4()), substitute="p-nobody", until=today - timedelta(days=1), **by
    )
    rhythm = Rhythm(heartbeat=600, look=600)
    async with _server(desk, rhythm) as url:
        for command in (substitute, end):
            async with _feed(url, await desk.token("p-nobody")) as (_, messages):
                await anext(messages)
                outcome = await desk.handler.handle(command, datetime.now(UTC))
                assert isinstance(outcome, Recorded), outcome
                number = _number()
                await desk.issued(number, by="p-stranger", issuer=OTHER, controller=None)
                # What the substitute may see may still be on its way when they come again.
                *before, last = await _until(messages, lambda one: one.event == "ended")
                assert last.data == {"why": "rights-changed"}
                assert number not in {one.data.get("number") for one in before}


async def test_one_person_has_only_so_many_open(desk: Bureau) -> None:
    token = await desk.token("p-operator")
    async with _server(desk) as url, AsyncExitStack() as stack:
        held = [(await stack.enter_async_context(_feed(url, token)))[1] for _ in range(20)]
        for messages in held:
            await anext(messages)
        async with _feed(url, token) as (answer, _):
            assert answer.status_code == 429


async def test_who_falls_behind_what_is_kept_reads_the_log_and_misses_nothing(
    desk: Bureau,
) -> None:
    database = desk.settings.database_url
    async with open_projection_pool(database, role="remit_auditor") as pool:
        log = LiveLog(desk.store, pool, Polling(), kept=2)
        await log.begin()
        begun = log.position
        running = asyncio.create_task(log.run())
        slow, quick = log.place(begun), log.place(begun)
        last = max([await desk.issued(_number()) for _ in range(10)])
        found: list[int] = []
        async with asyncio.timeout(60):
            for place in (quick, slow):  # the second takes nothing until all is over
                while place.position < last:
                    for one in await place.next(1):
                        found.append(one.position)
                        place.moved(one.position)
                ended = place.position
                assert found == list(range(begun + 1, ended + 1))
                found.clear()
        running.cancel()
