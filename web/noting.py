"""A request as the log of access has it."""

from typing import Any

from starlette.requests import Request
from starlette.types import Scope

from access.log import Access, AccessLog, Outcome
from domain.identifiers import PersonId


def keep_known(request: Request, person: PersonId, how: str) -> None:
    """To be called as soon as it is known who sends a request: if it is refused after that, it is noted so."""
    request.state.known = (person, how)


def known(request: Request) -> tuple[PersonId | None, str | None]:
    """Who sends it, and how that is known; as far as it came."""
    return getattr(request.state, "known", (None, None))


async def note(
    log: AccessLog,
    request: Request,
    outcome: Outcome,
    *,
    person: PersonId | None,
    how: str | None,
    subject: str | None,
    code: str | None = None,
) -> None:
    """Write it. Before the answer: what cannot be noted is not told."""
    await log.write(access(request, outcome, person=person, how=how, subject=subject, code=code))


def route_of(scope: Scope) -> str | None:
    """The template of the route that a request came to, with the prefixes of its routers; None if it came to none."""
    found: Any = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    template = getattr(found, "path_format", None)
    return template if isinstance(template, str) else None


def access(
    request: Request,
    outcome: Outcome,
    *,
    person: PersonId | None,
    how: str | None,
    subject: str | None,
    code: str | None,
) -> Access:
    return Access(
        method=request.method,
        route=route_of(request.scope) or "none",
        outcome=outcome,
        person_id=person,
        how=how,
        subject=subject,
        code=code,
        request_id=request.scope.get("remit.request_id"),
        remote_address=request.client.host if request.client else None,
    )
