"""The whole log examined on request: verified against its checkpoints, and held against what conducts it."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse

from audit.discrepancy import WAYS_OUT
from audit.findings import Verification
from web.api.audit import require_auditor_of_all, verifier_of
from web.console.visit import Auditing, Visit
from web.examining import Examining

router = APIRouter()

_VERIFICATION, _COMPLETENESS = "/audit/verification", "/audit/completeness"
_SOON = 1.5
"""Seconds that are waited for one to end, so that what a small log comes to is there at once."""
_FINDINGS = 200
"""That are shown, at most; the first ones are those that say what was changed."""


@router.get(_VERIFICATION)
async def show_verification(visit: Auditing) -> HTMLResponse:
    """What the last one came to, or how far the one under way is."""
    return await _page(visit, "audit/verification.html", _verification(visit), most=_FINDINGS)


@router.post(_VERIFICATION)
async def begin_verification(visit: Auditing) -> RedirectResponse:
    """Have the whole log hashed again and held against its checkpoints."""
    return await _begin(visit, _VERIFICATION, _verification(visit))


@router.get(_COMPLETENESS)
async def show_completeness(visit: Auditing) -> HTMLResponse:
    """What the last one came to, or how far the one under way is."""
    return await _page(visit, "audit/completeness.html", _completeness(visit), ways_out=WAYS_OUT)


@router.post(_COMPLETENESS)
async def begin_completeness(visit: Auditing) -> RedirectResponse:
    """Have all that instructions and recurrences wait for compared with what conducts them."""
    return await _begin(visit, _COMPLETENESS, _completeness(visit))


def _verification(visit: Visit) -> Examining[Verification]:
    """Raises `Problem`: forbidden; not-found where no key is set."""
    require_auditor_of_all(visit.asking, "the verification of the whole log")
    verifier_of(visit.asking)
    found = visit.asking.services.verification
    assert found is not None, "there is one where there is a key"
    return found


def _completeness(visit: Visit) -> Examining[Any]:
    """Raises `Problem` forbidden."""
    require_auditor_of_all(visit.asking, "the examination for completeness")
    return visit.asking.services.completeness


async def _page(
    visit: Visit, template: str, examining: Examining[Any], **shown: Any
) -> HTMLResponse:
    latest = examining.latest
    if latest is not None and latest.ended_at is not None:
        await visit.asking.note("read", subject=None)
    return await visit.drawing.page(
        visit,
        template,
        active="audit",
        latest=latest,
        under_way=examining.is_under_way,
        people=await visit.people([latest.asked_by if latest else None]),
        **shown,
    )


async def _begin(visit: Visit, path: str, examining: Examining[Any]) -> RedirectResponse:
    await visit.asking.note("read", subject=None)
    examining.begin(visit.asking.reader.person)
    await examining.wait(_SOON)
    return RedirectResponse(visit.url(path), 303)
