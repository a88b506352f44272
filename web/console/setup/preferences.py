"""How the visitor themself is told: language, hours, and what they need not hear of."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from web.api.directory import PersonTold, get_person
from web.console.forms import TYPE, Field, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup import choices
from web.console.setup.sending import change_directory
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

PATH = "/setup/preferences"


@router.get(PATH)
async def show_preferences(visit: Visiting) -> HTMLResponse:
    """One's own, with the addresses and channels that are on file."""
    return await _page(visit)


@router.post(PATH)
async def set_preferences(visit: Acting) -> Response:
    """Say it all anew."""
    sent = await sent_form(visit.asking.request)
    form = one_of(_forms(visit, await _own(visit)), sent.get(TYPE))
    try:
        done = await change_directory(visit, form, sent, {"person": visit.asking.reader.person})
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, refused=refused, status=problem.status)
    return recorded(visit, PATH, done.position)


async def _page(visit: Visit, *, refused: Form | None = None, status: int = 200) -> HTMLResponse:
    told = await _own(visit)
    return await visit.drawing.page(
        visit,
        "setup/preferences.html",
        active="setup",
        status=status,
        told=told,
        channels=dict(choices.channels(visit.words)),
        forms=put_back(_forms(visit, told), refused),
    )


async def _own(visit: Visit) -> PersonTold:
    return await get_person(visit.asking, visit.asking.reader.person)


def _forms(visit: Visit, told: PersonTold) -> Sequence[Form]:
    assert told.reached is not None  # one's own
    say, now = visit.words.say, told.reached.preferences
    clock = say("Such as 20:00.")
    return (
        Form.of(
            "SetPreferences",
            say("How I am told"),
            PATH,
            say("Keep"),
            Field(
                name="language",
                label=say("Language of notices"),
                kind="choice",
                required=True,
                options=choices.languages(),
                value=now.language,
            ),
            Field(
                name="zone",
                label=say("Time zone"),
                value=now.zone or "",
                help=say("Empty: that of the body you are told for."),
            ),
            Field(
                name="quiet.start",
                label=say("Quiet from"),
                value=f"{now.quiet.start:%H:%M}" if now.quiet else "",
                help=clock,
                most=5,
            ),
            Field(
                name="quiet.end",
                label=say("Quiet until"),
                value=f"{now.quiet.end:%H:%M}" if now.quiet else "",
                help=clock,
                most=5,
            ),
            Field(
                name="working_days_only",
                label=say("What is not mandatory waits for a working day"),
                kind="flag",
                value="true" if now.working_days_only else "",
            ),
            Field(
                name="daily_at",
                label=say("Once a day, at"),
                value=f"{now.daily_at:%H:%M}" if now.daily_at else "",
                help=say("What is not mandatory then comes together. Empty: each by itself."),
                most=5,
            ),
            Field(
                name="muted",
                label=say("Do not tell me of"),
                kind="choices",
                options=choices.mutable_notices(visit.words),
                value=tuple(now.muted),
                help=say("What is mandatory cannot be muted."),
            ),
        ),
    )
