"""One command to many instructions: chosen, shown first what it leads to, then done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, TypeAdapter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from domain.value import instant_of
from readmodels.at_once import at_once
from readmodels.register import RegisterRow
from readmodels.worklist import Worklist
from web.api.asked import invalid
from web.api.bulk import (
    MOST,
    BulkAsked,
    BulkFilter,
    BulkLine,
    BulkTold,
    OperationBody,
    command_many,
    limits_of,
)
from web.console.bulk_choice import Choice, Chosen
from web.console.bulk_forms import ON_BEHALF_OF, operation_of, operations_of
from web.console.forms import TYPE, Form, key_of, one_of
from web.console.labels import label
from web.console.register_filters import as_meant, names_of, register_choices
from web.console.sending import beside_fields, put_back
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form, text_of
from web.problems import ApiCode, Problem

router = APIRouter()

PATH = "/bulk"
CARRY_OUT = "CarryOut"
_LISTED = 100
"""Of those that are chosen, by number."""
_OPERATION: TypeAdapter[Any] = TypeAdapter(OperationBody)
_NUMBERS: TypeAdapter[frozenset[str]] = TypeAdapter(frozenset[str])


@router.get(PATH)
async def show_bulk(visit: Visiting, choice: Chosen) -> HTMLResponse:
    """Which are chosen, and what may be done to them."""
    choice = replace(choice, registered=as_meant(visit, choice.registered))
    return await _drawn(visit, choice, operations_of(visit, visit.now_url))


@router.post(PATH)
async def do_bulk(visit: Acting, request: Request, choice: Chosen) -> Response:
    """Say what an operation leads to; or, where that was shown, have it done."""
    sent, forms = await sent_form(request), operations_of(visit, visit.now_url)
    choice = replace(choice, registered=as_meant(visit, choice.registered))
    if sent.get(TYPE) == CARRY_OUT:
        return await _done(visit, sent, choice, forms)
    form = one_of(forms, sent.get(TYPE))
    try:
        operation, behalf = operation_of(form, form.read(sent, visit.zone))
        which = await choice.filter(visit.asking)
        asked = BulkAsked(operation=operation, filter=which, on_behalf_of=behalf, dry_run=True)
        told = await command_many(visit.asking, asked, key_of(sent), None)
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _drawn(
            visit, choice, put_back(forms, refused), refused=True, status=problem.status
        )
    outcome = Outcome.of(visit, form.title, asked, told)
    return await _drawn(visit, choice, put_back(forms, form.entered(sent)), outcome=outcome)


async def _done(
    visit: Visit, sent: FormData, choice: Choice, forms: Sequence[Form]
) -> HTMLResponse:
    """Exactly to those that were shown. Sent again, what is recorded already is not done twice."""
    operation, numbers = text_of(sent, "operation"), text_of(sent, "numbers")
    try:
        asked = BulkAsked(
            operation=_OPERATION.validate_json(operation),
            filter=BulkFilter(numbers=_NUMBERS.validate_json(numbers)),
            on_behalf_of=text_of(sent, ON_BEHALF_OF) or None,
            dry_run=False,
        )
    except ValueError:
        raise invalid("operation", "is not what a page of ours sends; begin anew") from None
    title = next((one.title for one in forms if one.type == _type_of(asked)), "")
    told = await command_many(visit.asking, asked, key_of(sent), None)
    return await _drawn(visit, choice, forms, outcome=Outcome.of(visit, title, asked, told))


def _type_of(asked: BulkAsked) -> str:
    operation: Any = asked.operation
    return operation.type


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What becomes, or became, of one, in words."""

    line: BulkLine
    events: Sequence[str]
    until: datetime | None
    """The deadline, or the end of a silence, that it leads to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What becomes, or became, of all, with what is to be sent to have it done, or done to the end."""

    title: str
    told: BulkTold
    lines: Sequence[Shown]
    operation: str
    numbers: Sequence[str]
    on_behalf_of: str | None

    @classmethod
    def of(cls, visit: Visit, title: str, asked: BulkAsked, told: BulkTold) -> "Outcome":
        operation: BaseModel = asked.operation
        return cls(
            title=title,
            told=told,
            lines=[_shown(visit, line) for line in told.instructions],
            operation=operation.model_dump_json(),
            numbers=[
                line.number
                for line in told.instructions
                if not told.dry_run or line.verdict in ("accepted", "recorded already")
            ],
            on_behalf_of=asked.on_behalf_of,
        )

    @property
    def to_send(self) -> bool:
        """Whether something is left that would be recorded."""
        return (
            bool(self.told.counts.get("accepted")) if self.told.dry_run else not self.told.complete
        )


async def _drawn(
    visit: Visit,
    choice: Choice,
    forms: Sequence[Form],
    *,
    outcome: Outcome | None = None,
    refused: bool = False,
    status: int = 200,
) -> HTMLResponse:
    chosen, counted = ((), 0) if outcome or not choice.says else await _chosen(visit, choice)
    return await visit.drawing.page(
        visit,
        "bulk.html",
        active="register",
        status=status,
        outcome=outcome,
        refused=refused,
        says=choice.says,
        chosen=chosen,
        counted=counted,
        too_many=counted > MOST,
        most=MOST,
        forms=forms,
        names=names_of(visit),
        asked=choice.registered,
        choices=None if choice.says else await register_choices(visit, choice.registered),
    )


async def _chosen(visit: Visit, choice: Choice) -> tuple[Sequence[RegisterRow], int]:
    """The first of them, and how many there are, counted until they are too many."""
    asking = visit.asking
    try:
        which = await choice.filter(asking)
    except Problem as problem:
        if problem.code != ApiCode.TOO_MUCH:
            raise
        return (), MOST + 1
    if which.numbers == frozenset():
        return (), 0
    worklist, those = Worklist(asking.services.pool), await limits_of(asking, which)
    await worklist.look_at(those)
    works, counted = await at_once(
        worklist.every(those, asking.at, most=_LISTED),
        worklist.count(those, asking.at, most=MOST + 1),
    )
    return [work.row for work in works], counted


def _shown(visit: Visit, line: BulkLine) -> Shown:
    events = line.events or ()
    moments = [_moment_of(event) for event in events]
    return Shown(
        line=line,
        events=[label(visit.words, "event", event["type"]) for event in events],
        until=next((one for one in moments if one is not None), None),
    )


def _moment_of(event: Mapping[str, Any]) -> datetime | None:
    found: Any = event.get("deadline") or event.get("until")
    text = found if isinstance(found, str) or found is None else found.get("instant")
    return instant_of(text) if isinstance(text, str) else None
