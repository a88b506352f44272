"""Every version of every calendar that was published, from the directory's stream."""

from collections.abc import Callable

from domain.directory.calendar_versions import PublishedCalendar, every_version
from domain.directory.events import CalendarPublished
from domain.identifiers import DIRECTORY_STREAM, CalendarId
from eventstore.codec import event_of
from eventstore.protocol import EventStore


async def published_calendars(
    store: EventStore,
) -> Callable[[CalendarId, int], PublishedCalendar | None]:
    """What finds a version of a calendar; None for one that was not published."""
    kind = CalendarPublished.model_fields["type"].default
    stored = [one for one in await store.read_stream(DIRECTORY_STREAM) if one.type == kind]
    events = [event_of(one) for one in stored]
    known = every_version(event for event in events if isinstance(event, CalendarPublished))

    def find(calendar: CalendarId, version: int) -> PublishedCalendar | None:
        return known.get((calendar, version))

    return find
