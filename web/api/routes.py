"""All routers of the API."""

from fastapi import APIRouter

from web.api import (
    agenda,
    deliveries,
    escalations,
    evidence,
    explanation,
    feed,
    instructions,
    late,
    ledger,
    myself,
)

PREFIX = "/api/v1"


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
        feed,
        myself,
    ):
        router.include_router(module.router)
    return router
