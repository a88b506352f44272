"""What was behind schedule as of a moment: found in the status periods, and told by replay of those only."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import asyncpg

from domain.identifiers import StreamId
from domain.instruction.events import Corrected
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import AsOf, read_as_of
from readmodels.attention import ATTENTION, Attention, AttentionProjection
from readmodels.parties import those_in_scope
from readmodels.projection import History
from readmodels.register import RegisterRow
from readmodels.register_projection import REGISTER, RegisterProjection
from readmodels.worklist import Filter, Work

_BY_MOMENT = """
    select distinct instruction from readmodel.periods
    where from_moment <= $1 and to_moment > $1
      and departed_at is null and ($2::text is null or programme = $2)
      and late_from < $3
"""
_BY_POSITION = """
    select distinct instruction from readmodel.periods
    where from_position <= $1 and to_position > $1
      and departed_at is null and ($2::text is null or programme = $2)
      and late_from < $3
"""
_AT_ONCE = 1000


async def late_as_of(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    chosen: Filter,
    as_of: AsOf,
    at: datetime,
) -> Sequence[Work]:
    """All that the filter chooses of what was behind schedule at `at`, the deadline that passed first in front.

    One query of the status periods (catch them up first), and the streams of those it names, folded: the
    cost grows with how many were late then, not with how many there are.

    Args:
        as_of: one kind of limit, not both.
        chosen: with a `late_by`. Its scope is of now: who may see an instruction today sees how it stood.
    """
    if as_of.occurred is not None:
        place, statement = as_of.occurred, _BY_MOMENT
    else:
        assert as_of.recorded is not None
        place, statement = await store.position_at(as_of.recorded), _BY_POSITION
    rows = await pool.fetch(statement, place, chosen.programme, at)
    instructions = [row["instruction"] for row in rows]
    if chosen.scope is not None:
        seen = await those_in_scope(pool, instructions, chosen.scope)
        instructions = [one for one in instructions if one in seen]
    found: list[Work] = []
    for start in range(0, len(instructions), _AT_ONCE):
        some = instructions[start : start + _AT_ONCE]
        streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams(some):
            streams[event.stream_id].append(event)
        # In a thread: whoever else is served meanwhile does not wait for a thousand to be folded.
        found += await asyncio.to_thread(_chosen, streams, as_of, chosen, at)
    return sorted(found, key=lambda work: (work.row.behind_from, work.row.number))


def _chosen(
    streams: Mapping[StreamId, Sequence[StoredEvent]], as_of: AsOf, chosen: Filter, at: datetime
) -> Sequence[Work]:
    """Of those, as they stood, what the filter lets through."""
    stood = (_work(stream, stored, as_of) for stream, stored in streams.items())
    return [work for work in stood if chosen.chooses(work, at)]


def _work(stream: StreamId, stored: Sequence[StoredEvent], as_of: AsOf) -> Work:
    """By the projections' own rules."""
    # Read as corrected already: the corrections themselves say nothing more.
    events = [event for event in read_as_of(stored, as_of) if not isinstance(event, Corrected)]
    history = History(stream_id=stream, positions=(), events=events)
    _, (registered,) = RegisterProjection().rows(history)
    ((looked_at,),) = AttentionProjection().rows(history)
    row: dict[str, Any] = dict(zip(REGISTER.columns, registered, strict=True))
    attention: dict[str, Any] = dict(zip(ATTENTION.columns, looked_at, strict=True))
    return Work(
        row=RegisterRow(**{field.name: row[field.name] for field in fields(RegisterRow)}),
        attention=Attention(**{field.name: attention[field.name] for field in fields(Attention)}),
    )
