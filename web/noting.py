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
    await log.write(access(request, outcome, person=person, how=how, subject=subject, code=code))


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
        route=getattr(request.scope.get("route"), "path", "none"),
        outcome=outcome,
        person_id=person,
        how=how,
        subject=subject,
        code=code,
        request_id=request.scope.get("remit.request_id"),
        remote_address=request.client.host if request.client else None,
    )
