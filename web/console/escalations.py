"""Escalations: the queue as it stands longest, and what an operator does about one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from starlette.responses import HTMLResponse, RedirectResponse

from domain.instruction import commands as c
from domain.instruction.rules import RULES
from readmodels.attention import Standing
from readmodels.worklist import Filter, Worklist
from web.api.asked import wait_for
from web.api.asking import Seen, see
from web.api.chosen import Chosen, ChosenOnes, Place
from web.api.escalations import EscalationLine, list_escalations
from web.api.instructions import CommandBody, command_instruction
from web.api.sending import Done
from web.console.choices import choices_of, operates, target_told, targets_of
from web.console.forms import TYPE, Field, Form, body_of, is_told_beside, key_of, one_of
from web.console.labels import label
from web.console.paths import with_query
from web.console.visit import Acting, Visit, Visiting
from web.problems import Problem, not_found

router = APIRouter()

_LINES = 50
_DEFAULT_DAYS = 3
"""That a silence lasts, if nothing else is entered."""
_EVENING = time(18)
Standings = Annotated[frozenset[Standing], Query()]
Number = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_UNTAKEN: frozenset[Standing] = frozenset({"open"})
_COMMANDS: Sequence[type[c.InstructionCommand]] = (
    c.AcknowledgeEscalation,
    c.Snooze,
    c.Deescalate,
    c.Escalate,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acted:
    """The one that something is to be done about."""

    line: EscalationLine
    forms: Sequence[Form]
    """None where it is not theirs to do, or not in its phase."""


@router.get("/escalations")
async def show_escalations(
    visit: Visiting,
    chosen: ChosenOnes,
    standing: Standings = _UNTAKEN,
    after: Place = None,
    act: Number = None,
) -> HTMLResponse:
    """The queue; above it, what can be done about the one that `act` names."""
    acted = await _acted(visit, act) if act else None
    return await _page(visit, chosen, standing, after, acted)


@router.post("/escalations", response_model=None)
async def do_about_one(
    visit: Acting,
    chosen: ChosenOnes,
    act: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")],
    standing: Standings = _UNTAKEN,
    after: Place = None,
) -> HTMLResponse | RedirectResponse:
    """Carry out what was entered about the one that `act` names."""
    asking = visit.asking
    sent = await asking.request.form()
    acted = await _acted(visit, act)
    form = one_of(acted.forms, sent.get(TYPE))
    try:
        body = body_of(CommandBody, form.read(sent, visit.zone))
        done = await command_instruction(
            asking, act, body, key_of(sent), Response(), if_match=None, dry_run=False
        )
    except Problem as problem:
        if not is_told_beside(problem):
            raise
        refused = form.entered(sent).refused(problem)
        forms = [refused if one.type == refused.type else one for one in acted.forms]
        again = replace(acted, forms=forms)
        return await _page(visit, chosen, standing, after, again, status=problem.status)
    position = done.position if isinstance(done, Done) else 0
    return RedirectResponse(_queue(visit, at_least=position or None, done=True), 303)


async def _page(
    visit: Visit,
    chosen: Chosen,
    standing: frozenset[Standing],
    after: str | None,
    acted: Acted | None,
    *,
    status: int = 200,
) -> HTMLResponse:
    queue = await list_escalations(visit.asking, chosen, standing, after, _LINES, visit.at_least)
    return await visit.drawing.page(
        visit,
        "escalations.html",
        active="escalations",
        status=status,
        queue=queue,
        asked=chosen,
        standing=standing,
        standings=get_args(Standing),
        choices=await choices_of(visit),
        acted=acted,
        act_url=partial(_act_url, visit),
        queue_url=_queue(visit),
        operates=operates(visit),
        target=partial(target_told, visit),
        people=await visit.people(_people([*queue.items, *([acted.line] if acted else [])])),
    )


def _queue(visit: Visit, **more: object) -> str:
    """This page, with what it was asked but for the one that something is done about."""
    asked: dict[str, list[str]] = {}
    for name, value in visit.asked_beside:
        if name != "act":
            asked.setdefault(name, []).append(value)
    return with_query("/escalations", **asked, **more)


def _act_url(visit: Visit, number: str) -> str:
    return _queue(visit, act=number)


def _people(lines: Iterable[EscalationLine]) -> Iterable[str | None]:
    for line in lines:
        yield from (line.escalated_by, line.silenced_by, line.ended_by)


async def _acted(visit: Visit, number: str) -> Acted:
    """Raises `Problem` if its escalation is not theirs to see."""
    asking = visit.asking
    seen = await see(asking, number, "attention")
    record = seen.state.record
    await wait_for(asking, visit.at_least, "register", "attention")
    lists = Worklist(asking.services.pool)
    works = await lists.every(Filter(numbers=frozenset({record.number})), asking.at)
    if not works:
        raise not_found(f"instruction {number} in the lists yet")
    line = EscalationLine.of(works[0], asking.at)
    return Acted(line=line, forms=_forms(visit, seen, line) if visit.is_now else ())


def _forms(visit: Visit, seen: Seen, line: EscalationLine) -> Sequence[Form]:
    """Those commands that are theirs to send, and for its phase; the likeliest open."""
    mandates, directory = visit.asking.reader.mandates, visit.asking.reader.directory
    found: list[Form] = []
    for command in _COMMANDS if line.standing == "open" else reversed(_COMMANDS):
        rule = RULES[command]
        parties = [relation(seen.state.record, directory) for relation in rule.who]
        may = any(
            m.office.kind in p.kinds and m.office.body in p.bodies
            for m in mandates
            for p in parties
        )
        if may and isinstance(seen.state, rule.phases):
            found.append(_form(visit, command.__name__, line))
    return [replace(one, is_open=one is found[0]) for one in found]


def _form(visit: Visit, type_: str, line: EscalationLine) -> Form:
    say, step = visit.words.say, label(visit.words, "step", type_)
    until = Field(
        name="until",
        label=say("Until"),
        kind="moment",
        required=True,
        value=_evening(visit),
        help=say("No step of the chain fires before then."),
    )
    reason = Field(name="reason", label=say("Reason"), kind="area", required=True, most=4000)
    fields: Sequence[Field] = ()
    match type_:
        case "AcknowledgeEscalation":
            fields, said = (
                (until,),
                say("You take it on: the chain is silent until the moment you name."),
            )
        case "Snooze":
            fields = (until, replace(reason, required=False))
            said = say("The chain is silent until the moment you name; nobody has taken it on.")
        case "Deescalate":
            back = Field(
                name="give_back",
                label=say("Give the assignment back to the lead it was taken from"),
                kind="flag",
            )
            fields = (reason, back)
            said = say("The chain is silent for as long as the deadline is the same.")
        case _:
            to = Field(
                name="to", label=say("To"), kind="choice", required=True, options=targets_of(visit)
            )
            fields, said = (to, reason), say("Bring it before somebody further up, now.")
    return Form.of(type_, step, _queue(visit, act=line.number), step, *fields, said=said)


def _evening(visit: Visit) -> str:
    """Some days from now, at the end of work: as a field for a local time takes it."""
    today = visit.asking.at.astimezone(ZoneInfo(visit.zone)).date()
    return f"{datetime.combine(today + timedelta(days=_DEFAULT_DAYS), _EVENING):%Y-%m-%dT%H:%M}"
