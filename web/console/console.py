"""All pages."""

from fastapi import APIRouter

from web.console import (
    bulk,
    calendar,
    escalations,
    instruction,
    issuing,
    late,
    overview,
    preferences,
    register,
    signed_out,
    work,
)
from web.console.assets import serving
from web.console.drawing import Drawing

_PAGES = (
    overview,
    register,
    bulk,
    issuing,
    instruction,
    work,
    escalations,
    late,
    calendar,
    preferences,
    signed_out,
)


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in _PAGES:
        router.include_router(module.router)
    return router
