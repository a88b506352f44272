"""Calendars of working days: which there are, a year of one, and publishing one from a file."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from importing.calendar_file import BadCalendarFile, CalendarEntry, read_calendar
from web.api.calendars import get_calendar, list_calendars
from web.api.names import Id
from web.console.forms import TYPE, Field, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup.directory_forms import may_change
from web.console.setup.sending import change_directory, files_problem, text_sent
from web.console.setup.then import asking_then
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

PATH = "/setup/calendars"
_MONDAY = date(2024, 1, 1)
_EXAMPLE = """country = "BY"
years = "2026-2027"
"""


@router.get(PATH)
async def show_calendars(visit: Visiting) -> HTMLResponse:
    """At their latest versions, with who counts by them."""
    return await _page(visit)


@router.post(PATH)
async def publish_calendar(visit: Acting) -> Response:
    """Publish a calendar, or the next version of one, from what a file says."""
    sent = await sent_form(visit.asking.request)
    form = one_of(_forms(visit), sent.get(TYPE))
    try:
        fields = _calendar_in(sent).fields("web console")
        done = await change_directory(visit, form, sent, fields, apart=("file",))
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, refused=refused, status=problem.status)
    return recorded(visit, f"{PATH}/{fields['calendar']}", done.position)


@router.get(PATH + "/{calendar}")
async def show_calendar(
    visit: Visiting,
    calendar: Id,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
) -> HTMLResponse:
    """A year of it: by default this one, or the nearest that it speaks for."""
    asking = await asking_then(visit)
    told = await get_calendar(asking, calendar, None)
    there_are = [one.year for one in told.years]
    shown = year if year in there_are else min(there_are, key=lambda one: abs(one - asking.at.year))
    return await visit.drawing.page(
        visit,
        "setup/calendar.html",
        active="setup",
        told=told,
        year=next(one for one in told.years if one.year == shown),
        years=there_are,
        weekdays=[visit.words.weekday(_MONDAY + timedelta(days=n)) for n in range(7)],
    )


async def _page(visit: Visit, *, refused: Form | None = None, status: int = 200) -> HTMLResponse:
    asking = await asking_then(visit)
    return await visit.drawing.page(
        visit,
        "setup/calendars.html",
        active="setup",
        status=status,
        lines=(await list_calendars(asking)).items,
        forms=put_back(_forms(visit), refused),
    )


def _forms(visit: Visit) -> Sequence[Form]:
    if not may_change(visit):
        return ()
    say = visit.words.say
    return (
        Form.of(
            "PublishCalendar",
            say("Publish a calendar"),
            PATH,
            say("Publish"),
            Field(
                name="file",
                label=say("What the calendar's file says (TOML)"),
                kind="area",
                required=True,
                rows=12,
                value=_EXAMPLE,
                help=say(
                    "A country's days off are known; docs/calendars.md says what may be added."
                ),
            ),
            said=say("What is open and counts by it is looked at anew at once."),
        ),
    )


def _calendar_in(sent: FormData) -> CalendarEntry:
    try:
        return read_calendar(text_sent(sent, "file"))
    except BadCalendarFile as error:
        raise files_problem(error.problems) from error
