"""All pages."""

from fastapi import APIRouter

from web.console import instruction, overview, preferences, register, signed_out
from web.console.assets import serving
from web.console.audit import routes as audit
from web.console.drawing import Drawing


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in (overview, register, instruction, audit, preferences, signed_out):
        router.include_router(module.router)
    return router
