"""JSON and forms are what they seem, before anything else reads them.

Python's reader takes what others do not, and what PostgreSQL refuses: the second of two equal keys, NaN, half a
character, NUL. Two readers who understand one command differently are a hole, so all of these are refused.
"""

import json
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.admission import require_text
from web.problems import ApiCode, Problem

_FORM = "application/x-www-form-urlencoded"


class Content:
    """Reads a body of JSON, or of a form's fields, to its end; raises `Problem`, or hands it on unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_json = _is_json(scope)
        if not is_read_whole(scope):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if is_json and body:
            require_json(bytes(body))
        elif body:
            require_text(bytes(body), "the form")
        read = False

        async def replayed() -> Message:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replayed, send)


def is_read_whole(scope: Scope) -> bool:
    """Whether the body is gathered in memory before anything else sees it."""
    return _is_json(scope) or _media_type(scope) == _FORM


def require_json(body: bytes) -> None:
    """Raises `Problem`, which says where and why but quotes nothing, unless every reader understands it alike."""
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
        # A character may hide behind an escape only.
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
            if "\\u0000" in json.dumps(value):
                _refuse_if_nul(value)
    except UnicodeDecodeError as error:
        raise _unreadable("it is no UTF-8") from error
    except UnicodeEncodeError as error:
        raise _unreadable("a \\u escape stands for half a character") from error
    except json.JSONDecodeError as error:
        raise _unreadable(f"{error.msg}, line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise _unreadable("it is nested too deeply") from error
    except ValueError as error:  # int() takes no more than 4300 digits
        raise _unreadable("a number has too many digits") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _unreadable("an object has the same key twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise _unreadable("NaN and Infinity are no JSON")


def _refuse_if_nul(value: Any) -> None:
    """Exactly: the text of a backslash before `u0000` looks the same once written."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and "\0" in one:
            raise _unreadable("a string has a NUL in it")
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


def _unreadable(why: str) -> Problem:
    return Problem(ApiCode.BAD_REQUEST, f"the JSON cannot be read: {why}")


def _is_json(scope: Scope) -> bool:
    kind = _media_type(scope)
    return kind == "application/json" or kind.endswith("+json")


def _media_type(scope: Scope) -> str:
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
