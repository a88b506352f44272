"""All routers of the API."""

from fastapi import APIRouter

from web.api import (
    agenda,
    audit,
    bulk,
    bundles,
    calendars,
    deliveries,
    directory,
    directory_commands,
    escalations,
    evidence,
    explanation,
    exports,
    feed,
    instructions,
    late,
    ledger,
    myself,
    programme_figures,
    programmes,
    recurrences,
    sessions,
    tokens,
)
from web.api.paths import PREFIX


def api() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (
        instructions,
        evidence,
        deliveries,
        explanation,
        late,
        escalations,
        agenda,
        ledger,
        bulk,
        feed,
        programmes,
        programme_figures,
        recurrences,
        directory,
        calendars,
        directory_commands,
        tokens,
        sessions,
        exports,
        audit,
        bundles,
        myself,
    ):
        router.include_router(module.router)
    return router
