"""Puts the web application together."""

import re
from dataclasses import replace

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from opentelemetry.trace import TracerProvider
from starlette.types import ASGIApp

from domain.identifiers import PersonId
from telemetry.metrics import Metrics
from web.api.paths import PREFIX
from web.api.routes import api
from web.console.blanks import WithoutBlanks
from web.console.compressed import Compressed
from web.console.console import console
from web.console.drawing import Drawing
from web.console.refusals import Answering
from web.document import VERSION, describe
from web.feeds import FEEDS, feeds
from web.hardening.last_resort import install
from web.hardening.limits import BodyLimit, Limits
from web.hardening.protection import protected
from web.hardening.rates import Rates
from web.identity.sign_in import LOGIN
from web.instrumentation import Counting, instrument
from web.made_files import Making
from web.noting import note
from web.problems import Answer, ApiCode
from web.refusing import note_refusal
from web.services import Services, rates_of, services_of
from web.turns import Turns

_FILES = re.compile(rf"({PREFIX})?/instructions/.+/evidence(/|$)")
"""Over the API, and as the console's form sends them."""


def web_app(
    services: Services,
    limits: Limits,
    sign_in: APIRouter,
    *,
    metrics: Metrics,
    traces: TracerProvider | None,
) -> ASGIApp:
    """All that is served over HTTP, behind what protects it.

    Args:
        sign_in: how a browser gets a session.
        traces: None for none.

    Raises `NotBuilt` if what pages load is not there.
    """
    limits = replace(limits, sign_in_paths=(LOGIN, FEEDS))
    rates, drawing = Rates(limits), Drawing.open()
    answer = Answering(drawing, signs_in=bool(sign_in.routes))
    app = application(services, rates, sign_in, drawing, answer)
    if traces is not None:
        instrument(app, traces)

    def body_limit(path: str) -> BodyLimit | None:
        return limits.file if _FILES.match(path) else None

    asked = protected(
        Compressed(WithoutBlanks(app)),
        limits,
        rates,
        body_limit=body_limit,
        is_endless=_is_endless,
        answer=answer,
    )
    return Counting(asked, metrics)


def application(
    services: Services, rates: Rates, sign_in: APIRouter, drawing: Drawing, answer: Answer
) -> FastAPI:
    """The routes alone."""
    app = FastAPI(
        title="Remit",
        version=VERSION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.making = Making()
    app.state.backtests = Turns("a policy is being tried", at_a_time=2)
    app.state.rates = rates
    app.state.drawing = drawing

    async def counted(request: Request, person: PersonId) -> None:
        await rates.of_person(request.scope, person)

    calendars = feeds(
        services.pool, services.feed_tokens, services.handler.directory, _note_no_calendar, counted
    )
    # Their addresses are secrets: no document lists them.
    app.include_router(calendars, include_in_schema=False)
    app.include_router(api())
    app.include_router(sign_in)
    app.include_router(console(drawing))
    install(app, note_refusal, answer)
    describe(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """What clients that are made from the document call it."""
    return route.name


async def _note_no_calendar(request: Request) -> None:
    """By the route alone: an address is a secret, also one that was right once. It counts as a sign-in that failed."""
    await rates_of(request).failed(request.scope)
    log, code = services_of(request).access, ApiCode.NOT_FOUND
    await note(log, request, "refused", person=None, how=None, subject=None, code=code)


def _is_endless(path: str) -> bool:
    """Streams, and files: made while they are sent, or as large as they are."""
    return (
        path.startswith((f"{PREFIX}/feed", f"{PREFIX}/exports"))
        or path.endswith("/bundle")
        or bool(_FILES.match(path))
    )
