"""What there is to set up, by what the visitor may do."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from web.console.visit import Visit, Visiting

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Door:
    """A page of the set-up."""

    path: str
    name: str
    said: str


@router.get("/setup")
async def show_setup(visit: Visiting) -> HTMLResponse:
    """Leads to what is one's own, and to what all share."""
    return await visit.drawing.page(
        visit, "setup/index.html", active="setup", own=_own(visit), shared=_shared(visit)
    )


def _own(visit: Visit) -> Sequence[Door]:
    say = visit.words.say
    return [
        Door(
            "/setup/preferences",
            say("How I am told"),
            say("Language, quiet hours, the daily message."),
        ),
        Door(
            "/setup/tokens",
            say("Tokens and sessions"),
            say("What programs come in by as you, and where you are signed in."),
        ),
    ]


def _shared(visit: Visit) -> Sequence[Door]:
    say, reader = visit.words.say, visit.asking.reader
    if not reader.holds_office:
        return []
    return [
        Door(
            "/setup/directory", say("Directory"), say("Bodies, their offices, and who holds them.")
        ),
        Door("/setup/absences", say("Absences"), say("Who acts for whom, and until when.")),
        Door(
            "/setup/calendars",
            say("Calendars"),
            say("Which days are worked, and who counts by which."),
        ),
        Door(
            "/setup/policies",
            say("Policies"),
            say("Reminders and escalations, and what they would have done."),
        ),
    ]
