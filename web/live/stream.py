"""What one client is told of the log, as server-sent events: that something happened to what they may see."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field

from domain.identifiers import DIRECTORY_STREAM
from domain.instruction.events import ABOUT_NOTICES
from domain.reading import Scope
from web.live.live_log import BegunAgain, Happened, LiveLog, Place

_ENOUGH = 500
"""Events that a client is led past before it is told where it is, if none was for it."""


class Recorded(BaseModel):
    """Data of a message `recorded`: an event is in the log."""

    position: int
    instruction: str
    number: str
    type: str = Field(description="docs/events.md has each")
    version: int = Field(description="of the instruction; gaps are events that are not for you")


class Reset(BaseModel):
    """Data of a message `reset`: what was told before may not be so any more; read the lists anew."""

    position: int = Field(description="from which on is told now")


class Ended(BaseModel):
    """Data of a message `ended`, the last one: ask again, and what you may see is looked at anew."""

    why: Literal["signed-out", "rights-changed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """What somebody is to be told of."""

    summary: Scope
    deliveries: Scope
    """For events about notices."""

    def hears(self, one: Happened) -> bool:
        if one.instruction is None or not self.summary.lets(one.instruction.parties):
            return False
        return one.type not in ABOUT_NOTICES or self.deliveries.lets(one.instruction.parties)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """In seconds."""

    heartbeat: float = 15
    look: float = 60
    """After which it is looked again whether the client is who it was, and may what it might."""
    retry: float = 3
    """After which a client whose connection is lost is to come back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Somebody who looks on."""

    audience: Audience
    refused: Callable[[], Awaitable[Literal["signed-out", "rights-changed"] | None]]
    """Looks whether it is over: why, or None if not."""
    clock: Callable[[], float]
    """Seconds that pass evenly."""


async def stream(
    log: LiveLog, client: Client, place: Place, rhythm: Rhythm, *, anew: bool
) -> AsyncIterator[bytes]:
    """Messages until the client may not, or the connection ends.

    Args:
        place: taken before the client's audience was: what changes that comes after it, and is met.
        anew: what the client was told before is not there any more.
    """
    if anew:
        yield _reset(place)
    # Whoever is cut off before anything happens comes back to where they began.
    yield format_sse_event(id=place_id(place), retry=int(rhythm.retry * 1000), comment="following")
    told, look_at = place.position, client.clock() + rhythm.look
    while True:
        try:
            found = await place.next(rhythm.heartbeat)
        except BegunAgain:
            place = log.place(log.position)
            told = place.position
            if why := await client.refused():  # by what lies before the new place
                yield _ended(why)
                return
            yield _reset(place)
            continue
        looked = False
        if client.clock() >= look_at:
            looked, look_at = True, client.clock() + rhythm.look
            if why := await client.refused():
                yield _ended(why)
                return
        for one in found:
            if one.stream_id == DIRECTORY_STREAM and not looked:
                looked = True
                if why := await client.refused():
                    yield _ended(why)
                    return
            place.moved(one.position)
            if client.audience.hears(one):
                told = one.position
                yield _recorded(one, place)
        if not found or place.position - told >= _ENOUGH:
            told = place.position
            yield format_sse_event(id=place_id(place), comment="here")


def place_id(place: Place) -> str:
    """A message's id: what `Last-Event-ID` resumes by."""
    return f"{place.epoch}-{place.position}"


def _recorded(one: Happened, place: Place) -> bytes:
    assert one.instruction is not None
    data = Recorded(
        position=one.position,
        instruction=one.stream_id,
        number=one.instruction.number,
        type=one.type,
        version=one.version,
    )
    return format_sse_event(event="recorded", id=place_id(place), data_str=data.model_dump_json())


def _reset(place: Place) -> bytes:
    data = Reset(position=place.position)
    return format_sse_event(event="reset", id=place_id(place), data_str=data.model_dump_json())


def _ended(why: Literal["signed-out", "rights-changed"]) -> bytes:
    return format_sse_event(event="ended", data_str=Ended(why=why).model_dump_json())
