"""Sessions of browsers: one's own, listed and ended."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from access.sessions import SessionListed
from domain.value import Instant
from web.api.asked import Page, invalid, whole
from web.api.asking import Commanding, Reading
from web.api.names import SomeId
from web.api.owned import only, whose
from web.problems import ApiCode, Problem, not_found

router = APIRouter(prefix="/sessions", tags=["sessions"])

SessionId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{12}$", description="its id, as the list has it")
]
_WHOSE = "the sessions"


class SessionTold(BaseModel):
    """A session of a browser, as it is listed."""

    id: str
    person: str
    created_at: Instant
    last_seen_at: Instant = Field(description="to the minute")
    expires_at: Instant
    this: bool = Field(description="it is the one that asks")

    @classmethod
    def of(cls, one: SessionListed, current: str | None) -> Self:
        return cls(
            id=one.id,
            person=one.person,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            expires_at=one.expires_at,
            this=one.id == current,
        )


class SessionsEnded(BaseModel):
    """Which sessions were ended."""

    ended: Sequence[str]


@router.get("", response_model=Page[SessionTold])
async def list_sessions(asking: Reading, person: SomeId = None) -> Page[SessionTold]:
    """In how many browsers you are signed in. Administrators see everybody's sessions, or one `person`'s."""
    session = asking.authenticated.session
    found = await asking.services.sessions.all(whose(asking, person, _WHOSE))
    return whole([SessionTold.of(one, session and session.id) for one in found])


@router.delete("", response_model=SessionsEnded)
async def end_sessions(
    asking: Commanding,
    person: SomeId = None,
    everybody: Annotated[
        bool, Query(description="of all people; for administrators with scope `admin`")
    ] = False,
) -> SessionsEnded:
    """Sign yourself out everywhere, here too; `person` or `everybody`, for administrators. Tokens go on."""
    if everybody and person is not None:
        raise invalid("person", "is not to be named with `everybody`")
    if everybody and not asking.administers:
        raise Problem(ApiCode.FORBIDDEN, "only administrators end the sessions of everybody")
    of = None if everybody else whose(asking, person or asking.reader.person, _WHOSE)
    ended = await asking.services.sessions.end_those(of=of)
    for one in ended:
        await asking.note("signed-out", subject=one.id)
    return SessionsEnded(ended=[one.id for one in ended])


@router.delete("/{session}", status_code=204)
async def end_session(asking: Commanding, session: SessionId) -> None:
    """Sign yourself out in one browser; anybody, for administrators."""
    sessions = asking.services.sessions
    if not await sessions.end_those(of=only(asking), named=session):
        raise not_found(f"session {session}", hides=await sessions.is_there(session))
    await asking.note("signed-out", subject=session)
