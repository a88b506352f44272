"""All pages of the set-up."""

from fastapi import APIRouter

from web.console.setup import (
    absences,
    backtest,
    bodies,
    calendars,
    channels,
    directory,
    index,
    measures,
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
    backtest,
    channels,
    tokens,
    measures,
):
    router.include_router(module.router)
