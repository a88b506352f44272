"""`remit token`: what programs come in by, over HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Group, Parameter

from access.pool import open_access_pool
from access.scopes import Scope
from access.tokens import LONGEST, ApiTokens, api_token_id
from cli.arguments import PersonName
from cli.errors import Refused
from cli.options import Place, instant
from cli.output import clock, console, plain, print_json, table
from cli.session import open_session, settings_of
from domain.rejections import Code
from eventstore.handle import CommandHandler

group = Group("Tokens for programs", sort_key=5)

_HERE = Place()


async def create(
    person: PersonName,
    /,
    *,
    scope: Annotated[
        tuple[Scope, ...],
        Parameter(help="What it may be used for; give it once for each.", negative=""),
    ],
    label: Annotated[str, Parameter(help="What it is for, in words.")],
    expires: Annotated[
        str, Parameter(help="When it ends: a date or an instant, at most 366 days ahead.")
    ],
    place: Place = _HERE,
) -> None:
    """Make a token by which a program comes in as the person. It is shown this once: whoever has it is the person."""
    at, now = instant(expires, "--expires"), datetime.now(UTC)
    if not now < at <= now + LONGEST:
        raise Refused(
            Code.INVALID,
            f"{expires} is not within the next {LONGEST.days} days; choose a moment that is",
            "expires",
        )
    async with _connected(place) as (handler, tokens):
        directory = await handler.directory()
        if person not in directory.channels or person in directory.erased:
            raise Refused(Code.UNKNOWN, f"no person {person} is known; check the id", "person")
        token = await tokens.create(person, label=label, scopes=scope, expires_at=at)
    if place.json:
        print_json({"person": person, "id": api_token_id(token), "token": token})
    else:
        console.print(plain(token), soft_wrap=True)


async def list_(
    person: Annotated[
        str | None, Parameter(help="The person's opaque id; without it, everybody's.")
    ] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """The tokens there are and were, without what would open anything."""
    async with _connected(place) as (_, tokens):
        found = await tokens.all(person)
    if place.json:
        fields = ("id", "person_id", "label", "created_at", "expires_at", "revoked_at")
        print_json(
            [
                {name: getattr(one, name) for name in (*fields, "last_used_at")}
                | {"scopes": sorted(one.scopes)}
                for one in found
            ]
        )
        return
    made = table(
        "Tokens (times are UTC)", "id", "person", "label", "for", "until", "used", "revoked"
    )
    for one in found:
        made.add_row(
            *(one.id, plain(one.person_id), plain(one.label), ", ".join(sorted(one.scopes))),
            *(clock(at) if at else "" for at in (one.expires_at, one.last_used_at, one.revoked_at)),
        )
    console.print(made)


async def revoke(
    token_id: Annotated[str, Parameter(help="The token's id, as `remit token list` shows it.")],
    /,
    *,
    place: Place = _HERE,
) -> None:
    """End a token: from now on it is unknown."""
    async with _connected(place) as (_, tokens):
        person = await tokens.revoke(token_id)
    if person is None:
        raise Refused(
            Code.UNKNOWN,
            f"no token {token_id} is in use; `remit token list` shows them",
            "token_id",
        )
    if place.json:
        print_json({"person": person, "revoked": token_id})
    else:
        console.print(f"{plain(person)} has this token no more", soft_wrap=True)


@asynccontextmanager
async def _connected(place: Place) -> AsyncGenerator[tuple[CommandHandler, ApiTokens]]:
    settings = settings_of(place.folder)
    async with (
        open_session(settings) as session,
        open_access_pool(settings.database_url, pool_size=1) as pool,
    ):
        yield session.handler, ApiTokens(pool)


def add_to(app: App) -> None:
    token = App(name="token", help="What programs come in by, over HTTP.", group=group)
    token.command(create)
    token.command(list_, name="list")
    token.command(revoke)
    app.command(token)
