"""Which streams of a kind the log holds."""

from collections.abc import Sequence

from domain.identifiers import RECURRENCE_PREFIX, StreamId
from eventstore.protocol import EventStore

_PAGE = 1000


async def recurrence_streams(store: EventStore) -> Sequence[StreamId]:
    """Of all recurrences, those that are over too: few enough to be named at once."""
    found: list[StreamId] = []
    last = ""
    while page := await store.streams(prefix=RECURRENCE_PREFIX, after_stream_id=last, limit=_PAGE):
        found += [head.stream_id for head in page]
        last = page[-1].stream_id
    return found
