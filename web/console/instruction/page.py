"""One instruction: how it stands, why, and what whoever looks may do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from audit.trail import reach
from domain.identifiers import instruction_id
from domain.instruction.events import AboutNotice
from web.api.asking import Named, look_at
from web.api.audit import proving
from web.api.explanation import explained
from web.api.models import EventTold
from web.console.forms import Form
from web.console.instruction.actions import Actions, actions, attaching, open_to
from web.console.instruction.shown import Shown
from web.console.instruction.timeline import drawn
from web.console.instruction.told import size, told
from web.console.visit import Visiting, is_redraw
from web.problems import ApiCode, Problem

router = APIRouter()

_LATEST = 12
"""Events that the page shows; the whole history has a page of its own."""
Covered = Literal["covered", "not-yet", "unlooked"]
Earlier = Annotated[bool, Query(description="enter what happened earlier, as a registrar")]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What the instruction is a part of."""

    id: str
    number: str | None
    """None where it is not for whoever looks."""


@router.get("/instructions/{number}")
async def show_instruction(
    visit: Visiting, number: Named, earlier: Earlier = False
) -> HTMLResponse:
    """How it stands."""
    return await page_of(await Shown.of(visit, number), earlier=earlier)


async def page_of(
    shown: Shown,
    *,
    earlier: bool,
    refused: Form | None = None,
    status: int = 200,
) -> HTMLResponse:
    """
    Args:
        earlier: with the forms of what happened earlier, instead of what may be done now.
        refused: of a command that was sent.
    """
    visit = shown.visit
    explanation = await explained(visit.asking, shown.found, visit.moment)
    latest, people = await told(visit, _latest(shown), shown.events)
    people = {**people, **await visit.people(one.by for one in shown.files)}
    record = shown.state.record
    return await visit.drawing.page(
        visit,
        "instruction/page.html",
        active="register",
        status=status,
        told=shown.told,
        shown=shown,
        record=record,
        whole=await _whole(shown),
        parts_below=[(part, instruction_id(part.number)) for part in shown.told.parts],
        line=drawn(shown, explanation.moments),
        latest=latest,
        people=people,
        size=partial(size, visit),
        covered=await _covered(shown),
        workflow=_workflow(shown),
        earlier=earlier,
        **await _doing(shown, earlier=earlier, refused=refused),
    )


def _latest(shown: Shown) -> Sequence[EventTold]:
    """The last one first; what became of notices has a page of its own."""
    if not shown.sees("history"):
        return ()
    stored = [one for one, event in shown.events if not isinstance(event, AboutNotice)]
    latest = {one.version for one in stored[-_LATEST:]}
    return [
        EventTold.of_decoded(one, event)
        for one, event in reversed(shown.found.recorded)
        if one.version in latest
    ]


async def _doing(shown: Shown, *, earlier: bool, refused: Form | None) -> dict[str, Any]:
    """The forms, and whether there are others for what happened earlier."""
    visit = shown.visit
    acts = (
        visit.is_now and shown.sees("commands") and "command" in visit.asking.authenticated.scopes
    )
    if not acts:
        return {"actions": None, "attaching": None, "registers": False}
    choices = await shown.choices()
    is_open = open_to(choices, earlier=False)
    registers = open_to(choices, earlier=True)
    found: Actions = actions(
        choices, registers if earlier else is_open, shown.version, earlier=earlier
    )
    attach = attaching(choices, is_open)
    if refused is not None and attach is not None and refused.type == attach.type:
        attach = refused
    elif refused is not None:
        found = found.with_refused(refused)
    return {"actions": found, "attaching": attach, "registers": bool(registers)}


async def _whole(shown: Shown) -> Whole | None:
    if shown.told.part_of is None:
        return None
    found = await look_at(shown.visit.asking, shown.told.part_of)
    number = found.state.record.number if found and "detail" in found.aspects else None
    return Whole(id=shown.told.part_of, number=number)


async def _covered(shown: Shown) -> Covered | Problem | None:
    """Whether a checkpoint covers its last event, by what the database says; what is wrong with the trail; None where nothing
    of that is told. It is for an audit, and noted as read in its name: a page that draws itself anew does not look.
    """
    asking = shown.visit.asking
    verifier = asking.services.verifier
    if not shown.sees("proof") or not asking.audits or verifier is None:
        return None
    if is_redraw(asking.request):
        return "unlooked"
    await asking.note("read", subject=shown.told.number)
    try:
        async with proving(asking) as connection:
            found = await reach(connection, verifier)
    except Problem as problem:
        if problem.code != ApiCode.NOT_AS_SIGNED:
            raise
        return problem
    size_ = found.last.size if found.last else 0
    return "covered" if shown.events[-1][0].position <= size_ else "not-yet"


def _workflow(shown: Shown) -> str | None:
    """Its workflow in Temporal's own pages, for those who watch it."""
    pages = shown.visit.asking.services.workflow_pages
    return f"{pages}/{shown.found.instruction}" if pages and shown.sees("attention") else None
