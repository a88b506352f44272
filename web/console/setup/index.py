"""What there is to set up, by what the visitor may do."""

from collections.abc import Iterator
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
        visit,
        "setup/index.html",
        active="setup",
        own=list(_own(visit)),
        shared=list(_shared(visit)),
    )


def _own(visit: Visit) -> Iterator[Door]:
    say = visit.words.say
    yield Door(
        "/setup/preferences",
        say("How I am told"),
        say("Language, quiet hours, the daily message."),
    )
    yield Door(
        "/setup/channels",
        say("Channels"),
        say("What is set up here, and a test notice to yourself."),
    )
    yield Door(
        "/setup/tokens",
        say("Tokens and sessions"),
        say("What programs come in by as you, and where you are signed in."),
    )


def _shared(visit: Visit) -> Iterator[Door]:
    say, reader = visit.words.say, visit.asking.reader
    if not reader.holds_office:
        return
    yield Door(
        "/setup/directory", say("Directory"), say("Bodies, their offices, and who holds them.")
    )
    yield Door("/setup/absences", say("Absences"), say("Who acts for whom, and until when."))
    yield Door(
        "/setup/calendars", say("Calendars"), say("Which days are worked, and who counts by which.")
    )
    yield Door(
        "/setup/policies", say("Policies"), say("When reminders come, and when it goes further up.")
    )
    yield Door(
        "/setup/backtest",
        say("A policy on what happened"),
        say("Whom it would have told, and when, next to what was."),
    )
    if visit.asking.reader.registers:
        yield Door(
            "/setup/import",
            say("Import of measures"),
            say("What happened earlier, from CSV or XLSX; checked first."),
        )
