"""The order of it all: what is refused first costs least."""

from collections.abc import Callable
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from web.hardening.admission import Admission
from web.hardening.bodies import Bodies
from web.hardening.closing import Closing
from web.hardening.content import Content, is_read_whole
from web.hardening.in_the_clear import InTheClear
from web.hardening.last_resort import LastResort
from web.hardening.limits import BodyLimit, Limits
from web.hardening.rates import RateLimits, Rates
from web.hardening.request_ids import RequestIds
from web.hardening.response_headers import ResponseHeaders
from web.hardening.time_box import TimeBox
from web.problems import Answer, answer


def protected(
    app: ASGIApp,
    limits: Limits,
    rates: Rates,
    *,
    body_limit: Callable[[str], BodyLimit | None] = lambda _: None,
    is_endless: Callable[[str], bool] = lambda _: False,
    answer: Answer = answer,
) -> ASGIApp:
    """The application behind all that this folder has. `last_resort.install` is for the application itself.

    Args:
        rates: the application calls `of_person` and `failed` of the same.
        body_limit: of a path, where it is another than `limits.body`.
        is_endless: whether a path has no time box: event streams and exports.
        answer: tells a problem as it was asked for.
    """

    def limit_of(scope: Scope) -> BodyLimit:
        # What is gathered in memory is held to the limit of all, wherever it is sent.
        elsewhere = None if is_read_whole(scope) else body_limit(scope["path"])
        return elsewhere or limits.body

    asked: ASGIApp = Content(app)
    asked = TimeBox(asked, limits.request_seconds, is_endless)
    asked = Bodies(asked, limit_of)
    asked = RateLimits(asked, rates)
    asked = InTheClear(asked, https=limits.https)
    asked = Admission(asked, limits.hosts)
    asked = LastResort(asked, answer)
    asked = Closing(asked)
    asked = ResponseHeaders(asked, https=limits.https)
    asked = RequestIds(asked)
    proxies = [str(network) for network in limits.trusted_proxies]
    outermost: Any = ProxyHeadersMiddleware(cast(Any, asked), trusted_hosts=proxies)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await outermost(scope, receive, send)
            case "lifespan":
                await app(scope, receive, send)
            case _:
                raise NotImplementedError("nothing here speaks WebSocket")

    return served
