"""Clients that do not keep to HTTP, or to any pace: on sockets of their own."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web.hardening.small import UPLOADS, Small, small
from web.hardening.limits import BodyLimit, Limits
from web.protocol import Connections

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SLOW = BodyLimit(most_bytes=4096, seconds=0.6, bytes_per_second=1000, grace_seconds=0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at() -> AsyncIterator[Small]:
    """Impatient: what is awaited here comes in tenths of a second."""
    connections = Connections(
        most=5, head_bytes=2048, head_seconds=0.2, idle_seconds=1, write_seconds=0.2
    )
    async with small(Limits(body=_SLOW), connections) as one:
        yield one


def _head(method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def _told(answer: bytes) -> tuple[int, str]:
    """The status and the code of the one answer that there is; the server has closed the connection."""
    assert answer.count(b"HTTP/1.1 ") == 1
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)["code"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /seen HTTP/1.1\r\n\r\n",
        b"GET /seen HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /seen HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        b"GET /seen HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 4096 + b"\r\n\r\n",
        b"GET /" + b"a" * 4096,
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /seen HTTP/1.0\r\nConnection: close\r\n\r\n",
        b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n",
        b"GET http://elsewhere/seen HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:40]),
)
async def test_what_is_no_http_or_not_ours_is_a_problem(at: Small, sent: bytes) -> None:
    status, code = _told(await at.raw(sent))
    assert (status, code) in {(400, "bad-request"), (501, "bad-request")}


@pytest.mark.parametrize("sent", [b"", b"GET /se", b"GET /seen HTTP/1.1\r\nHost: loc"])
async def test_a_head_that_does_not_come_is_not_waited_for(at: Small, sent: bytes) -> None:
    assert await at.raw(sent) == b""


async def test_nor_is_the_next_one_of_a_connection(at: Small) -> None:
    answer = await at.raw(_head("GET", "/seen") + b"GET /se")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("path", ["/orders", "/files", "/uploads"])
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
async def test_a_body_that_is_declared_too_large_is_not_read(
    at: Small, path: str, kind: str
) -> None:
    most = UPLOADS.most_bytes if path == "/uploads" else _SLOW.most_bytes
    method = "PUT" if path == "/uploads" else "POST"
    head = _head(
        method, path, f"Content-Type: {kind}", f"Content-Length: {most + 1}", "Expect: 100-continue"
    )
    assert _told(await at.raw(head)) == (413, "body-too-large")


async def test_a_body_that_grows_too_large_is_cut_off_wherever_it_is_read(at: Small) -> None:
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    for method, path, kind in (
        ("POST", "/orders", "application/json"),
        ("POST", "/files", "multipart/form-data; boundary=x"),
        ("PUT", "/uploads", "application/octet-stream"),
    ):
        head = _head(method, path, f"Content-Type: {kind}", "Transfer-Encoding: chunked")
        assert _told(await at.raw(head + 20 * chunk)) == (413, "body-too-large")


async def test_a_client_that_sends_all_of_a_large_body_first_gets_its_answer(at: Small) -> None:
    """What the server had not read when it closed would have the client's machine drop the answer."""
    answer = await at.reader.post(f"{at.url}/unread", content=bytes(3_000_000))
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


async def test_a_body_of_the_path_s_own_limit_is_taken(at: Small) -> None:
    answer = await at.reader.put(f"{at.url}/uploads", content=bytes(UPLOADS.most_bytes))
    assert (answer.status_code, answer.text) == (200, str(UPLOADS.most_bytes))


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/orders", "application/json"), ("/files", "multipart/form-data; boundary=x")],
)
async def test_a_body_that_stands_still_is_given_up(at: Small, path: str, kind: str) -> None:
    head = _head("POST", path, f"Content-Type: {kind}", "Content-Length: 100")
    assert _told(await at.raw(head + b"--x")) == (408, "body-too-slow")


async def test_a_body_that_trickles_is_given_up(at: Small) -> None:
    """A byte now and then is no progress."""
    reader, writer = await at.connect()
    head = _head("POST", "/orders", "Content-Type: application/json", "Content-Length: 4000")
    writer.write(head)
    answer = asyncio.create_task(reader.read())
    while not answer.done():
        writer.write(b" ")
        await asyncio.wait([answer], timeout=0.05)
    assert _told(await answer) == (408, "body-too-slow")
    writer.transport.abort()


async def test_the_rest_of_a_body_is_no_request(at: Small) -> None:
    """Where the application answers without having read it."""
    smuggled = _head("GET", "/seen")
    head = _head("POST", "/unread", f"Content-Length: {len(smuggled) + 1}")
    answer = await at.raw(head + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()


async def test_rubbish_in_the_middle_of_a_body_ends_the_connection(
    at: Small, caplog: pytest.LogCaptureFixture
) -> None:
    head = _head("POST", "/orders", "Content-Type: application/json", "Transfer-Encoding: chunked")
    assert _told(await at.raw(head + b"2\r\n{}\r\nzz\r\n")) == (400, "bad-request")
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_a_client_that_reads_nothing_is_given_up(at: Small) -> None:
    at.cancelled.clear()
    _, writer = await at.connect()
    writer.write(_head("GET", "/flood"))
    await at.cancelled.wait()
    writer.transport.abort()


async def test_there_are_so_many_connections_and_no_more() -> None:
    async with small(connections=Connections(most=2)) as at:
        held = [await at.connect() for _ in range(2)]
        answer = await at.raw(b"")
        assert _told(answer) == (503, "out-of-reach")
        assert b"\r\nretry-after: " in answer
        for _, writer in held:
            writer.write(_head("GET", "/seen", "Connection: close"))
        for reader, writer in held:
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.close()
        assert (await at.raw(_head("GET", "/seen", "Connection: close"))).startswith(
            b"HTTP/1.1 200 "
        )
