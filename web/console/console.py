"""All pages."""

from fastapi import APIRouter

from web.console import bulk, instruction, issuing, overview, preferences, register
from web.console.assets import serving
from web.console.drawing import Drawing


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in (overview, register, bulk, issuing, instruction, preferences):
        router.include_router(module.router)
    return router
