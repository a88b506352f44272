"""A point that somebody names to compare a programme's figures at: a meeting, a moment, a position of the log."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from audit.difference import Point
from domain.programme.state import Programme
from domain.value import instant_of
from eventstore.protocol import EventStore


class NoPoint(ValueError):
    """{text} is none of these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """One of the two, as it was given: a moment or a position."""

    at: datetime | None = None
    position: int | None = None

    @classmethod
    def of(cls, programme: Programme, text: str) -> "Named":
        """Of a meeting's id, a position, a date (its end in UTC), or an instant with offset.

        Raises `NoPoint` if it is none of them.
        """
        meeting = programme.meetings.get(text)
        if meeting is not None:
            return cls(at=meeting.at)
        if text.isascii() and text.isdigit():
            return cls(position=int(text))
        moment = _end_of_day(text) or instant_of(text)
        if moment is None:
            raise NoPoint(
                f"{text} is no moment, write 2026-01-31 or 2026-01-31T09:00+03:00; nor is it a meeting of "
                f"{programme.id}, or a position"
            )
        return cls(at=moment)

    async def point(self, store: EventStore) -> Point:
        """The moment, and the end of the log at it. Raises `NoPoint` if the log ends before."""
        if self.at is not None:
            return Point(at=self.at, position=await store.position_at(self.at))
        position, head = self.position or 0, await store.head()
        if not 1 <= position <= head:
            raise NoPoint(f"{position} is no position: the log has 1 to {head}")
        (batch,) = [
            batch
            async for batch in store.read_all(after_position=position - 1, until_position=position)
        ]
        return Point(at=batch[0].recorded_at, position=position)


def _end_of_day(text: str) -> datetime | None:
    if len(text) != len("2026-01-31"):
        return None
    try:
        day = datetime.combine(date.fromisoformat(text), datetime.max.time(), UTC)
    except ValueError:
        return None
    return instant_of(day.isoformat())
