"""All routers of the API."""

from fastapi import APIRouter

from web.api import instructions, myself

PREFIX = "/api/v1"


def api() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (instructions, myself):
        router.include_router(module.router)
    return router
