"""Refuses what no route should see: other hosts, methods that only proxies know, addresses that are no text."""

from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from web.problems import ApiCode, Problem

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Admission:
    """Args:
    hosts: names, without port, that the application may be asked for under. The address that was connected to
        is one as well: a page elsewhere that has its own name point to us cannot use it.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._require_host(scope)
        if scope["method"] not in METHODS:
            raise Problem(
                ApiCode.METHOD_NOT_ALLOWED,
                "no address here knows this method",
                headers={"allow": ", ".join(METHODS)},
            )
        if not scope["path"].startswith("/"):
            raise Problem(ApiCode.BAD_REQUEST, "the path has to begin with a slash")
        require_text(scope["raw_path"], "the path")
        require_text(scope["query_string"], "the query")
        await self._app(scope, receive, send)

    def _require_host(self, scope: Scope) -> None:
        asked = _without_port(Headers(scope=scope).get("host", "").lower())
        server = scope.get("server")
        connected = _bracketed(server[0]) if server else None
        if asked != connected and asked not in self._hosts:
            raise Problem(ApiCode.BAD_REQUEST, "the Host is none that Remit answers for")


def require_text(encoded: bytes, what: str) -> None:
    """Raises `Problem` unless it is UTF-8 without NUL, once decoded: PostgreSQL takes nothing else.

    Args:
        encoded: percent-encoded.
        what: the sentence's subject.
    """
    try:
        text = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise Problem(ApiCode.BAD_REQUEST, f"{what} is no UTF-8") from error
    if "\0" in text:
        raise Problem(ApiCode.BAD_REQUEST, f"{what} has a NUL in it")


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and (port.isdigit() or not port) else host
