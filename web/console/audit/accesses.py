"""The log of access: who came in, who was refused, who read in the name of an audit."""

from datetime import datetime
from typing import Annotated, get_args

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from access.log import Outcome
from web.api.audit import list_access
from web.console.entered_times import moment_entered
from web.console.visit import Auditing, Visit

router = APIRouter()

_LINES = 50
_OUTCOMES: tuple[str, ...] = get_args(Outcome)
_Time = Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")]


@router.get("/audit/access")
async def show_access(
    visit: Auditing,
    person: Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")] = None,
    outcome: Outcome | None = None,
    since: _Time = None,
    until: _Time = None,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """The newest first; of a person, of an outcome, of a span."""
    person = (person or "").strip() or None
    found = await list_access(
        visit.asking,
        person,
        outcome,
        _moment(visit, "since", since),
        _moment(visit, "until", until),
        after,
        _LINES,
    )
    return await visit.drawing.page(
        visit,
        "audit/access.html",
        active="audit",
        found=found,
        people=await visit.people(one.person for one in found.items),
        outcomes=_OUTCOMES,
        person=person,
        outcome=outcome,
        since=since,
        until=until,
    )


def _moment(visit: Visit, field: str, text: str | None) -> datetime | None:
    """A day is its beginning. Raises `Problem` validation."""
    if text is None:
        return None
    return moment_entered(field, text, visit.zone, day="its beginning")
