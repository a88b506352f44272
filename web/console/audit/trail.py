"""The first page of an audit: how far checkpoints follow the log, and where to go on from there."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse, RedirectResponse

from domain.identifiers import ProgrammeId
from web.api.asking import look_at
from web.api.audit import require_auditor
from web.api.seen_programme import see_programme
from web.console.audit.bundles import audited_programmes
from web.console.audit.trail_status import trail_status
from web.console.paths import instruction_path
from web.console.visit import Auditing
from web.problems import not_found

router = APIRouter()

_ID: TypeAdapter[str] = TypeAdapter(ProgrammeId)


@router.get("/audit")
async def show_trail(visit: Auditing) -> HTMLResponse:
    """Where an auditor begins."""
    asking = visit.asking
    require_auditor(asking)
    trail, problem = await trail_status(visit)
    services = asking.services
    latest = services.verification.latest if services.verification else None
    examined = services.completeness.latest
    asked_by = [one.asked_by for one in (latest, examined) if one is not None]
    return await visit.drawing.page(
        visit,
        "audit/trail.html",
        active="audit",
        status=problem.status if problem else 200,
        trail=trail,
        problem=problem,
        verifier=services.verifier,
        verification=latest,
        completeness=examined,
        people=await visit.people(asked_by),
        programmes=await audited_programmes(visit),
    )


@router.get("/audit/subject")
async def find_subject(
    visit: Auditing,
    name: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
) -> RedirectResponse:
    """To the replay of an instruction, by its number or id, or to a programme, by its id."""
    named = name.strip()
    visit.asking.request.state.subject = named or None
    found = await look_at(visit.asking, named) if named else None
    if found is not None and found.aspects:
        number = found.state.record.number
        path = instruction_path(number, found.instruction, "replay")
        return RedirectResponse(visit.url(path), 303)
    try:
        programme = _ID.validate_python(named)
    except ValidationError:
        raise not_found(f"instruction or programme {named}", hides=True) from None
    await see_programme(visit.asking, programme, figures=False)
    return RedirectResponse(visit.url(f"/programmes/{programme}"), 303)
