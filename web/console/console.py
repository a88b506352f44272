"""All pages."""

from fastapi import APIRouter

from web.console import overview, preferences, register, signed_out
from web.console.assets import serving
from web.console.drawing import Drawing
from web.console.instruction import acting, deliveries, history, page


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    modules = (
        *(overview, register, preferences, signed_out),
        *(page, acting, history, deliveries),
    )
    for module in modules:
        router.include_router(module.router)
    return router
