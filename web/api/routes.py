"""All routers of the API."""

from fastapi import APIRouter

from web.api import audit, bulk, bundles, exports, instructions, myself

PREFIX = "/api/v1"


def api() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (instructions, bulk, exports, audit, bundles, myself):
        router.include_router(module.router)
    return router
