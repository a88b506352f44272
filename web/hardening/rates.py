"""How often one address, and one person, may ask; and how often an address may try credentials."""

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from limits import RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.limits import Limits, Rate
from web.hardening.windows import Windows
from web.problems import ApiCode, Problem

_HEADERS_KEY = "remit.rate_headers"


class Rates:
    """The windows of one process: where several serve, each counts for itself.

    Args:
        clock: seconds.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._windows = MovingWindowRateLimiter(Windows(clock=clock))

    async def of_address(self, scope: Scope) -> None:
        """Counts the request. Raises `Problem` if its address asked too often, or was refused too often before."""
        address = _address(scope)
        if _tries_credentials(scope, self._limits.sign_in_paths):
            rate = self._limits.failures
            reset, left = await self._windows.get_window_stats(_item("failures", rate), address)
            if left <= 0:
                raise self._refusal("failures", rate, reset)
        await self._count(scope, "address", self._limits.per_address, address)

    async def of_person(self, scope: Scope, person: str) -> None:
        """To be called once it is known who asks. Raises `Problem` if they ask too often, from wherever."""
        await self._count(scope, "person", self._limits.per_person, person)

    async def of_trial(self, scope: Scope, person: str) -> None:
        """To be called before a test notice goes out. Raises `Problem` if they have had as many as they may."""
        await self._count(scope, "trials", self._limits.trials, person)

    async def failed(self, scope: Scope) -> None:
        """To be called where a sign-in fails and is not answered with 401, which is counted without it."""
        await self._windows.hit(_item("failures", self._limits.failures), _address(scope))

    async def _count(self, scope: Scope, name: str, rate: Rate, who: str) -> None:
        item = _item(name, rate)
        within = await self._windows.hit(item, who)
        reset, left = await self._windows.get_window_stats(item, who)
        if not within:
            raise self._refusal(name, rate, reset)
        scope[_HEADERS_KEY] = _told(name, rate, left, self._seconds_to(reset))

    def _refusal(self, name: str, rate: Rate, reset: float) -> Problem:
        wait = self._seconds_to(reset)
        return Problem(
            ApiCode.TOO_MANY_REQUESTS,
            f"{rate.requests} in {rate.seconds} s are allowed ({name}); again in {wait} s",
            headers={"retry-after": str(wait), **_told(name, rate, 0, wait)},
        )

    def _seconds_to(self, reset: float) -> int:
        return max(1, math.ceil(reset - self._clock()))


class RateLimits:
    """Counts every request by its address before anything is read of it, and the credentials refused after."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._rates.of_address(scope)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in scope[_HEADERS_KEY].items():
                    headers.setdefault(name, value)
                # Without credentials nothing was tried: a page whose session is over asks again and again.
                if message["status"] == 401 and _has_authorization(scope):
                    await self._rates.failed(scope)
            await send(message)

        await self._app(scope, receive, told)


def _item(name: str, rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.requests, rate.seconds, namespace=name)


def _told(name: str, rate: Rate, left: int, reset: int) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers has it from its eighth version on."""
    return {
        "ratelimit-policy": f'"{name}";q={rate.requests};w={rate.seconds}',
        "ratelimit": f'"{name}";r={left};t={reset}',
    }


def _address(scope: Scope) -> str:
    """Of IPv6 the network of 64 bits: a machine has all addresses of it to choose from. One of IPv4 that is written as one
    of IPv6, as a socket for both has it, is what it is.
    """
    client: Any = scope.get("client")
    if not client:
        return "local"
    try:
        address = ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return str(address)


def _tries_credentials(scope: Scope, sign_in_paths: tuple[str, ...]) -> bool:
    return _has_authorization(scope) or scope["path"].startswith(sign_in_paths)


def _has_authorization(scope: Scope) -> bool:
    return "authorization" in Headers(scope=scope)
