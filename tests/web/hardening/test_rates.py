"""Who asks too often is told when to come back: an address, a person, whoever tries credentials."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import httpx
import pytest

from tests.web.hardening.small import Small, small
from web.hardening.limits import Limits, Rate
from web.hardening.windows import Windows

_ALL = Limits(
    per_address=Rate(requests=3, seconds=60),
    per_person=Rate(requests=2, seconds=60),
    failures=Rate(requests=2, seconds=300),
    sign_in_paths=("/sign-in",),
)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def _get(at: Small, path: str = "/seen", **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await at.reader.get(at.url + path, headers=given)


def _refused(answer: httpx.Response, *, again_in: int) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.json()["code"] == "too-many-requests"
    assert answer.headers["retry-after"] == str(again_in)
    assert f"r=0;t={again_in}" in answer.headers["ratelimit"]
    return True


async def test_an_address_has_so_many_requests_in_any_such_span() -> None:
    clock = Clock()
    async with small(_ALL, clock=clock) as at:
        for left in (2, 1, 0):
            answer = await _get(at)
            assert answer.headers["ratelimit-policy"] == '"address";q=3;w=60'
            assert answer.headers["ratelimit"] == f'"address";r={left};t={60 - (2 - left) * 10}'
            clock.now += 10
        assert _refused(await _get(at), again_in=30)
        clock.now += 29.5
        assert _refused(await _get(at), again_in=1), "to ask meanwhile does not make it longer"
        clock.now += 0.5
        assert (await _get(at)).status_code == 200
        assert _refused(await _get(at), again_in=10)


async def test_a_person_has_so_many_from_wherever() -> None:
    async with small(Limits(per_person=Rate(requests=2)), clock=Clock()) as at:
        assert (await _get(at, "/person/p-0001")).status_code == 200
        answer = await _get(at, "/person/p-0001")
        assert answer.status_code == 200
        assert answer.headers["ratelimit"] == '"person";r=0;t=60'
        assert _refused(await _get(at, "/person/p-0001"), again_in=60)
        assert (await _get(at, "/person/p-0002")).status_code == 200


@pytest.mark.parametrize("by", ["token", "form"])
async def test_whose_credentials_are_refused_too_often_may_try_no_more(by: str) -> None:
    clock = Clock()
    async with small(
        Limits(failures=_ALL.failures, sign_in_paths=("/sign-in",)), clock=clock
    ) as at:

        async def attempt() -> httpx.Response:
            if by == "token":
                return await _get(at, "/refused", authorization="Bearer guess")
            return await at.reader.post(f"{at.url}/sign-in")

        expected = 401 if by == "token" else 400
        assert [(await attempt()).status_code for _ in range(2)] == [expected, expected]
        assert _refused(await attempt(), again_in=300)
        right = await _get(at, "/seen", authorization="Bearer right")
        assert _refused(right, again_in=300), "or a guess could be told by it"
        assert (await _get(at)).status_code == 200, "who has signed in is not disturbed"
        clock.now += 300
        assert (await attempt()).status_code == expected


async def test_without_credentials_nothing_is_tried() -> None:
    async with small(Limits(failures=Rate(requests=1))) as at:
        assert [(await _get(at, "/refused")).status_code for _ in range(3)] == [401] * 3


async def test_only_a_trusted_proxy_says_whose_request_it_is() -> None:
    told = {"x_forwarded_for": "10.9.9.9, 203.0.113.7", "x_forwarded_proto": "https"}
    async with small(Limits()) as at:
        answer = await _get(at, **told)
        assert answer.json() == {"client": "127.0.0.1", "scheme": "http"}
        assert "strict-transport-security" not in answer.headers
    networks = Limits(
        trusted_proxies=(
            IPv4Network("127.0.0.0/8"),
            IPv4Network("192.0.2.0/24"),
        )
    )
    async with small(networks) as at:
        answer = await _get(at, **told)
        assert answer.json() == {"client": "203.0.113.7", "scheme": "https"}
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        told["x_forwarded_for"] += ", 192.0.2.1"
        assert (await _get(at, **told)).json()["client"] == "203.0.113.7"


async def test_behind_a_proxy_each_address_is_counted_by_itself() -> None:
    limits = Limits(per_address=Rate(requests=1), trusted_proxies=(IPv4Network("127.0.0.1/32"),))
    async with small(limits, clock=Clock()) as at:

        async def status(address: str) -> int:
            return (await _get(at, x_forwarded_for=address)).status_code

        assert await status("203.0.113.7") == 200
        assert await status("203.0.113.7") == 429
        assert await status("203.0.113.8") == 200
        assert await status("2001:db8::1") == 200
        assert await status("2001:db8::ffff:2") == 429, "of the same network"
        assert await status("2001:db8:0:1::1") == 200
        assert await status("::ffff:203.0.113.9") == 200, (
            "no network of IPv6, but one address of IPv4"
        )
        assert await status("::ffff:203.0.113.10") == 200
        assert await status("203.0.113.10") == 429


async def test_so_many_are_remembered_and_no_more() -> None:
    clock = Clock()
    windows = Windows(most=2, clock=clock)
    assert [await windows.acquire_entry(key, 1, 60) for key in ("a", "b", "a", "c")] == [
        True,
        True,
        False,
        True,
    ]
    assert await windows.get_moving_window("a", 1, 60) == (clock.now, 0)
    assert await windows.get_moving_window("b", 1, 60) == (1000.0, 1)
