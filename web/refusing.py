"""Whoever lacks a right is refused, and the log of access says so."""

from starlette.requests import Request

from access.log import Outcome
from web.noting import known, note
from web.problems import Problem
from web.services import services_of


async def note_refusal(request: Request, problem: Problem) -> None:
    """Write it, before the answer tells of it: who, and what it was about."""
    outcome: Outcome = getattr(request.state, "outcome", "refused")
    subject = next(iter(request.path_params.values()), getattr(request.state, "subject", None))
    person, how = known(request)
    await note(
        services_of(request).access,
        request,
        outcome,
        person=person,
        how=how,
        subject=subject,
        code=problem.code,
    )
