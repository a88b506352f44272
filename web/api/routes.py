"""All routers of the API."""

from fastapi import APIRouter

from web.api import (
    calendars,
    directory,
    directory_commands,
    instructions,
    myself,
    programme_figures,
    programmes,
    recurrences,
    tokens,
)

PREFIX = "/api/v1"


def api() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (
        instructions,
        programmes,
        programme_figures,
        recurrences,
        directory,
        calendars,
        directory_commands,
        tokens,
        myself,
    ):
        router.include_router(module.router)
    return router
