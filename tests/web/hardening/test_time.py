"""Work ends: in time, with the client, and with the server."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web.hardening.small import Small, small
from web.hardening.limits import Limits
from web.protocol import Connections

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LONG = Connections(drain_seconds=3600)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty() -> AsyncIterator[Small]:
    async with small(Limits(request_seconds=0.5)) as one:
        yield one


async def _ask(at: Small, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Returns once the request is being worked on."""
    at.under_way.clear()
    at.cancelled.clear()
    reader, writer = await at.connect()
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await at.under_way.wait()
    return reader, writer


@pytest.mark.parametrize(("method", "code"), [("GET", "out-of-reach"), ("POST", "outcome-unknown")])
async def test_what_takes_too_long_is_cancelled_and_told(
    hasty: Small, method: str, code: str
) -> None:
    hasty.cancelled.clear()
    answer = await hasty.reader.request(method, f"{hasty.url}/forever")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["retry-after"] == "5"
    assert hasty.cancelled.is_set()


async def test_waiting_for_the_body_is_not_counted(hasty: Small) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.15)
            yield b"x"

    answer = await hasty.reader.put(f"{hasty.url}/uploads", content=slowly())
    assert (answer.status_code, answer.text) == (200, "5")


async def test_a_stream_outlives_the_time_box_and_ends_with_its_client(hasty: Small) -> None:
    reader, writer = await _ask(hasty, "/events")
    assert await reader.readuntil(b"data: begun\n\n")
    answer = await hasty.reader.get(f"{hasty.url}/forever")
    assert answer.status_code == 503, "which began later, and was over first"
    assert not reader.at_eof()
    hasty.cancelled.clear()
    writer.transport.abort()
    await hasty.cancelled.wait()


async def test_what_nobody_waits_for_any_more_is_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with small(Limits(request_seconds=3600)) as at:
        _, writer = await _ask(at, "/forever")
        writer.transport.abort()
        await at.cancelled.wait()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_server_that_stops_does_not_wait_for_event_streams(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Else this test would take an hour."""
    async with small(connections=_LONG) as at:
        reader, writer = await _ask(at, "/events")
    assert at.cancelled.is_set()
    assert (await reader.read()).endswith(b"data: begun\n\n\r\n")
    writer.close()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_server_that_stops_answers_what_is_under_way() -> None:
    async with small(Limits(request_seconds=0.5), _LONG) as at:
        reader, writer = await _ask(at, "/forever")
    assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
    writer.close()


async def test_and_gives_up_what_does_not_end() -> None:
    async with small(Limits(request_seconds=3600), Connections(drain_seconds=1)) as at:
        _, writer = await _ask(at, "/forever")
    await at.cancelled.wait()
    writer.close()
