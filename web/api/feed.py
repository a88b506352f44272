"""What happens, as it happens: a message for each event of an instruction that whoever asks may see."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.reading import Reader
from eventstore.connections import DATABASE_LOST
from web.api.asking import Asking, LookingOn
from web.live.live_log import Place
from web.live.stream import Audience, Client, Recorded, stream
from web.problems import ApiCode, Problem

router = APIRouter(tags=["feed"])

_MOST = 20
"""Streams that one person may have open in this process."""
_PLACE = re.compile(r"(?:(\d{1,18})-)?(\d{1,18})")
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "server-sent events, without end: `recorded` for each event; `reset` where the lists have to be "
        "read anew; `ended` before it ends. Data is JSON.",
        "model": Recorded,
    }
}
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream(StreamingResponse):
    """The framework's own is for generators, which cannot refuse before they begin."""

    media_type = "text/event-stream"


class _Counted(EventStream):
    """One that counts for a person until it ends, also where not a single message is taken."""

    def __init__(self, messages: AsyncIterator[bytes], counted: ExitStack) -> None:
        super().__init__(messages, headers=_HEADERS)
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted:
            await super().__call__(scope, receive, send)


@router.get("/feed", response_class=EventStream, responses=_ANSWER)
async def follow_feed(
    asking: LookingOn,
    after: Annotated[
        str | None,
        Query(
            max_length=40,
            description="a position, such as that of a command, or the id of a message: begin after it; else now",
        ),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(max_length=40, description="the same, as browsers send it; goes before `after`"),
    ] = None,
) -> EventStream:
    """Follow what happens. No event is told that is not for you, and none is left out, also over a lost connection:
    the id of the last message resumes, as browsers' EventSource does by itself.

    It ends when your token or session does, or when what you may see changes: ask again then.
    """
    live, person = asking.services.live, asking.reader.person
    if live.streams_of(person) >= _MOST:
        raise Problem(
            ApiCode.TOO_MANY_REQUESTS,
            f"you have {_MOST} feeds open here; close one",
            headers={"retry-after": "60"},
        )
    with ExitStack() as counted:
        counted.enter_context(live.stream_of(person))  # before anything else is asked meanwhile
        named = await _place(asking, last_event_id or after)
        place = named or live.place(live.position)
        # Not the one that they were let in by: the directory may have changed before the place since.
        directory = await asking.services.handler.directory()
        audience = _audience(Reader.of(person, directory, datetime.now(UTC)))
        client = Client(
            audience=audience,
            refused=_looking(asking, audience),
            clock=asyncio.get_running_loop().time,
        )
        messages = stream(live, client, place, asking.services.rhythm, anew=named is None)
        return _Counted(messages, counted.pop_all())


async def _place(asking: Asking, named: str | None) -> Place | None:
    """Where to begin; None if that place is of another log than there is now.

    Raises `Problem` bad-cursor if it is no place.
    """
    live = asking.services.live
    if not named:
        return live.place(live.position)
    found = _PLACE.fullmatch(named)
    if found is None:
        raise Problem(ApiCode.BAD_CURSOR, "that names no message; send its id as it was told")
    epoch, position = int(found[1] or live.epoch), int(found[2])
    return live.place(position) if await live.exists(epoch, position) else None


def _audience(reader: Reader) -> Audience:
    return Audience(summary=reader.scope("summary"), deliveries=reader.scope("deliveries"))


def _looking(
    asking: Asking, before: Audience
) -> Callable[[], Awaitable[Literal["signed-out", "rights-changed"] | None]]:
    """Looks whether they are still signed in as they were, and may what they might."""
    services = asking.services

    async def look() -> Literal["signed-out", "rights-changed"] | None:
        try:
            who = await services.authenticate(asking.request, seen=False)
            directory = await services.handler.directory()
        except (Problem, *DATABASE_LOST):  # it is not known: whoever comes back is asked again
            return "signed-out"
        known = who is not None and replace(who, session=None) == replace(
            asking.authenticated, session=None
        )
        if who is None or not known:
            return "signed-out"
        now = _audience(Reader.of(who.person, directory, datetime.now(UTC)))
        return None if now == before else "rights-changed"

    return look
