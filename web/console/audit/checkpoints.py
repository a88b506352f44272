"""The signed states of the log, and that one continues another."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from web.api.audit import ConsistencyTold, Size, list_checkpoints, prove_consistency
from web.console.visit import Auditing, Visit
from web.problems import Problem

router = APIRouter()

_LINES = 50


@router.get("/audit/checkpoints")
async def show_checkpoints(
    visit: Auditing,
    old: Annotated[Size | None, Query(alias="from")] = None,
    new: Annotated[Size | None, Query(alias="to")] = None,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """The newest first. With two sizes also the proof that the log of the one is the beginning of that of the other."""
    found = await list_checkpoints(visit.asking, after, _LINES)
    proved, problem = await _proved(visit, old, new)
    return await visit.drawing.page(
        visit,
        "audit/checkpoints.html",
        active="audit",
        status=problem.status if problem else 200,
        checkpoints=found,
        old=old,
        new=new,
        proved=proved,
        problem=problem,
    )


async def _proved(
    visit: Visit, old: int | None, new: int | None
) -> tuple[ConsistencyTold | None, Problem | None]:
    """The proof, if one is asked for; or why there is none, to be shown beside what was asked."""
    if old is None:
        return None, None
    try:
        return await prove_consistency(visit.asking, old, new), None
    except Problem as problem:
        if problem.refuses:
            raise
        return None, problem
