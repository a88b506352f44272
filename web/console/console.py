"""All pages."""

from fastapi import APIRouter

from web.console import (
    bulk,
    calendar,
    escalations,
    issuing,
    late,
    overview,
    preferences,
    register,
    setup,
    signed_out,
    work,
)
from web.console.assets import serving
from web.console.audit import routes as audit
from web.console.drawing import Drawing
from web.console.instruction import acting, deliveries, history, page
from web.console.programmes import difference, measures, meeting, programme, report

PAGES = (
    overview,
    programme,
    measures,
    meeting,
    difference,
    report,
    register,
    bulk,
    issuing,
    page,
    acting,
    history,
    deliveries,
    work,
    escalations,
    late,
    calendar,
    audit,
    setup,
    preferences,
    signed_out,
)


def console(drawing: Drawing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.include_router(serving(drawing.assets))
    for module in PAGES:
        router.include_router(module.router)
    return router
