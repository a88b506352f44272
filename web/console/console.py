"""All pages."""

from fastapi import APIRouter

from web.console import overview, preferences, register
from web.console.assets import serving
from web.console.drawing import Drawing
from web.console.instruction import acting, deliveries, history, page


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in (overview, register, page, acting, history, deliveries, preferences):
        router.include_router(module.router)
    return router
