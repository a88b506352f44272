"""All pages."""

from fastapi import APIRouter

from web.console import instruction, overview, preferences, register
from web.console.assets import serving
from web.console.drawing import Drawing
from web.console.programmes import difference, measures, meeting, programme, report


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    of_programmes = (programme, measures, meeting, difference, report)
    for module in (overview, *of_programmes, register, instruction, preferences):
        router.include_router(module.router)
    return router
