"""Proofs that an instruction's events are in the log that was signed."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from web.api.asking import Named, see
from web.api.bundles import prove_instruction
from web.console.visit import Auditing

router = APIRouter()


@router.get("/instructions/{number}/proof")
async def show_proof(
    visit: Auditing,
    number: Named,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """Of all of its events, or of the one of a version; verified before it is shown."""
    told = await prove_instruction(visit.asking, number, version)
    found = await see(visit.asking, number, "proof")
    return await visit.drawing.page(
        visit,
        "audit/proof.html",
        active="audit",
        number=found.state.record.number,
        instruction=found.instruction,
        version=version,
        told=told,
    )
