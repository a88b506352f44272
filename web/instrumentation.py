"""What the web tells of each request: a span, and figures."""

import time
from http import HTTPMethod
from typing import Any

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import TracerProvider
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.metrics import OTHER, Metrics

_METHODS = frozenset(HTTPMethod)
_STREAM = "text/event-stream"
_GONE = 499
"""As nginx has it: the client was gone before there was an answer."""


def instrument(app: FastAPI, traces: TracerProvider) -> None:
    """Have each request traced that reaches the application; a trace that whoever asks is in goes on (`traceparent`).

    To be called once, before the first request.
    """
    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=traces, exclude_spans=["receive", "send"]
    )


class Counting:
    """Stands outermost, so that what is refused on the way to the application is counted as well."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, ended, status = time.perf_counter(), None, _GONE

        async def counted(message: Message) -> None:
            nonlocal ended, status
            if message["type"] == "http.response.start":
                status = message["status"]
                if Headers(raw=message["headers"]).get("content-type", "").startswith(_STREAM):
                    ended = time.perf_counter()  # how long somebody looks on says nothing
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            status = 500
            raise
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            route = _route(scope)
            self._metrics.http_requests.labels(method, route, status).inc()
            seconds = (ended or time.perf_counter()) - began
            self._metrics.http_seconds.labels(method, route).observe(seconds)


def _route(scope: Scope) -> str:
    """The template of the route, never the path: that would be a figure for each instruction there is."""
    found: Any = scope.get("fastapi", {}).get(
        "effective_route_context"
    )  # with the prefixes of its routers
    template = getattr(found or scope.get("route"), "path_format", None)
    return f"{scope.get('root_path', '')}{template}" if isinstance(template, str) else OTHER
