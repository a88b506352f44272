"""Escalations: the queue as it stands longest, and what an operator does about one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, get_args

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, RedirectResponse

from readmodels.at_once import at_once
from readmodels.attention import Standing
from readmodels.worklist import Filter, Worklist
from web.api.asked import wait_for
from web.api.chosen import Chosen, ChosenOnes, Place
from web.api.escalations import EscalationLine, list_escalations
from web.console.choices import choices_of
from web.console.forms import (
    TYPE,
    Form,
    one_of,
)
from web.console.instruction.actions import form_of, open_to
from web.console.instruction.carrying_out import carried_out, sent_again
from web.console.instruction.fields import Choices
from web.console.instruction.shown import Shown
from web.console.instruction.titles import titles
from web.console.paths import with_query
from web.console.sending import beside_fields, put_back, recorded
from web.console.visit import Acting, Visit, Visiting
from web.console.worklists import as_meant, target_told
from web.form_sent import sent_form
from web.problems import Problem, not_found

router = APIRouter()

PATH = "/escalations"
_LINES = 50
Standings = Annotated[frozenset[Standing], Query()]
Number = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_UNTAKEN: frozenset[Standing] = frozenset({"open"})
_COMMANDS = ("AcknowledgeEscalation", "Snooze", "Deescalate", "Escalate")
"""The likeliest first, where an escalation stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acted:
    """The one that something is to be done about."""

    line: EscalationLine
    shown: Shown
    choices: Choices
    action: str
    """Where they are sent."""
    forms: Sequence[Form]
    """None where it is not theirs to do, or not in its phase."""

    @property
    def is_theirs(self) -> bool:
        """To see. Else what they send was recorded when it was."""
        return self.shown.sees("attention")

    def form_sent(self, type_: object) -> Form:
        """Also one that is not open any more: what was sent twice is answered, else refused in its place.

        Raises `Problem` validation if it is none of these forms.
        """
        if type_ in _COMMANDS and type_ not in {one.type for one in self.forms}:
            form = form_of(str(type_), self.choices, None, self.shown.version, earlier=False)
            return replace(form, action=self.action)
        return one_of(self.forms, type_)

    def with_refused(self, refused: Form) -> "Acted":
        return replace(self, forms=put_back(self.forms, refused))


@router.get(PATH)
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


@router.post(PATH, response_model=None)
async def do_about_one(
    visit: Acting,
    chosen: ChosenOnes,
    act: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")],
    standing: Standings = _UNTAKEN,
    after: Place = None,
) -> HTMLResponse | RedirectResponse:
    """Carry out what was entered about the one that `act` names."""
    sent = await sent_form(visit.asking.request)
    acted = await _acted(visit, act, again=sent_again(sent))
    form = acted.form_sent(sent.get(TYPE))
    try:
        done = await carried_out(acted.shown, acted.choices, act, form, sent)
    except Problem as problem:
        if not acted.is_theirs:
            raise
        again = acted.with_refused(await beside_fields(visit, form, sent, problem))
        return await _page(visit, chosen, standing, after, again, status=problem.status)
    return recorded(visit, PATH, done.position, asked=_asked(visit))


async def _page(
    visit: Visit,
    chosen: Chosen,
    standing: frozenset[Standing],
    after: str | None,
    acted: Acted | None,
    *,
    status: int = 200,
) -> HTMLResponse:
    chosen = as_meant(visit, chosen)
    queue, choices = await at_once(
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
        operates=visit.asking.reader.operates,
        target=partial(target_told, visit),
        people=await visit.people(_people([*queue.items, *([acted.line] if acted else [])])),
    )


def _queue(visit: Visit, **more: object) -> str:
    """This page of the queue."""
    return with_query(PATH, **_asked(visit), **more)


def _asked(visit: Visit) -> Mapping[str, object]:
    """What this page of the queue was asked, but for the one that something is done about."""
    asked: dict[str, list[str]] = {}
    for name, value in visit.asked_beside:
        if name != "act":
            asked.setdefault(name, []).append(value)
    return {**asked, "after": visit.asking.request.query_params.get("after")}


def _act_url(visit: Visit, number: str) -> str:
    return _queue(visit, act=number)


def _people(lines: Iterable[EscalationLine]) -> Iterable[str | None]:
    for line in lines:
        yield from (line.escalated_by, line.silenced_by, line.ended_by)


async def _acted(visit: Visit, number: str, *, again: str | None = None) -> Acted:
    """
    Args:
        again: as of `see`.

    Raises `Problem` if its escalation is not theirs to see.
    """
    asking = visit.asking
    asking.request.state.subject = number
    shown = await Shown.of(visit, number, "attention", again=again)
    await wait_for(asking, visit.at_least, "register", "attention")
    one = Filter(numbers=frozenset({shown.state.record.number}))
    works = await Worklist(asking.services.pool).every(one, asking.at)
    if not works:
        raise not_found(f"instruction {number} in the lists yet")
    line = EscalationLine.of(works[0], asking.at)
    choices = await shown.choices()
    action = _queue(visit, act=line.number)
    forms = _forms(shown, choices, line, action) if visit.is_now else ()
    return Acted(
        line=line,
        shown=shown,
        choices=choices,
        action=action,
        forms=forms,
    )


def _forms(shown: Shown, choices: Choices, line: EscalationLine, action: str) -> Sequence[Form]:
    """Those of the instruction's page, sent from here; the likeliest open."""
    found = {one.command.__name__: one for one in open_to(choices, earlier=False)}
    forms = [
        form_of(type_, choices, found[type_], shown.version, earlier=False)
        for type_ in (_COMMANDS if line.standing == "open" else reversed(_COMMANDS))
        if type_ in found
    ]
    return [replace(one, action=action, is_open=one is forms[0]) for one in forms]
