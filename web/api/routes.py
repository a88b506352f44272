"""All routers of the API."""

from fastapi import APIRouter

from web.api import audit, bundles, exports, instructions, myself

PREFIX = "/api/v1"


def api() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (instructions, exports, audit, bundles, myself):
        router.include_router(module.router)
    return router
