"""The programmes there are: one row for each, as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from domain.identifiers import PROGRAMME_PREFIX, BodyId, ProgrammeId, StreamId
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from domain.programme.terms import ProgrammePhase
from eventstore.codec import decoded
from eventstore.protocol import EventStore, StoredEvent
from readmodels.projector import Connection

_UPSERT = """
    insert into readmodel.programmes (programme, title, body, phase, period_start, period_end)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (programme) do update set
        title = excluded.title, body = excluded.body, phase = excluded.phase,
        period_start = excluded.period_start, period_end = excluded.period_end
"""
_ALL = """
    select programme, title, body, phase, period_start, period_end
    from readmodel.programmes order by period_start, programme
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeRow:
    programme: ProgrammeId
    title: str
    body: BodyId
    phase: ProgrammePhase
    period_start: date
    period_end: date


class ProgrammesProjection:
    """Folds each programme that a batch touches, up to the batch's end, and writes its row."""

    name = "programmes"

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
    ) -> None:
        touched = list(
            dict.fromkeys(e.stream_id for e in events if e.stream_id.startswith(PROGRAMME_PREFIX))
        )
        streams: dict[StreamId, list[StoredEvent]] = {stream: [] for stream in touched}
        for event in await store.read_streams(touched, until_position=events[-1].position):
            streams[event.stream_id].append(event)
        states = (programme_decider.replay(decoded(stored)) for stored in streams.values())
        rows = [_row(state) for state in states if state is not None]
        await connection.executemany(_UPSERT, rows)

    async def clear(self, connection: "Connection[asyncpg.Record]") -> None:
        await connection.execute("truncate readmodel.programmes")


def _row(state: Programme) -> tuple[object, ...]:
    period = (state.period_start, state.period_end)
    return (state.id, state.title, state.body, state.phase, *period)


async def all_programmes(pool: "asyncpg.Pool[asyncpg.Record]") -> Sequence[ProgrammeRow]:
    """Every programme, the oldest period first; catch up first to see the latest."""
    return [ProgrammeRow(**row) for row in await pool.fetch(_ALL)]
