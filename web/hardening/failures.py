"""What becomes of an exception: which problem it is told as, to whoever asked."""

import errno
import sqlite3
from collections.abc import Mapping, Sequence
from socket import gaierror
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from audit.new_files import CannotWrite
from eventstore.connections import DATABASE_LOST
from eventstore.protocol import AppendFailed
from web.hardening.time_box import SAFE_METHODS
from web.problems import ApiCode, FieldProblem, Problem
from workflows.client import NoAnswer

_MOST_ERRORS = 100
_LONGEST_PLACE = 200
_OF_STATUS: Mapping[int, tuple[ApiCode, str]] = {
    401: (ApiCode.NOT_SIGNED_IN, "this is for those who are signed in"),
    403: (ApiCode.FORBIDDEN, "you may not do this"),
    404: (ApiCode.NOT_FOUND, "there is nothing at this address"),
    405: (ApiCode.METHOD_NOT_ALLOWED, "this address does not know the method"),
    406: (ApiCode.NOT_ACCEPTABLE, "there is no answer in any form that `Accept` names"),
    408: (ApiCode.BODY_TOO_SLOW, "the body did not come in time"),
    413: (ApiCode.BODY_TOO_LARGE, "the body is larger than is taken here"),
    415: (ApiCode.UNSUPPORTED_MEDIA_TYPE, "the body is in a form that is not taken here"),
    422: (ApiCode.VALIDATION, "the request makes no sense"),
    429: (ApiCode.TOO_MANY_REQUESTS, "there were too many requests"),
    503: (ApiCode.OUT_OF_REACH, "a server behind Remit does not answer"),
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, None})
"""Numbers of errors of the network's; asyncio gives none where a name has several addresses, and none of them answers."""
_KEY = ("header", "Idempotency-Key")
_NO_TEMPORAL = "Failed client connect"
"""How the RuntimeError begins that temporalio raises where no server answers."""


def problem_of(error: BaseException, method: str) -> Problem:
    """The problem that an exception is told as. Nothing of the exception's own words is in it, but a problem's own.

    Args:
        method: of the request: what only reads leaves no outcome unknown.
    """
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _of_http(error)
        case AppendFailed() | NoAnswer() | RPCError():
            if method in SAFE_METHODS:
                return Problem(ApiCode.OUT_OF_REACH, "the log or its conductor does not answer")
            return Problem(ApiCode.OUTCOME_UNKNOWN, "the log or its conductor did not answer")
        case _ if _is_for_want_of_room(error):
            return Problem(ApiCode.NO_ROOM, "the server has no room left to make the file")
        case _ if isinstance(error, DATABASE_LOST) and not _is_local(error):
            return Problem(ApiCode.OUT_OF_REACH, "the database does not answer")
        case RuntimeError() if str(error).startswith(_NO_TEMPORAL):
            return Problem(ApiCode.OUT_OF_REACH, "the conductor does not answer")
        case _:
            return Problem(ApiCode.INTERNAL, "this is a defect of Remit's; its log says more")


def _is_for_want_of_room(error: BaseException) -> bool:
    match error:
        case OSError():
            return error.errno in _NO_ROOM
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        case CannotWrite() if error.__cause__ is not None:
            return _is_for_want_of_room(error.__cause__)
        case _:
            return False


def _is_local(error: BaseException) -> bool:
    """Such as a file of this machine's, or a full disk: no server is at fault."""
    if not isinstance(error, OSError) or isinstance(
        error, ConnectionError | TimeoutError | gaierror
    ):
        return False
    return error.errno not in _NO_WAY


def _of_http(error: HTTPException) -> Problem:
    headers = error.headers or {}
    if error.status_code in _OF_STATUS:
        code, detail = _OF_STATUS[error.status_code]
        return Problem(code, detail, headers=headers)
    if error.status_code < 500:
        return Problem(ApiCode.BAD_REQUEST, error.detail, headers=headers)
    return Problem(ApiCode.INTERNAL, "this is a defect of Remit's; its log says more")


def _invalid(error: RequestValidationError) -> Problem:
    errors: Sequence[Mapping[str, Any]] = error.errors()
    if any(one["type"] == "json_invalid" for one in errors):
        return Problem(ApiCode.BAD_REQUEST, "the JSON cannot be read")
    # FastAPI hands on as bytes what it does not take for JSON.
    if isinstance(error.body, bytes) and any(tuple(one["loc"]) == ("body",) for one in errors):
        return Problem(*_OF_STATUS[415])
    if any(one["type"] == "missing" and tuple(one["loc"]) == _KEY for one in errors):
        return Problem(ApiCode.KEY_REQUIRED, "a command has to have an `Idempotency-Key`")
    told = [FieldProblem(field=_place(one), message=_message(one)) for one in errors]
    places = ", ".join(one.field for one in told[:5])
    return Problem(
        ApiCode.VALIDATION,
        f"{len(told)} in error: {places}{', …' if len(told) > 5 else ''}",
        errors=told[:_MOST_ERRORS],
    )


def _place(error: Mapping[str, Any]) -> str:
    """By dots, as in what was sent: neither where in the request that is, nor which command the body was taken for."""
    where, *inner = error["loc"]
    if where == "body":
        # A field that there is none of may be called anything.
        kept = inner[-1:] if error["type"] == "extra_forbidden" else []
        named = inner[:-1] if kept else inner
        inner = [one for one in named if not _is_kind(one)] + kept
    return ".".join(map(str, inner or [where]))[:_LONGEST_PLACE]


def _is_kind(segment: str | int) -> bool:
    """Of a command, or another model: they begin with a capital, and fields do not."""
    return isinstance(segment, str) and segment[:1].isupper()


def _message(error: Mapping[str, Any]) -> str:
    """Pydantic's sentence, but where that repeats what was sent."""
    if error["type"] == "union_tag_invalid":
        context = error["ctx"]
        return f"{context['discriminator']} has to be one of {context['expected_tags']}"
    return str(error["msg"]).removeprefix("Value error, ")
