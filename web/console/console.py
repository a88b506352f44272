"""All pages."""

from fastapi import APIRouter

from web.console import (
    calendar,
    escalations,
    instruction,
    late,
    overview,
    preferences,
    register,
    signed_out,
    work,
)
from web.console.assets import serving
from web.console.drawing import Drawing


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in (
        overview,
        register,
        instruction,
        preferences,
        signed_out,
        work,
        escalations,
        late,
        calendar,
    ):
        router.include_router(module.router)
    return router
