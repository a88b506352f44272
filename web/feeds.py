"""A person's open deadlines as a calendar to subscribe to; the address is the secret.

A calendar program knows no login, so the token stands in the path. Whoever has it reads this one
calendar and nothing else.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol, cast, get_args

import asyncpg
from fastapi import APIRouter, Request, Response

from access.feed_tokens import FeedTokens
from domain.directory.preferences import Language
from domain.directory.state import Directory
from domain.identifiers import BodyId, PersonId
from domain.reading import Reader
from notifications.calendar import DeadlineEntry, calendar
from notifications.compose import Standing
from readmodels.agenda import AgendaRow, agenda_of

FEEDS = "/feeds/"
"""Below which the addresses are."""
MOST_ENTRIES = 5000
_REFRESH = timedelta(hours=1)
_HEADERS = {
    # Kept by the reader alone, and asked about each time: what was revoked is gone at once.
    "cache-control": "private, no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_STANDINGS: tuple[Standing, ...] = ("open", "suspended")
_SAMPLE = [
    DeadlineEntry(
        instruction="instruction",
        number="1",
        text="text",
        issuer="issuer",
        lead=lead,
        on=on,
        instant=datetime(2026, 1, 1, tzinfo=UTC),
        standing=standing,
        sequence=1,
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for standing in _STANDINGS
    for lead, on in (("lead", date(2026, 1, 1)), (None, None))
]
"""What is written otherwise by another version, or in another language, than by this."""


class Render(Protocol):
    """Makes a calendar of entries: `notifications.calendar.calendar`."""

    def __call__(
        self, entries: Iterable[DeadlineEntry], *, language: Language, refresh: timedelta
    ) -> bytes: ...


Refused = Callable[[Request], Awaitable[None]]
"""Told of a request whose address opens no calendar, before that is answered."""
Counted = Callable[[Request, PersonId], Awaitable[None]]
"""Told whose calendar is asked for, before anything is looked up. Raises where they ask too often."""


def feeds(
    pool: "asyncpg.Pool[asyncpg.Record]",
    tokens: FeedTokens,
    directory: Callable[[], Awaitable[Directory]],
    refused: Refused,
    counted: Counted,
    render: Render = calendar,
) -> APIRouter:
    """The calendars. One that a program has already is not made again; a thread makes the others: five thousand
    entries take seconds.

    Args:
        pool: may read the read models.
        directory: answers the directory as of now.
    """
    router = APIRouter()
    forms = {
        language: render(_SAMPLE, language=language, refresh=_REFRESH)
        for language in get_args(Language)
    }

    @router.api_route(feed_path("{token}"), methods=["GET", "HEAD"], response_class=Response)
    async def feed(token: str, request: Request) -> Response:
        """The open deadlines of whoever the token was made for."""
        found = await tokens.find(token)
        if found is None:
            await refused(request)
            return _none()
        await counted(request, found[0])
        now = datetime.now(UTC)
        known = await directory()
        if found[0] in known.erased:  # just now: its row goes with the person's
            await refused(request)
            return _none()
        person, language = found[0], cast(Language, found[1])
        bodies = Reader.of(person, known, now).acts_for
        rows = await agenda_of(pool, bodies, limit=MOST_ENTRIES)
        entries = [_entry(row, known) for row in rows]
        headers = {**_HEADERS, "etag": await asyncio.to_thread(_etag, forms[language], entries)}
        if rows:
            newest = max(row.changed_at for row in rows)
            headers["last-modified"] = format_datetime(newest.replace(microsecond=0), usegmt=True)
        # By the ETag alone: a term of office that begins or ends changes the calendar, and no date says so.
        if _matches(request.headers.get("if-none-match"), headers["etag"]):
            return Response(status_code=304, headers=headers)
        body = await asyncio.to_thread(render, entries, language=language, refresh=_REFRESH)
        return Response(body, headers=headers, media_type="text/calendar")

    return router


def feed_path(token: str) -> str:
    """Of the calendar that the token opens, below the address of Remit."""
    return f"{FEEDS}{token}.ics"


def _none() -> Response:
    return Response("no such calendar\n", 404, _HEADERS, "text/plain")


def _entry(row: AgendaRow, directory: Directory) -> DeadlineEntry:
    def name(body: BodyId) -> str:
        known = directory.bodies.get(body)
        return known.name if known else body

    return DeadlineEntry(
        instruction=row.instruction,
        number=row.number,
        text=row.text,
        issuer=name(row.issuer),
        lead=None if row.lead is None else name(row.lead),
        on=row.deadline_on,
        instant=row.deadline,
        standing="suspended" if row.suspended else "open",
        sequence=row.version,
        changed_at=row.changed_at,
    )


def _etag(form: bytes, entries: Sequence[DeadlineEntry]) -> str:
    """Of what the calendar would tell, and how: it need not be made for that."""
    told = hashlib.sha256(form)
    told.update(repr(entries).encode())
    return f'"{told.hexdigest()[:32]}"'


def _matches(if_none_match: str | None, etag: str) -> bool:
    """Weakly, as RFC 9110 has it for this header."""
    if if_none_match is None:
        return False
    told = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in told or etag in told
