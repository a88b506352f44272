"""Issuing an instruction, or proposing one."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from domain.identifiers import BodyId
from domain.policies import DEFAULT_POLICY
from web.api.instructions import FoundingBody, found_instruction
from web.console.choices import (
    bodies_to_charge,
    bodies_to_look_for,
    labelled,
    policies_of,
    programmes_of,
    sectors_of,
)
from web.console.forms import Field, Form, Option, body_of, key_of
from web.console.paths import instruction_path
from web.console.sending import beside_fields, position_of, recorded
from web.console.term_fields import of_source
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

PATH = "/issue"
_PROGRAMMES_WITH_SECTORS = 20


def issuers_of(visit: Visit) -> Sequence[BodyId]:
    """The bodies in whose name the visitor may issue: those they act for; as a registrar, theirs and those below, of the past."""
    reader = visit.asking.reader
    return sorted(reader.acts_for | reader.registers_for)


@router.get(PATH)
async def show_issuing(visit: Visiting) -> HTMLResponse:
    """The form."""
    return await _drawn(visit, await _form(visit))


@router.post(PATH)
async def issue(visit: Acting, request: Request) -> Response:
    """Have it recorded, and go to it."""
    sent, form = await sent_form(request), await _form(visit)
    try:
        body = body_of(FoundingBody, form.read(sent, visit.zone))
        done = await found_instruction(visit.asking, body, key_of(sent), Response(), dry_run=False)
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _drawn(visit, refused, status=problem.status)
    return recorded(visit, instruction_path(body.number), position_of(done))


async def _drawn(visit: Visit, form: Form, *, status: int = 200) -> HTMLResponse:
    may = bool(issuers_of(visit))
    return await visit.drawing.page(
        visit, "issue.html", active="register", status=status, form=form, may=may
    )


async def _form(visit: Visit) -> Form:
    say, reader = visit.words.say, visit.asking.reader
    issuers = frozenset(issuers_of(visit))
    programmes = [one for one in await programmes_of(visit) if one.phase != "Closed"]
    # What a registrar enters of the past may have been issued by a body that is no more.
    bodies = bodies_to_look_for(visit) if reader.registers else bodies_to_charge(visit)
    own = [one for one in bodies if one[0] in issuers]
    return Form.of(
        "",
        say("Issue an instruction"),
        PATH,
        say("Record it"),
        Field(
            name="type",
            label=say("What it is"),
            kind="choice",
            required=True,
            value="Issue",
            options=[
                ("Issue", say("An instruction: in force at once")),
                ("Propose", say("A proposal: the issuer has yet to decide on it")),
            ],
        ),
        Field(name="number", label=say("Number"), required=True, most=100),
        Field(name="text", label=say("Text"), kind="area", required=True, most=20_000, rows=4),
        Field(
            name="issuer",
            label=say("Issuer"),
            kind="choice",
            required=True,
            options=own,
            value=own[0][0] if len(own) == 1 else "",
        ),
        Field(
            name="controller",
            label=say("Controller"),
            kind="choice",
            options=bodies_to_charge(visit),
            help=say("Accepts the result. Without one the report completes it."),
        ),
        Field(name="deadline", label=say("Deadline"), kind="deadline", required=True),
        Field(
            name="programme",
            label=say("Programme"),
            kind="choice",
            options=[(one.id, one.title) for one in programmes],
        ),
        Field(
            name="sector",
            label=say("Sector"),
            suggestions=await _sectors(visit, [one.id for one in programmes]),
            most=200,
        ),
        *of_source(visit),
        Field(
            name="policy",
            label=say("Policy"),
            kind="choice",
            value=DEFAULT_POLICY.id,
            options=policies_of(visit),
            help=say("By what rules it is reminded of and escalated."),
        ),
        Field(
            name="priority",
            label=say("Priority"),
            kind="choice",
            value="normal",
            options=labelled(visit, "priority"),
        ),
        Field(
            name="closes_with",
            label=say("How it is completed"),
            kind="choice",
            value="report",
            options=labelled(visit, "closes-with"),
        ),
        *(_of_the_past(visit) if reader.registers else ()),
    )


def _of_the_past(visit: Visit) -> Sequence[Field]:
    say = visit.words.say
    return (
        Field(
            name="backdated.at",
            label=say("When it happened"),
            kind="moment",
            help=say("Of a registrar: what happened earlier, and is entered only now."),
        ),
        Field(name="backdated.reason", label=say("Why it is entered only now"), most=4_000),
    )


async def _sectors(visit: Visit, programmes: Sequence[str]) -> Sequence[Option]:
    """Of all of them, each once."""
    found: dict[str, str] = {}
    for programme in programmes[:_PROGRAMMES_WITH_SECTORS]:
        found |= dict(await sectors_of(visit, programme))
    return sorted(found.items())
