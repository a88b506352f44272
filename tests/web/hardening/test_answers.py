"""What is refused is a problem, always: with an id, with the headers of every answer, and without a word too much."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Request

from telemetry.context import what_it_is_about
from tests.web.hardening.small import SECRET, Small, small
from web.hardening.last_resort import LastResort, install
from web.hardening.limits import API_POLICY, Limits
from web.identity.authenticated import nobody
from web.problems import ApiCode, Problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at() -> AsyncIterator[Small]:
    async with small(Limits(hosts=("remit.example.org",))) as one:
        yield one


def _problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["request_id"] == answer.headers["x-request-id"]
    return told


async def _post(at: Small, body: bytes, kind: str = "application/json") -> httpx.Response:
    return await at.reader.post(f"{at.url}/orders", content=body, headers={"content-type": kind})


@pytest.mark.parametrize("path", ["/seen", "/nothing", "/fail/defect", "/orders/%00"])
async def test_every_answer_has_the_headers_that_a_browser_goes_by(at: Small, path: str) -> None:
    asked = {"origin": "https://elsewhere.example.org"}
    headers = (await at.reader.get(at.url + path, headers=asked)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == API_POLICY
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "strict-transport-security" not in headers, "it did not come by HTTPS"


async def test_a_plain_id_is_kept_and_any_other_is_replaced(at: Small) -> None:
    async def answered(given: str) -> str:
        headers = {"x-request-id": given}
        return (await at.reader.get(f"{at.url}/seen", headers=headers)).headers["x-request-id"]

    assert await answered("proxy-7f3a.1_b") == "proxy-7f3a.1_b"
    others = {
        await answered(bad)
        for bad in ("", "short", "a" * 65, "with blank", "-dash-first", "<b>bold</b>")
    }
    assert len(others) == 6, "each is new"
    assert all(one.isalnum() and len(one) == 32 for one in others)
    assert "request_id" not in what_it_is_about(), "outside of a request"


@pytest.mark.parametrize(
    ("how", "status", "read", "written"),
    [
        ("defect", 500, "internal", "internal"),
        ("other", 500, "internal", "internal"),
        ("database", 503, "out-of-reach", "out-of-reach"),
        ("cut", 503, "out-of-reach", "out-of-reach"),
        ("connect", 503, "out-of-reach", "out-of-reach"),
        ("no-name", 503, "out-of-reach", "out-of-reach"),
        ("no-way", 503, "out-of-reach", "out-of-reach"),
        ("no-address", 503, "out-of-reach", "out-of-reach"),
        ("file", 500, "internal", "internal"),
        ("disk", 503, "no-room", "no-room"),
        ("append", 503, "out-of-reach", "outcome-unknown"),
        ("no-answer", 503, "out-of-reach", "outcome-unknown"),
        ("rpc", 503, "out-of-reach", "outcome-unknown"),
    ],
)
async def test_a_failure_is_told_without_its_words_and_logged_with_them_once(
    at: Small, caplog: pytest.LogCaptureFixture, how: str, status: int, read: str, written: str
) -> None:
    for method, code in (("GET", read), ("POST", written)):
        caplog.clear()
        answer = await at.reader.request(method, f"{at.url}/fail/{how}")
        told = _problem(answer, status, code)
        assert SECRET not in answer.text
        assert ("retry-after" in answer.headers) == (status == 503)
        [record] = [one for one in caplog.records if one.levelno >= logging.WARNING]
        assert str(told["request_id"]) in record.getMessage()
        assert SECRET in (caplog.handler.format(record))
        assert (record.levelno == logging.ERROR) == (status == 500)


@pytest.mark.parametrize("lacks", [ApiCode.FORBIDDEN, ApiCode.NOT_SIGNED_IN])
async def test_a_refusal_that_cannot_be_noted_is_not_told(lacks: ApiCode) -> None:
    app = FastAPI()

    async def away(_: Request, __: Problem) -> None:
        raise ConnectionRefusedError

    @app.get("/")
    async def asked() -> None:
        raise Problem(lacks, "you have no right to it")

    @app.get("/nobody")
    async def nobody_asked() -> None:
        raise nobody()

    install(app, away)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/")
        assert (await client.get("/nobody")).status_code == 401, "there is nothing to note"
    assert (answer.status_code, answer.json()["code"]) == (503, "out-of-reach")
    assert "right" not in answer.json()["detail"]


async def test_the_path_is_not_written_to_the_log(
    at: Small, caplog: pytest.LogCaptureFixture
) -> None:
    await at.reader.get(f"{at.url}/fail/defect?of=secret-token")
    ours = [caplog.handler.format(one) for one in caplog.records if one.name != "httpx"]
    assert any("GET /fail/{how}" in line for line in ours)
    assert not [line for line in ours if "secret-token" in line or "/fail/defect" in line]


async def test_the_log_has_the_whole_pattern_of_a_route_below_a_prefix(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, below = FastAPI(), APIRouter(prefix="/orders")

    @below.get("/{number}")
    async def order(number: str) -> None:
        raise ZeroDivisionError(number)

    app.include_router(below, prefix="/api")
    install(app)
    transport = httpx.ASGITransport(LastResort(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        assert (await client.get("/api/orders/7")).status_code == 500
    assert "GET /api/orders/{number}: internal" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/orders", "GET, POST"),
        ("POST", "/seen", "GET"),
        ("TRACE", "/seen", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("BREW", "/nothing", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
    ],
)
async def test_a_method_that_is_not_known_is_told_which_are(
    at: Small, method: str, path: str, allow: str
) -> None:
    answer = await at.reader.request(method, at.url + path)
    _problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "path",
    ["/orders/%00", "/orders/%ff", "/orders/%ed%a0%80", "/orders?of=%00", "/orders?of=%C3", "/%"],
)
async def test_what_no_database_takes_is_refused_in_an_address(at: Small, path: str) -> None:
    answer = await at.reader.get(httpx.URL(at.url).copy_with(raw_path=path.encode()))
    if path == "/%":
        _problem(answer, 404, "not-found")
    else:
        _problem(answer, 400, "bad-request")


@pytest.mark.parametrize(
    "host", ["elsewhere.example.org", "remit.example.org.evil.org", "127.0.0.2", ""]
)
async def test_no_other_host_is_answered_for(at: Small, host: str) -> None:
    """Nor one that a page elsewhere has point to this address."""
    answer = await at.reader.get(f"{at.url}/seen", headers={"host": host})
    _problem(answer, 400, "bad-request")


@pytest.mark.parametrize("host", ["remit.example.org", "Remit.Example.org:8443", "127.0.0.1"])
async def test_its_own_names_and_the_address_connected_to_are(at: Small, host: str) -> None:
    answer = await at.reader.get(f"{at.url}/seen", headers={"host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "a", "text": "b"}',
        b'[{"a": {"b": 1, "b": 1}}]',
        b'{"text": "\\ud800"}',
        b'{"text": "\\u0000"}',
        b'{"\\u0000": "a key"}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"text": "a mark before it"}',
        '{"text": "a"}'.encode("utf-16"),
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": "a"} more',
        b"{",
        b'{"percent": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_json_that_two_readers_could_take_for_two_things_is_refused(
    at: Small, body: bytes
) -> None:
    _problem(await _post(at, body), 400, "bad-request")
    _problem(
        await _post(at, body, "application/merge-patch+json; charset=utf-8"), 400, "bad-request"
    )


async def test_any_other_json_arrives_unchanged(at: Small) -> None:
    text = 'Срок 😀 \\u0000 "quoted"\n\ud83d\ude00'.encode("utf-16", "surrogatepass").decode(
        "utf-16"
    )
    for ascii_only in (True, False):
        body = json.dumps({"text": text}, ensure_ascii=ascii_only).encode()
        assert (await _post(at, body)).json() == {"text": text, "percent": 0}


async def test_what_makes_no_sense_is_named_and_not_repeated(at: Small) -> None:
    answer = await _post(at, json.dumps({"percent": SECRET}).encode())
    told = _problem(answer, 422, "validation")
    assert told["errors"] == [
        {"field": "text", "message": "Field required"},
        {
            "field": "percent",
            "message": "Input should be a valid integer, unable to parse string as an integer",
        },
    ]
    assert SECRET not in answer.text
    answer = await at.reader.get(f"{at.url}/orders?most=x")
    [error] = _problem(answer, 422, "validation")["errors"]
    assert error["field"] == "most"


async def test_a_body_in_another_form_is_told_so(at: Small) -> None:
    _problem(await _post(at, b"<order/>", "application/xml"), 415, "unsupported-media-type")
    _problem(await _post(at, b"text=%00", "application/x-www-form-urlencoded"), 400, "bad-request")


async def test_a_problem_speaks_the_language_that_was_asked_for(at: Small) -> None:
    answer = await at.reader.get(f"{at.url}/nothing", headers={"accept-language": "ru"})
    assert _problem(answer, 404, "not-found")["title"] == "Ничего не найдено"


async def test_head_has_no_body_and_the_same_status(at: Small) -> None:
    answer = await at.reader.head(f"{at.url}/nothing")
    assert (answer.status_code, answer.content) == (404, b"")
