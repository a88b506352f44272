"""What a proxy took without TLS is noticed where people are meant to come by https."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.web.hardening.small import Small, small
from web.hardening.limits import Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")
_CLEAR = {"x-forwarded-proto": "http"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at() -> AsyncIterator[Small]:
    async with small(Limits(https=True)) as one:
        yield one


async def _get(at: Small, path: str, **headers: str) -> httpx.Response:
    return await at.reader.get(at.url + path, headers=headers, follow_redirects=False)


async def test_a_page_is_led_on_with_all_that_was_asked(at: Small) -> None:
    answer = await _get(at, "/seen?a=%D0%B0&b=1", **_CLEAR)
    assert answer.status_code == 308
    host = at.url.removeprefix("http://")
    assert answer.headers["location"] == f"https://{host}/seen?a=%D0%B0&b=1"


@pytest.mark.parametrize("path", ["/api/v1/me", "/feeds/token.ics"])
async def test_a_program_is_refused(at: Small, path: str) -> None:
    answer = await _get(at, path, **_CLEAR)
    assert (answer.status_code, answer.json()["code"]) == (403, "in-the-clear")
    assert "strict-transport-security" in answer.headers


async def test_what_was_sent_is_not_sent_again_elsewhere(at: Small) -> None:
    answer = await at.reader.post(f"{at.url}/orders", json={"text": "x"}, headers=_CLEAR)
    assert (answer.status_code, answer.json()["code"]) == (403, "in-the-clear")


async def test_what_came_by_https_or_past_every_proxy_is_answered(at: Small) -> None:
    for headers in ({"x-forwarded-proto": "https"}, {}):
        assert (await _get(at, "/seen", **headers)).status_code == 200


async def test_where_nobody_is_meant_to_come_by_https_nothing_is_refused() -> None:
    async with small(Limits(https=False)) as without:
        assert (await _get(without, "/seen", **_CLEAR)).status_code == 200
