"""API tokens and addresses of calendars: one's own, made, listed and ended. Both are told once, when they are made."""

from collections.abc import Sequence
from typing import Annotated, Self

import asyncpg
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from access.feed_tokens import FeedToken, feed_token_id
from access.scopes import Scope
from access.tokens import LONGEST, ApiToken, api_token_id
from domain.directory.preferences import Language
from domain.value import Instant, Value
from web.api.asked import Page, invalid, whole
from web.api.asking import Commanding, Reading
from web.api.names import SomeId
from web.api.owned import only, whose
from web.feeds import feed_path
from web.problems import ApiCode, Problem, not_found

router = APIRouter(tags=["tokens"])

TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="its id, as the list has it")]
_LONGEST_DAYS = LONGEST.days
_WHOSE = "the tokens"


class TokenTold(BaseModel):
    """An API token as it is listed: it can be told from others, and not be used."""

    id: str
    person: str
    label: str
    scopes: Sequence[Scope]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    last_used_at: Instant | None = Field(description="to the hour")

    @classmethod
    def of(cls, one: ApiToken) -> Self:
        return cls(
            id=one.id,
            person=one.person_id,
            label=one.label,
            scopes=sorted(one.scopes),
            created_at=one.created_at,
            expires_at=one.expires_at,
            revoked_at=one.revoked_at,
            last_used_at=one.last_used_at,
        )


class TokenAsked(Value):
    """What a new token is to be."""

    label: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    scopes: tuple[Scope, ...] = Field(
        min_length=1, max_length=10, description="none that the token of the request has not"
    )
    expires_at: Instant = Field(
        description=f"within {_LONGEST_DAYS} days, and not after the token of the request"
    )


class TokenMade(BaseModel):
    """A new token."""

    id: str
    token: str = Field(description="told this once; it is kept nowhere")


class FeedTold(BaseModel):
    """The address of a calendar as it is listed: it can be told from others, and not be read."""

    id: str
    person: str
    language: str
    created_at: Instant
    revoked_at: Instant | None

    @classmethod
    def of(cls, one: FeedToken) -> Self:
        return cls(
            id=one.id,
            person=one.person_id,
            language=one.language,
            created_at=one.created_at,
            revoked_at=one.revoked_at,
        )


class FeedAsked(Value):
    """What a new calendar is to be."""

    language: Language = Field(default="en", description="what it is written in")


class FeedMade(BaseModel):
    """A new calendar."""

    id: str
    path: str = Field(
        description="of its address, below that of Remit; told this once: whoever has it reads the calendar"
    )


@router.get("/tokens", response_model=Page[TokenTold])
async def list_tokens(asking: Reading, person: SomeId = None) -> Page[TokenTold]:
    """Your API tokens, those that are over too. Administrators with scope `admin` see everybody's, or one `person`'s."""
    found = await asking.services.tokens.all(whose(asking, person, _WHOSE))
    return whole([TokenTold.of(one) for one in found])


@router.post("/tokens", response_model=TokenMade, status_code=201)
async def create_token(asking: Commanding, body: TokenAsked) -> TokenMade:
    """A new API token of yours. It may be used for nothing that the request's own may not, and for no longer.

    Sent again after an answer that was lost, it makes a second one: look at the list, and end the one that nobody has.
    """
    wider = frozenset(body.scopes) - asking.authenticated.scopes
    if wider:
        raise Problem(
            ApiCode.SCOPE_MISSING,
            f"your token has no scope {min(wider)}, and can give none; leave it out",
        )
    when = invalid("expires_at", f"must lie ahead, within {_LONGEST_DAYS} days")
    if not asking.at < body.expires_at <= asking.at + LONGEST:
        raise when
    ends = asking.authenticated.ends
    if ends is not None and body.expires_at > ends:
        raise invalid("expires_at", f"must not lie after {ends.isoformat()}, when your token ends")
    try:
        token = await asking.services.tokens.create(
            asking.reader.person,
            label=body.label,
            scopes=frozenset(body.scopes),
            expires_at=body.expires_at,
        )
    except asyncpg.CheckViolationError as error:  # by the database's clock, which is later
        raise when from error
    made = TokenMade(id=api_token_id(token), token=token)
    await asking.note("signed-in", subject=made.id)
    return made


@router.delete("/tokens/{token}", status_code=204)
async def revoke_token(asking: Commanding, token: TokenId) -> None:
    """End a token of yours; of anybody's, for administrators with scope `admin`. It is accepted nowhere from now on."""
    tokens = asking.services.tokens
    if await tokens.revoke(token, of=only(asking)) is None:
        raise not_found(f"token {token} in use", hides=await tokens.in_use(token))
    await asking.note("signed-out", subject=token)


@router.get("/calendar-feeds", response_model=Page[FeedTold])
async def list_calendar_feeds(asking: Reading, person: SomeId = None) -> Page[FeedTold]:
    """The addresses of your calendar. Administrators with scope `admin` see everybody's, or one `person`'s."""
    found = await asking.services.feed_tokens.all(whose(asking, person, _WHOSE))
    return whole([FeedTold.of(one) for one in found])


@router.post("/calendar-feeds", response_model=FeedMade, status_code=201)
async def create_calendar_feed(asking: Commanding, body: FeedAsked) -> FeedMade:
    """A new address under which calendar programs read your open deadlines: for tokens with scope `read` as well.

    Sent again after an answer that was lost, it makes a second one: look at the list, and end the one that nobody has.
    """
    if "read" not in asking.authenticated.scopes:
        raise Problem(
            ApiCode.SCOPE_MISSING, "the token has no scope read, and whoever has the address reads"
        )
    token = await asking.services.feed_tokens.create(asking.reader.person, body.language)
    made = FeedMade(id=feed_token_id(token), path=feed_path(token))
    await asking.note("signed-in", subject=made.id)
    return made


@router.delete("/calendar-feeds/{token}", status_code=204)
async def revoke_calendar_feed(asking: Commanding, token: TokenId) -> None:
    """End an address of your calendar; of anybody's, for administrators with scope `admin`."""
    tokens = asking.services.feed_tokens
    if await tokens.revoke(token, of=only(asking)) is None:
        raise not_found(f"calendar {token} in use", hides=await tokens.in_use(token))
    await asking.note("signed-out", subject=token)
