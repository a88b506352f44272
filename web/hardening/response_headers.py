"""What every answer tells the browser: nothing may be loaded, framed, guessed, kept or passed on."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.limits import API_POLICY

_FOR_ALL: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": API_POLICY,
}
_TWO_YEARS = "max-age=63072000; includeSubDomains"


class ResponseHeaders:
    """Adds the headers that an answer does not set itself.

    Args:
        https: people reach it by HTTPS, whatever the request came by.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        https = self._https or scope["scheme"] == "https"

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _FOR_ALL.items():
                    headers.setdefault(name, value)
                if https:
                    headers.setdefault("strict-transport-security", _TWO_YEARS)
                if "server" in headers:
                    del headers["server"]
            await send(message)

        await self._app(scope, receive, told)
