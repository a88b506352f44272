"""Whoever asks: who they are here, and what problems mean."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, Field

from web.api.asking import Reading

router = APIRouter(tags=["myself"])


class OfficeTold(BaseModel):
    """An office that somebody acts through."""

    id: str
    kind: str
    body: str
    title: str
    substituting: str | None = Field(description="the absent holder, where it is a substitute")


class Myself(BaseModel):
    """Who asks, as Remit knows them."""

    person: str
    method: str = Field(description="how they are known")
    scopes: Sequence[str] = Field(description="what their token is for")
    offices: Sequence[OfficeTold]
    administers: bool
    audits_log: bool
    csrf_token: str | None = Field(
        description="of a browser's session: what its commands, and signing out, are to bring as `X-CSRF-Token`"
    )


@router.get("/me")
async def get_myself(asking: Reading) -> Myself:
    """Who you are here, and by which offices you read and act."""
    session = asking.authenticated.session
    return Myself(
        person=asking.reader.person,
        method=asking.authenticated.method,
        scopes=sorted(asking.authenticated.scopes),
        offices=[
            OfficeTold(
                id=m.office.id,
                kind=m.office.kind,
                body=m.office.body,
                title=m.office.title,
                substituting=m.substituting,
            )
            for m in asking.reader.mandates
        ],
        administers=asking.reader.administers,
        audits_log=asking.reader.audits_log,
        csrf_token=session.csrf_token if session else None,
    )
