"""A request as the log of access has it."""

from starlette.requests import Request

from access.log import Access, AccessLog, Outcome
from domain.identifiers import PersonId


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
    route = request.scope.get("route")
    await log.write(
        Access(
            method=request.method,
            route=getattr(route, "path", "none"),
            outcome=outcome,
            person_id=person,
            how=how,
            subject=subject,
            code=code,
            request_id=request.scope.get("remit.request_id"),
            remote_address=request.client.host if request.client else None,
        )
    )
