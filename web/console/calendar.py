"""The calendar: deadlines and milestones of the bodies that somebody acts for, month by month; and the address to subscribe to."""

import re
from calendar import Calendar as Weeks
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from starlette.responses import HTMLResponse, RedirectResponse

from domain.identifiers import BodyId
from domain.working_time import PLAIN
from readmodels.month import Dated, days_of_bodies
from web.api.asked import Word, invalid, wait_for
from web.api.tokens import (
    FeedAsked,
    FeedMade,
    create_calendar_feed,
    list_calendar_feeds,
    revoke_calendar_feed,
)
from web.console.forms import Field, Form, body_of
from web.console.sending import beside_fields, recorded
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

_OF_A_DAY, _ALL_OF_A_DAY = 5, 200
"""Entries that a day of the month shows, and that it shows alone."""
_MONTH = re.compile(r"((?:19|20|21)\d\d)-(0[1-9]|1[0-2])")
"""Of two centuries: there are calendars for none beyond."""
FeedId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
Month = Annotated[str | None, Query(max_length=7)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day of the month."""

    on: date
    within: bool
    """Of the month itself, not of the week that it begins or ends in."""
    today: bool
    works: bool
    named: str
    """Why it is a day off, or a moved working day; empty for a usual one."""
    entries: Sequence[Dated]
    more: int
    """Entries that are not shown."""


@router.get("/calendar")
async def show_calendar(
    visit: Visiting, month: Month = None, day: date | None = None, body: Word = None
) -> HTMLResponse:
    """A month; or one day of it, with all that is due."""
    return await _page(visit, month, day, body)


@router.post("/calendar")
async def subscribe(visit: Acting) -> HTMLResponse:
    """Make an address, and show it: this once."""
    sent = await sent_form(visit.asking.request)
    form = _subscription(visit)
    try:
        made = await create_calendar_feed(
            visit.asking, body_of(FeedAsked, form.read(sent, visit.zone))
        )
    except Problem as problem:
        again = await beside_fields(visit, form, sent, problem)
        return await _page(visit, None, None, None, form=again, status=problem.status)
    return await _page(visit, None, None, None, made=made, status=201)


@router.post("/calendar/feeds/{feed}/end")
async def end(visit: Acting, feed: FeedId) -> RedirectResponse:
    """No program reads the calendar under this address any more."""
    await revoke_calendar_feed(visit.asking, feed)
    return recorded(visit, "/calendar", part="subscription")


async def _page(
    visit: Visit,
    month: str | None,
    day: date | None,
    body: str | None,
    *,
    form: Form | None = None,
    made: FeedMade | None = None,
    status: int = 200,
) -> HTMLResponse:
    asking = visit.asking
    await wait_for(asking, visit.at_least, "agenda", "register")
    acts_for = asking.reader.acts_for
    bodies = sorted(acts_for if body is None else acts_for & {body}, key=visit.body)
    today = asking.at.astimezone(ZoneInfo(visit.zone)).date()
    first = _month(f"{day:%Y-%m}" if day else month) or today.replace(day=1)
    weeks = Weeks().monthdatescalendar(first.year, first.month)
    shown = (day, day) if day else (weeks[0][0], weeks[-1][-1])
    found = await days_of_bodies(
        asking.services.pool,
        bodies,
        *shown,
        zone=visit.zone,
        most=_ALL_OF_A_DAY if day else _OF_A_DAY,
    )
    counted_by = bodies[0] if bodies else None
    feeds = await list_calendar_feeds(asking, asking.reader.person)
    return await visit.drawing.page(
        visit,
        "calendar.html",
        active="calendar",
        status=status,
        first=first,
        previous=_neighbour(first, -1),
        following=_neighbour(first, +1),
        day=_day(visit, day, first, today, counted_by, found) if day else None,
        weeks=[
            [_day(visit, one, first, today, counted_by, found) for one in week] for week in weeks
        ],
        bodies=sorted(acts_for, key=visit.body),
        asked_body=body,
        counted_by=counted_by,
        form=form or _subscription(visit),
        feeds=[one for one in feeds.items if one.revoked_at is None],
        address=asking.services.web_url + made.path if made else None,
    )


def _month(text: str | None) -> date | None:
    """Its first day. Raises `Problem` validation."""
    if text is None:
        return None
    found = _MONTH.fullmatch(text)
    if found is None:
        raise invalid("month", "is no month; write 2026-03")
    return date(int(found[1]), int(found[2]), 1)


def _neighbour(first: date, months: int) -> str | None:
    """The month before or after, as it is asked for; None past those that are shown."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    named = f"{year:04}-{month + 1:02}"
    return named if _MONTH.fullmatch(named) else None


def _day(
    visit: Visit,
    on: date,
    first: date,
    today: date,
    counted_by: BodyId | None,
    found: Sequence[Dated],
) -> Day:
    entries = [one for one in found if one.day == on]
    directory = visit.asking.reader.directory
    counted = directory.calendar_of(counted_by) if counted_by else PLAIN
    known = directory.calendars.get(counted.id)
    return Day(
        on=on,
        within=(on.year, on.month) == (first.year, first.month),
        today=on == today,
        works=counted.works(on),
        named=known.names.get(on, "") if known else "",
        entries=entries,
        more=entries[0].among - len(entries) if entries else 0,
    )


def _subscription(visit: Visit) -> Form:
    say = visit.words.say
    languages = (("en", "English"), ("ru", "Русский"))
    language = Field(
        name="language",
        label=say("Language of the calendar"),
        kind="choice",
        required=True,
        options=languages,
        value=visit.words.language,
    )
    return Form.of("", say("Subscribe"), "/calendar#subscription", say("Make an address"), language)
