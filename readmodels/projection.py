"""A projection: what one stream's events say, as rows of some tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import asyncpg

from domain.identifiers import ProgrammeId, StreamId
from domain.instruction.corrections import corrected
from domain.instruction.events import Corrected, InstructionEvent
from domain.instruction.state import InstructionState
from domain.programme.membership import standings
from domain.programme.report import Measure
from eventstore.codec import decoded
from eventstore.protocol import EventStore, StoredEvent
from readmodels.tables import LIVE, Connection, Row, Table

AfterEvent = tuple[InstructionState, Mapping[ProgrammeId | None, Measure]]


@dataclass(frozen=True, kw_only=True)
class History:
    """One stream up to some position, decoded once for all projections."""

    stream_id: StreamId
    positions: Sequence[int]
    events: Sequence[Any]
    """As recorded, in version order; the n-th is of version n. What union they are of, the stream says."""

    @classmethod
    def of(cls, stream_id: StreamId, stored: Sequence[StoredEvent]) -> "History":
        return cls(
            stream_id=stream_id,
            positions=[event.position for event in stored],
            events=list(decoded(stored)),
        )

    @cached_property
    def has_corrections(self) -> bool:
        return any(type(event) is Corrected for event in self.events)

    @cached_property
    def corrected(self) -> Sequence[InstructionEvent]:
        """An instruction's events, as later ones correct them."""
        return corrected(self.events) if self.has_corrections else self.events

    @cached_property
    def standings(self) -> Sequence[AfterEvent]:
        """How an instruction stood after each of its events, all of them read as corrected."""
        return list(standings(self.stream_id, self.corrected))


class Projection:
    """Rows that follow from streams, each by itself: kept up with the log, or made anew from it."""

    name: str
    """Names its checkpoint."""
    prefix: str
    """What the ids of its streams begin with."""
    tables: tuple[Table, ...]
    """In the order in which every reader goes through them, and so locks them: a switch locks them likewise."""

    def owner(self, stream_id: StreamId) -> str:
        """What the tables' `owner` columns hold for the stream."""
        return stream_id

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        """All rows that follow from the stream, for each of the tables."""
        raise NotImplementedError

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
        *,
        schema: str = LIVE,
    ) -> None:
        """Bring the rows up to the last of these events, which follow those applied before.

        Every stream among them is folded from its first event: a correction changes what an earlier
        one says.
        """
        streams = await _touched(store, events, self.prefix)
        found = [self.rows(History.of(stream, stored)) for stream, stored in streams.items()]
        owners = [self.owner(stream) for stream in streams]
        if not owners:
            return
        for place, table in enumerate(self.tables):
            rows = [row for of_stream in found for row in of_stream[place]]
            await table.replace(connection, owners, rows, schema=schema)


async def _touched(
    store: EventStore, events: Sequence[StoredEvent], prefix: str
) -> Mapping[StreamId, Sequence[StoredEvent]]:
    """The streams that a batch goes on with, each whole up to the batch's end."""
    touched = list(dict.fromkeys(e.stream_id for e in events if e.stream_id.startswith(prefix)))
    streams: dict[StreamId, list[StoredEvent]] = {stream: [] for stream in touched}
    if touched:
        for event in await store.read_streams(touched, until_position=events[-1].position):
            streams[event.stream_id].append(event)
    return streams
