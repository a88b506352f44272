"""What an auditor takes along: a bundle of an instruction or a programme, verified with nothing but Python."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse

from domain.identifiers import ProgrammeId
from readmodels.programmes import ProgrammeRow, all_programmes
from web.api.asked import invalid
from web.api.audit import require_auditor
from web.api.bundles import Checkpoint, bundle_instruction, bundle_programme
from web.console.audit.trail_status import trail_status
from web.console.visit import Auditing, Visit
from web.problems import ApiCode, Problem, not_found

router = APIRouter()

_ID: TypeAdapter[str] = TypeAdapter(ProgrammeId)
_Kind = Literal["instruction", "programme"]
_Name = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/audit/bundles")
async def show_bundles(
    visit: Auditing, kind: _Kind = "instruction", name: _Name = ""
) -> HTMLResponse:
    """What a bundle is, and the form that asks for one."""
    require_auditor(visit.asking)
    return await _page(visit, kind, name)


@router.get("/audit/bundle")
async def download_bundle(
    visit: Auditing,
    kind: _Kind = "instruction",
    name: _Name = "",
    openings: bool = False,
    checkpoint: Checkpoint = None,
) -> Response:
    """The file; or the form again, with why there is none."""
    named = name.strip()
    visit.asking.request.state.subject = named or None
    try:
        if not named:
            raise invalid("name", "is missing; write a number or an id")
        if kind == "instruction":
            return await bundle_instruction(visit.asking, named, openings, checkpoint, ())
        return await bundle_programme(visit.asking, _programme(named), openings, checkpoint, ())
    except Problem as problem:
        if problem.refuses or problem.status >= 500:
            raise
        return await _page(visit, kind, named, openings, checkpoint, problem)


async def audited_programmes(visit: Visit) -> Sequence[ProgrammeRow]:
    """Those that whoever looks may have a bundle of, by title."""
    found = await all_programmes(visit.asking.services.pool)
    audits = visit.asking.reader.audits
    return sorted((one for one in found if audits(one.body)), key=lambda one: one.title)


def _programme(name: str) -> str:
    try:
        return _ID.validate_python(name)
    except ValidationError:
        raise not_found(f"programme {name}") from None


async def _page(
    visit: Visit,
    kind: _Kind,
    name: str,
    openings: bool = False,
    checkpoint: int | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    programmes = await audited_programmes(visit)
    trail, _ = await trail_status(visit)
    field = problem.field if problem and problem.code == ApiCode.NOT_COVERED else "name"
    return await visit.drawing.page(
        visit,
        "audit/bundles.html",
        active="audit",
        status=problem.status if problem else 200,
        programmes=programmes,
        trail=trail,
        kind=kind,
        name=name,
        openings=openings,
        checkpoint=checkpoint,
        problem=problem,
        at_fault=field,
    )
