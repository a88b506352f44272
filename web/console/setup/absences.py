"""Absences: who acts, and is told, in whose place."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from web.api.asked import invalid
from web.api.directory import SubstitutionTold, list_substitutions
from web.api.names import After, SomeId
from web.console.forms import TYPE, Field, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup import choices
from web.console.setup.directory_forms import may_change
from web.console.setup.sending import change_directory
from web.console.setup.then import asking_then
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form, text_of
from web.problems import Problem

router = APIRouter()

PATH = "/setup/absences"
_LINES = 50
_MOST_TO_END = 200
_END = "EndSubstitution"


@router.get(PATH)
async def show_absences(
    visit: Visiting,
    person: SomeId = None,
    over: Annotated[bool, Query(description="those that are over too")] = False,
    after: After = "",
) -> HTMLResponse:
    """Those that hold or are to come, as they were set."""
    return await _page(visit, person=person, over=over, after=after)


@router.post(PATH)
async def change_absences(visit: Acting) -> Response:
    """Set a substitution, or end one."""
    sent = await sent_form(visit.asking.request)
    form = one_of(await _every(visit), sent.get(TYPE))
    try:
        ended = _which(sent) if form.type == _END else {}
        done = await change_directory(visit, form, sent, ended, apart=("which",))
    except Problem as problem:
        placed = problem.placed(_place) if form.type == _END else problem
        refused = await beside_fields(visit, form, sent, placed)
        return await _page(visit, refused=refused, status=problem.status)
    return recorded(visit, PATH, done.position)


async def _page(
    visit: Visit,
    *,
    person: str | None = None,
    over: bool = False,
    after: str = "",
    refused: Form | None = None,
    status: int = 200,
) -> HTMLResponse:
    asking = await asking_then(visit)
    lines = await list_substitutions(asking, person, over, after, _LINES)
    named = [one for line in lines.items for one in (line.absent, line.substitute)]
    return await visit.drawing.page(
        visit,
        "setup/absences.html",
        active="setup",
        status=status,
        lines=lines,
        person=person,
        over=over,
        today=asking.at.date(),
        names=await visit.people(named),
        office_name=partial(choices.office_name, visit),
        forms=put_back(await _forms(visit), refused),
    )


async def _forms(visit: Visit) -> Sequence[Form]:
    """Those of the page: there may be none to end."""
    return [one for one in await _every(visit) if one.type != _END or one.fields[0].options]


async def _every(visit: Visit) -> Sequence[Form]:
    """Also the one to end one where there is none any more: what was sent twice is answered, else refused in its place."""
    if not may_change(visit):
        return ()
    say, people = visit.words.say, await choices.people(visit)
    return (
        Form.of(
            "Substitute",
            say("Set a substitute"),
            PATH,
            say("Set"),
            choices.chosen(Field(name="absent", label=say("Who is absent"), required=True), people),
            choices.chosen(
                Field(name="substitute", label=say("Who acts in their place"), required=True),
                people,
            ),
            Field(name="since", label=say("First day of absence"), kind="day", required=True),
            Field(
                name="until",
                label=say("Last day of absence"),
                kind="day",
                help=say("Empty: without end."),
            ),
            Field(
                name="offices",
                label=say("In these offices only"),
                kind="choices",
                options=choices.offices(visit),
                help=say("None: in all that they hold."),
            ),
            Field(
                name="reason",
                label=say("Reason"),
                required=True,
                most=400,
                help=say("No names of persons: it stays in the log."),
            ),
            said=say(
                "From the first to the last day the substitute acts, and is told, in the offices of the absent."
            ),
        ),
        Form.of(
            _END,
            say("End a substitution"),
            PATH,
            say("End"),
            Field(
                name="which",
                label=say("Which"),
                kind="choice",
                required=True,
                options=await _to_end(visit),
            ),
            Field(name="until", label=say("Last day of absence"), kind="day", required=True),
        ),
    )


async def _to_end(visit: Visit) -> Sequence[tuple[str, str]]:
    """Those that hold or are to come."""
    standing = (await list_substitutions(visit.asking, None, False, "", _MOST_TO_END)).items
    names = await visit.people(one for line in standing for one in (line.absent, line.substitute))
    say = visit.words.say
    return [
        (
            _named(line),
            "; ".join(
                [
                    say(
                        "%(substitute)s in place of %(absent)s from %(since)s",
                        substitute=names[line.substitute],
                        absent=names[line.absent],
                        since=visit.words.day(line.since),
                    ),
                    *(choices.office_name(visit, office) for office in line.offices),
                ]
            ),
        )
        for line in standing
    ]


def _named(line: SubstitutionTold) -> str:
    """What a substitution is told from others by; ids and days have no such signs."""
    return "|".join((line.absent, line.substitute, f"{line.since}", ",".join(line.offices)))


def _place(field: str) -> str:
    """Where the form has it: which one is ended is one choice."""
    return "which" if field in ("absent", "substitute", "since", "offices") else field


def _which(sent: FormData) -> dict[str, Any]:
    """Raises `Problem` validation."""
    match text_of(sent, "which").split("|"):
        case [absent, substitute, since, offices]:
            named = tuple(one for one in offices.split(",") if one)
            return {"absent": absent, "substitute": substitute, "since": since, "offices": named}
        case _:
            raise invalid("which", "is none of these; load the page again")
