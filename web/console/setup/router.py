"""All pages of the set-up."""

from fastapi import APIRouter

from web.console.setup import (
    absences,
    bodies,
    calendars,
    directory,
    index,
    people,
    policies,
    preferences,
    tokens,
)

router = APIRouter()
for module in (
    index,
    directory,
    bodies,
    people,
    absences,
    preferences,
    calendars,
    policies,
    tokens,
):
    router.include_router(module.router)
