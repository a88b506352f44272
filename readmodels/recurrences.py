"""What the log says of recurrences: which there are, what comes next and what became of those before.

They are few, and are read from their streams: there is no table of them.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import RECURRENCE_PREFIX, StreamId
from domain.recurrence import events as e
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.planning import plan_of
from domain.recurrence.state import Recurrence
from domain.recurrence.terms import PlannedOccurrence
from eventstore.codec import decoded
from eventstore.protocol import EventStore, StoredEvent
from eventstore.rule_days import days_after

_AHEAD = 5
"""Occurrences that are told ahead."""
_AT_ONCE = 100
"""Recurrences whose events are held in memory."""

Past = e.OccurrenceIssued | e.OccurrenceSkipped


async def every_recurrence(store: EventStore, after: StreamId = "") -> AsyncIterator[Recurrence]:
    """All there are, those that are over too, by stream id; only those after this one."""
    while page := await store.streams(
        prefix=RECURRENCE_PREFIX, after_stream_id=after, limit=_AT_ONCE
    ):
        streams: defaultdict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams([head.stream_id for head in page]):
            streams[event.stream_id].append(event)
        for head in page:
            state = recurrence_decider.fold(decoded(streams[head.stream_id]))
            if state is not None:
                yield state
        after = page[-1].stream_id


def ahead(state: Recurrence, directory: Directory, tzdata: str) -> Sequence[PlannedOccurrence]:
    """The occurrences that come next, as things are known now; those left out among them.

    Takes milliseconds, or seconds for a rule whose days are years apart.
    """
    if state.next is None:
        return []
    plan = plan_of(state, Facts(directory=directory, tzdata=tzdata))
    following = days_after(state.terms.rule, state.terms.first_day, state.next.day, _AHEAD)
    days = (state.next.day, *following)[:_AHEAD]
    return [plan.occurrence(n, day) for n, day in enumerate(days, start=state.next.n)]


def past(state: Recurrence, events: Sequence[e.RecurrenceEvent]) -> Sequence[Past]:
    """What became of those before the next one."""
    upcoming = state.next.day if state.next else None
    return [
        event
        for event in events
        if isinstance(event, Past) and (upcoming is None or event.day < upcoming)
    ]
