"""What the web tells of each request: a span, and figures."""

import time
from http import HTTPMethod
from typing import Any

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import TracerProvider
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.metrics import OTHER, Metrics

_METHODS = frozenset(HTTPMethod)
_UNTRACED = "/health/"
_NO_ANSWER = 500


def instrument(app: FastAPI, traces: TracerProvider) -> None:
    """Have each request traced that reaches the application; a trace that whoever asks is in goes on (`traceparent`).

    To be called once, before the first request.
    """
    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=traces, excluded_urls=_UNTRACED, exclude_spans=["receive", "send"]
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
        began, status = time.perf_counter(), _NO_ANSWER

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            route = _route(scope)
            self._metrics.http_requests.labels(method, route, status).inc()
            self._metrics.http_seconds.labels(method, route).observe(time.perf_counter() - began)


def _route(scope: Scope) -> str:
    """The template of the route, never the path: that would be a figure for each instruction there is."""
    found: Any = scope.get("fastapi", {}).get(
        "effective_route_context"
    )  # with the prefixes of its routers
    template = getattr(found or scope.get("route"), "path_format", None)
    return f"{scope.get('root_path', '')}{template}" if isinstance(template, str) else OTHER
