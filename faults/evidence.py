"""What the checks look at: the whole log as it lies in the tables, read past the store that is under test."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import asyncpg

from domain.identifiers import CommandId, StreamId
from eventstore.protocol import StoredEvent, StreamHead

_EVENTS = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events where position > $1 order by position
"""
_HEADS = "select stream_id, version, next_wake, closed from remit.streams order by stream_id"
_COUNTER = "select position from remit.counter"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """As of one moment."""

    since: int
    """What was there before the run, up to this position, is nobody's."""
    events: Sequence[StoredEvent]
    """After it."""
    heads: Sequence[StreamHead]
    counter: int
    """The position that the log says it has come to."""
    read_at: datetime

    @cached_property
    def by_command(self) -> Mapping[CommandId, Sequence[StoredEvent]]:
        found: defaultdict[CommandId, list[StoredEvent]] = defaultdict(list)
        for event in self.events:
            found[event.command_id].append(event)
        return found

    @cached_property
    def by_stream(self) -> Mapping[StreamId, Sequence[StoredEvent]]:
        found: defaultdict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in self.events:
            found[event.stream_id].append(event)
        return found


async def evidence(database_url: str, since: int) -> Evidence:
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return Evidence(
                since=since,
                events=[StoredEvent(**row) for row in await connection.fetch(_EVENTS, since)],
                heads=[StreamHead(**row) for row in await connection.fetch(_HEADS)],
                counter=await connection.fetchval(_COUNTER),
                read_at=await connection.fetchval("select clock_timestamp()"),
            )
    finally:
        await connection.close()
