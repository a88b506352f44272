"""Escalations: the queue as it stands longest, and what an operator does about one of them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter
from starlette.responses import HTMLResponse, RedirectResponse

from readmodels.attention import Standing
from readmodels.worklist import Filter, Worklist
from web.api.asked import wait_for
from web.api.asking import see
from web.api.chosen import Chosen, ChosenOnes, Place
from web.api.escalations import EscalationLine, list_escalations
from web.api.instructions import CommandBody, command_instruction
from web.console.choices import choices_of
from web.console.forms import (
    TYPE,
    Form,
    body_of,
    key_of,
    one_of,
    position_of,
    shown_in_the_form,
    version_of,
)
from web.console.instruction.actions import form_of, open_to
from web.console.instruction.fields import Choices, completed
from web.console.instruction.shown import Shown
from web.console.instruction.titles import titles
from web.console.paths import with_query
from web.console.visit import Acting, Visit, Visiting
from web.console.worklists import operates, target_told
from web.form_sent import sent_form
from web.problems import Problem, not_found

router = APIRouter()

_LINES = 50
Standings = Annotated[frozenset[Standing], Query()]
Number = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_UNTAKEN: frozenset[Standing] = frozenset({"open"})
_COMMANDS = ("AcknowledgeEscalation", "Snooze", "Deescalate", "Escalate")
"""The likeliest first, where an escalation stands."""
_BODIES: TypeAdapter[Any] = TypeAdapter(CommandBody)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acted:
    """The one that something is to be done about."""

    line: EscalationLine
    choices: Choices
    version: int
    """That the forms are for."""
    forms: Sequence[Form]
    """None where it is not theirs to do, or not in its phase."""

    def form_sent(self, type_: object) -> Form:
        """Also one that is not open any more: what was sent twice is answered, else refused in its place.

        Raises `Problem` validation if it is none of these forms.
        """
        if type_ in _COMMANDS and type_ not in {one.type for one in self.forms}:
            return form_of(str(type_), self.choices, None, self.version, earlier=False)
        return one_of(self.forms, type_)

    def with_refused(self, refused: Form) -> "Acted":
        """That one first; no other is open."""
        others = [replace(one, is_open=False) for one in self.forms if one.type != refused.type]
        return replace(self, forms=[refused, *others])


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
    sent = await sent_form(asking.request)
    acted = await _acted(visit, act)
    form = acted.form_sent(sent.get(TYPE))
    try:
        said = completed(form.type, form.read(sent, visit.zone), acted.choices)
        body, version = body_of(_BODIES, said), version_of(sent)
        done = await command_instruction(
            asking, act, body, key_of(sent), Response(), version, dry_run=False
        )
    except Problem as problem:
        await shown_in_the_form(visit.asking.request, problem)
        again = acted.with_refused(form.entered(sent).refused(problem))
        return await _page(visit, chosen, standing, after, again, status=problem.status)
    return RedirectResponse(_queue(visit, at_least=position_of(done), done=True), 303)


async def _page(
    visit: Visit,
    chosen: Chosen,
    standing: frozenset[Standing],
    after: str | None,
    acted: Acted | None,
    *,
    status: int = 200,
) -> HTMLResponse:
    queue, choices = await asyncio.gather(
        list_escalations(visit.asking, chosen, standing, after, _LINES, visit.at_least),
        choices_of(visit, chosen.programme),
    )
    return await visit.drawing.page(
        visit,
        "escalations.html",
        active="escalations",
        status=status,
        queue=queue,
        asked=chosen,
        standing=standing,
        standings=get_args(Standing),
        choices=choices,
        acted=acted,
        act_url=partial(_act_url, visit),
        queue_url=_queue(visit),
        titles=titles(visit.words),
        operates=operates(visit),
        target=partial(target_told, visit),
        people=await visit.people(_people([*queue.items, *([acted.line] if acted else [])])),
    )


def _queue(visit: Visit, **more: object) -> str:
    """This page of the queue, with what it was asked but for the one that something is done about."""
    asked: dict[str, list[str]] = {}
    for name, value in visit.asked_beside:
        if name != "act":
            asked.setdefault(name, []).append(value)
    after = visit.asking.request.query_params.get("after")
    return with_query("/escalations", **asked, after=after, **more)


def _act_url(visit: Visit, number: str) -> str:
    return _queue(visit, act=number)


def _people(lines: Iterable[EscalationLine]) -> Iterable[str | None]:
    for line in lines:
        yield from (line.escalated_by, line.silenced_by, line.ended_by)


async def _acted(visit: Visit, number: str) -> Acted:
    """Raises `Problem` if its escalation is not theirs to see."""
    asking = visit.asking
    asking.request.state.subject = number
    seen = await see(asking, number, "attention")
    await wait_for(asking, visit.at_least, "register", "attention")
    one = Filter(numbers=frozenset({seen.state.record.number}))
    works = await Worklist(asking.services.pool).every(one, asking.at)
    if not works:
        raise not_found(f"instruction {number} in the lists yet")
    line = EscalationLine.of(works[0], asking.at)
    shown = await Shown.of(visit, number)
    choices = await shown.choices()
    forms = _forms(shown, choices, line) if visit.is_now else ()
    return Acted(line=line, choices=choices, version=shown.version, forms=forms)


def _forms(shown: Shown, choices: Choices, line: EscalationLine) -> Sequence[Form]:
    """Those of the instruction's page, sent from here; the likeliest open."""
    found = {one.command.__name__: one for one in open_to(choices, earlier=False)}
    action = _queue(shown.visit, act=line.number)
    forms = [
        form_of(type_, choices, found[type_], shown.version, earlier=False)
        for type_ in (_COMMANDS if line.standing == "open" else reversed(_COMMANDS))
        if type_ in found
    ]
    return [replace(one, action=action, is_open=one is forms[0]) for one in forms]
