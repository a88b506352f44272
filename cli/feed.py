"""`remit feed`: the addresses under which people subscribe to their deadlines."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from cyclopts import App, Group, Parameter

from access.feed_tokens import FeedTokens, feed_token_id
from access.pool import open_access_pool
from cli.arguments import PersonName
from cli.errors import Refused
from cli.options import Place
from cli.output import clock, console, plain, print_json, table
from cli.session import open_session, settings_of
from domain.directory.preferences import Language
from domain.rejections import Code
from settings import Settings
from web.feeds import feed_path

group = Group("Calendars to subscribe to", sort_key=5)

_HERE = Place()


async def create(
    person: PersonName,
    /,
    *,
    language: Annotated[Language, Parameter(help="What the calendar is written in.")] = "en",
    place: Place = _HERE,
) -> None:
    """Make an address for a person's calendar. It is shown this once: whoever has it reads the calendar."""
    settings = settings_of(place.folder)
    async with open_session(settings) as session, _feed_tokens(settings) as tokens:
        directory = await session.handler.directory()
        if person not in directory.channels or person in directory.erased:
            raise Refused(Code.UNKNOWN, f"no person {person} is known; check the id", "person")
        token = await tokens.create(person, language)
    url = f"{_base(settings)}{feed_path(token)}"
    if place.json:
        print_json({"person": person, "id": feed_token_id(token), "url": url})
    else:
        console.print(plain(url), soft_wrap=True)


async def revoke(
    token_id: Annotated[str, Parameter(help="The token's id, as `remit feed list` shows it.")],
    /,
    *,
    place: Place = _HERE,
) -> None:
    """End an address: from now on it is unknown."""
    settings = settings_of(place.folder)
    async with open_session(settings), _feed_tokens(settings) as tokens:
        person = await tokens.revoke(token_id)
    if person is None:
        raise Refused(
            Code.UNKNOWN, f"no token {token_id} is in use; `remit feed list` shows them", "token_id"
        )
    if place.json:
        print_json({"person": person, "revoked": token_id})
    else:
        console.print(f"{plain(person)} has this calendar no more", soft_wrap=True)


async def list_(
    person: Annotated[
        str | None, Parameter(help="The person's opaque id; without it, everybody's.")
    ] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """The addresses there are and were, without what would open them."""
    settings = settings_of(place.folder)
    async with open_session(settings), _feed_tokens(settings) as tokens:
        found = await tokens.all(person)
    if place.json:
        fields = ("id", "person_id", "language", "created_at", "revoked_at")
        print_json([{name: getattr(one, name) for name in fields} for one in found])
        return
    made = table("Calendars (times are UTC)", "id", "person", "language", "made", "revoked")
    for one in found:
        revoked = clock(one.revoked_at) if one.revoked_at else ""
        made.add_row(one.id, plain(one.person_id), one.language, clock(one.created_at), revoked)
    console.print(made)


def add_to(app: App) -> None:
    feed = App(
        name="feed", help="Addresses under which people subscribe to their deadlines.", group=group
    )
    feed.command(create)
    feed.command(revoke)
    feed.command(list_, name="list")
    app.command(feed)


@asynccontextmanager
async def _feed_tokens(settings: Settings) -> AsyncGenerator[FeedTokens]:
    async with open_access_pool(settings.database_url, pool_size=1) as pool:
        yield FeedTokens(pool)


def _base(settings: Settings) -> str:
    return (settings.web_url or f"http://{settings.web_host}:{settings.web_port}").rstrip("/")
