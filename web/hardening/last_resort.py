"""No exception leaves the application: the client gets a problem, the log what happened."""

import logging
from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.hardening.admission import METHODS
from web.hardening.failures import problem_of
from web.hardening.request_ids import SCOPE_KEY
from web.noting import route_of
from web.problems import Answer, ApiCode, Problem, answer

_logger = logging.getLogger(__name__)


class LastResort:
    """Answers what is raised below it, if nothing is answered yet, and writes it to the log once.

    A line has the request's id, its method and the route's pattern: never the path, which may be a secret.
    """

    def __init__(self, app: ASGIApp, answer: Answer = answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, told)
        except ClientDisconnect:
            return
        except Exception as error:
            problem = problem_of(error, scope["method"])
            _log(problem, error, scope)
            if not begun:
                await self._answer(problem, Request(scope))(scope, receive, send)


Refused = Callable[[Request, Problem], Awaitable[None]]


async def _nothing(request: Request, problem: Problem) -> None:
    del request, problem


def install(app: FastAPI, refused: Refused = _nothing, answer: Answer = answer) -> None:
    """Has a FastAPI application tell its own refusals as problems too, and nothing in another form.

    `refused` is called before somebody who lacks a right is told so; what it raises is told instead. `answer` tells it.

    What is no refusal it raises again once it is answered; `LastResort` then writes it to the log.
    """

    async def told(request: Request, error: Exception) -> Response:
        problem = problem_of(error, request.method)
        if problem.code == ApiCode.METHOD_NOT_ALLOWED:
            allowed = {"allow": _allowed(request)}
            problem = Problem(problem.code, problem.detail, headers=allowed)
        if problem.refuses:
            try:
                await refused(request, problem)
            except Exception as unnoted:
                _logger.warning("a refusal could not be noted: %s", type(unnoted).__name__)
                problem = problem_of(unnoted, request.method)
        return answer(problem, request)

    for kind in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, told)


def _allowed(request: Request) -> str:
    """Of all routes with this path; the framework names those of the first."""
    routes = cast("FastAPI", request.app).router.routes
    scope = dict(request.scope)
    found = [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] == Match.FULL for route in routes)
    ]
    return ", ".join(found)


def _log(problem: Problem, error: Exception, scope: Scope) -> None:
    if problem.status < 500:
        return
    level = logging.ERROR if problem.code == ApiCode.INTERNAL else logging.WARNING
    _logger.log(
        level,
        "request %s: %s %s: %s, %s",
        scope.get(SCOPE_KEY),
        scope["method"],
        route_of(scope) or "-",
        problem.code,
        problem.detail,
        # A problem of ours says all there is to say.
        exc_info=None if isinstance(error, Problem) else error,
    )
