"""The register: one row per instruction, as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.identifiers import (
    INSTRUCTION_PREFIX,
    BodyId,
    InstructionId,
    ProgrammeId,
    StreamId,
)
from domain.instruction.lateness import Timing, timing
from domain.instruction.state import Unissued
from domain.programme.report import Measure
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import fold
from readmodels.projector import Connection

_UPSERT = """
    insert into readmodel.register (
        instruction, number, text, programme, sector, issuer, controller, lead, phase, closed,
        original_deadline, deadline, submitted_at, cancelled_at, percent, escalated, version
    )
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::boolean[], $11::timestamptz[], $12::timestamptz[],
        $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::boolean[], $17::bigint[]
    )
    on conflict (instruction) do update set
        controller = excluded.controller, lead = excluded.lead, phase = excluded.phase,
        closed = excluded.closed, deadline = excluded.deadline,
        submitted_at = excluded.submitted_at, cancelled_at = excluded.cancelled_at,
        percent = excluded.percent, escalated = excluded.escalated, version = excluded.version
"""

_COLUMNS = """
    instruction, number, text, programme, sector, issuer, controller, lead, phase, closed,
    original_deadline, deadline, submitted_at, cancelled_at, percent, escalated, version
"""

_LIST = f"""
    select {_COLUMNS} from readmodel.register
    where ($1::text is null or programme = $1)
      and ($2::text is null or phase = $2)
      and ($3::text is null or lead = $3)
      and ($4::timestamptz is null
           or (not closed and submitted_at is null and deadline < $4))
      and number > $5
    order by number limit $6
"""  # noqa: S608 - nothing but the column list above is put in
_IDS = "select instruction from readmodel.register where programme = $1 order by number"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRow:
    """An instruction as it stands now. Instants are UTC."""

    instruction: InstructionId
    number: str
    text: str
    programme: ProgrammeId | None
    sector: str | None
    issuer: BodyId
    controller: BodyId | None
    lead: BodyId | None
    phase: str
    closed: bool
    original_deadline: datetime
    deadline: datetime
    submitted_at: datetime | None
    cancelled_at: datetime | None
    percent: int
    escalated: bool
    version: int

    @property
    def timing(self) -> Timing:
        return Timing(
            closed=self.closed,
            original_deadline=self.original_deadline,
            deadline=self.deadline,
            submitted_at=self.submitted_at,
            cancelled_at=self.cancelled_at,
        )

    @property
    def measure(self) -> Measure:
        return Measure(
            instruction=self.instruction,
            number=self.number,
            text=self.text,
            phase=self.phase,
            sector=self.sector,
            lead=self.lead,
            timing=self.timing,
        )


class RegisterProjection:
    """Folds each instruction that a batch touches, up to the batch's end, and writes its row."""

    name = "register"

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
    ) -> None:
        touched = list(
            dict.fromkeys(e.stream_id for e in events if e.stream_id.startswith(INSTRUCTION_PREFIX))
        )
        streams: dict[StreamId, list[StoredEvent]] = {stream: [] for stream in touched}
        for event in await store.read_streams(touched, until_position=events[-1].position):
            streams[event.stream_id].append(event)
        rows = [row for stream in touched if (row := _row(stream, streams[stream])) is not None]
        if rows:
            await connection.execute(_UPSERT, *map(list, zip(*rows, strict=True)))

    async def clear(self, connection: "Connection[asyncpg.Record]") -> None:
        await connection.execute("truncate readmodel.register")


def _row(instruction: InstructionId, events: Sequence[StoredEvent]) -> tuple[object, ...] | None:
    """The values of `_COLUMNS`."""
    state = fold(events)
    if isinstance(state, Unissued):
        return None
    record, times = state.record, timing(state)
    return (
        instruction,
        record.number,
        record.text,
        record.programme,
        record.sector,
        record.issuer,
        record.controller,
        record.lead,
        state.phase,
        times.closed,
        times.original_deadline,
        times.deadline,
        times.submitted_at,
        times.cancelled_at,
        record.percent,
        record.escalation.raised,
        len(events),
    )


class Register:
    """Questions to the register."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def page(
        self,
        *,
        programme: ProgrammeId | None = None,
        phase: str | None = None,
        lead: BodyId | None = None,
        behind_schedule_at: datetime | None = None,
        after_number: str = "",
        limit: int = 1000,
    ) -> Sequence[RegisterRow]:
        """Rows by number, those after `after_number` (keyset); every filter given must hold."""
        rows = await self._pool.fetch(
            _LIST, programme, phase, lead, behind_schedule_at, after_number, limit
        )
        return [RegisterRow(**row) for row in rows]

    async def of_programme(self, programme: ProgrammeId) -> Sequence[InstructionId]:
        """Every instruction ever issued under the programme, by number."""
        rows = await self._pool.fetch(_IDS, programme)
        return [row["instruction"] for row in rows]
