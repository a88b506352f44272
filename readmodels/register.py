"""The register: one row per instruction, as it stands now; and a row for each programme it has left."""

from collections.abc import Mapping, Sequence
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
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.lateness import Timing, timing
from domain.instruction.state import Cancelled, KnownState, Unissued
from domain.programme.membership import measures_by_programme
from domain.programme.report import Departure, Measure
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import read_as_of
from readmodels.projector import Connection

_COLUMNS = """
    instruction, number, text, programme, sector, issuer, controller, lead, phase, closed,
    original_deadline, deadline, submitted_at, cancelled_at, percent, escalated, version,
    stopped_at, refused, carried_from, parent, source_kind, source_number
"""

_UPSERT = f"""
    insert into readmodel.register ({_COLUMNS})
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::boolean[], $11::timestamptz[], $12::timestamptz[],
        $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::boolean[], $17::bigint[],
        $18::timestamptz[], $19::boolean[], $20::text[], $21::text[], $22::text[], $23::text[]
    )
    on conflict (instruction) do update set
        text = excluded.text, programme = excluded.programme, sector = excluded.sector,
        issuer = excluded.issuer, controller = excluded.controller, lead = excluded.lead,
        phase = excluded.phase, closed = excluded.closed,
        original_deadline = excluded.original_deadline, deadline = excluded.deadline,
        submitted_at = excluded.submitted_at, cancelled_at = excluded.cancelled_at,
        percent = excluded.percent, escalated = excluded.escalated, version = excluded.version,
        stopped_at = excluded.stopped_at, refused = excluded.refused,
        carried_from = excluded.carried_from, parent = excluded.parent,
        source_kind = excluded.source_kind, source_number = excluded.source_number
"""  # noqa: S608 - nothing but the column list above is put in

_LIST = f"""
    select {_COLUMNS} from readmodel.register
    where ($1::text is null or programme = $1)
      and ($2::text is null or phase = $2)
      and ($3::text is null or lead = $3)
      and ($4::timestamptz is null
           or (not closed and submitted_at is null and stopped_at is null and deadline < $4))
      and number > $5
      and ($7::text is null or source_kind = $7)
    order by number limit $6
"""  # noqa: S608 - nothing but the column list above is put in
_IDS = """
    select instruction from (
        select instruction, number from readmodel.register where programme = $1
        union select instruction, number from readmodel.departures where programme = $1
    ) every_one order by number
"""

_COUNT_OPEN = """
    select count(*) from readmodel.register where programme = $1 and not closed and phase <> 'Proposed'
"""

_DEPARTURE_COLUMNS = """
    programme, instruction, departed_at, went_into, number, text, sector, lead, phase, closed,
    original_deadline, deadline, submitted_at, stopped_at, carried_from
"""
_FORGET_DEPARTURES = "delete from readmodel.departures where instruction = any($1::text[])"
_DEPART = f"""
    insert into readmodel.departures ({_DEPARTURE_COLUMNS})
    select * from unnest(
        $1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::boolean[], $11::timestamptz[], $12::timestamptz[],
        $13::timestamptz[], $14::timestamptz[], $15::text[]
    )
"""  # noqa: S608 - nothing but the column list above is put in
_DEPARTED = f"""
    select {_DEPARTURE_COLUMNS} from readmodel.departures where programme = $1 order by number
"""  # noqa: S608 - nothing but the column list above is put in


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
    stopped_at: datetime | None
    """Since when its clock stands still: suspended, or only proposed."""
    refused: bool
    """It was a proposal, and was decided against."""
    carried_from: ProgrammeId | None
    """The programme it came from, if it was carried over."""
    parent: InstructionId | None
    """The instruction that it is a part of."""
    source_kind: str | None
    """Of the document that it comes from: decision, directive, agreement, treaty or protocol."""
    source_number: str | None

    @property
    def timing(self) -> Timing:
        return Timing(
            closed=self.closed,
            original_deadline=self.original_deadline,
            deadline=self.deadline,
            submitted_at=self.submitted_at,
            cancelled_at=self.cancelled_at,
            stopped_at=self.stopped_at,
        )

    @property
    def measure(self) -> Measure:
        return Measure(
            instruction=self.instruction,
            number=self.number,
            text=self.text,
            phase=self.phase,
            refused=self.refused,
            sector=self.sector,
            lead=self.lead,
            timing=self.timing,
            carried_from=self.carried_from,
        )


class RegisterProjection:
    """Folds each instruction that a batch touches, up to the batch's end, and writes its rows.

    From its first event each time: a correction changes what an earlier event says.
    """

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
        rows: list[tuple[object, ...]] = []
        departures: list[tuple[object, ...]] = []
        for instruction, stored in streams.items():
            history = read_as_of(stored)
            state = instruction_decider.fold(history)
            if isinstance(state, Unissued):
                continue
            measures = measures_by_programme(instruction, history)
            rows.append(_row(instruction, state, measures, len(stored)))
            departures += _departures(measures)
        await connection.execute(_FORGET_DEPARTURES, touched)
        if rows:
            await connection.execute(_UPSERT, *map(list, zip(*rows, strict=True)))
        if departures:
            await connection.execute(_DEPART, *map(list, zip(*departures, strict=True)))

    async def clear(self, connection: "Connection[asyncpg.Record]") -> None:
        await connection.execute("truncate readmodel.register, readmodel.departures")


def _row(
    instruction: InstructionId,
    state: KnownState,
    measures: Mapping[ProgrammeId, Measure],
    version: int,
) -> tuple[object, ...]:
    """The values of `_COLUMNS`."""
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
        version,
        times.stopped_at,
        isinstance(state, Cancelled) and state.refused_proposal,
        measures[record.programme].carried_from if record.programme else None,
        record.parent,
        record.source.kind if record.source else None,
        record.source.number if record.source else None,
    )


def _departures(measures: Mapping[ProgrammeId, Measure]) -> list[tuple[object, ...]]:
    """The values of `_DEPARTURE_COLUMNS`."""
    return [
        (
            programme,
            measure.instruction,
            measure.departure.at,
            measure.departure.into,
            measure.number,
            measure.text,
            measure.sector,
            measure.lead,
            measure.phase,
            measure.timing.closed,
            measure.timing.original_deadline,
            measure.timing.deadline,
            measure.timing.submitted_at,
            measure.timing.stopped_at,
            measure.carried_from,
        )
        for programme, measure in measures.items()
        if measure.departure is not None
    ]


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
        source_kind: str | None = None,
        after_number: str = "",
        limit: int = 1000,
    ) -> Sequence[RegisterRow]:
        """Rows by number, those after `after_number` (keyset); every filter given must hold."""
        rows = await self._pool.fetch(
            _LIST, programme, phase, lead, behind_schedule_at, after_number, limit, source_kind
        )
        return [RegisterRow(**row) for row in rows]

    async def of_programme(self, programme: ProgrammeId) -> Sequence[InstructionId]:
        """Every instruction that belongs or ever belonged to the programme, by number."""
        rows = await self._pool.fetch(_IDS, programme)
        return [row["instruction"] for row in rows]

    async def count_open(self, programme: ProgrammeId) -> int:
        """How many of the programme's measures are neither completed nor cancelled."""
        return await self._pool.fetchval(_COUNT_OPEN, programme)

    async def measures(self, programme: ProgrammeId, *, page_size: int = 1000) -> Sequence[Measure]:
        """The programme's measures, and those that were carried over out of it as they stood then.

        All as of one moment: a measure that is being carried over meanwhile is found, and found once.
        """
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = [_departed(row) for row in await connection.fetch(_DEPARTED, programme)]
            last = ""
            while rows := await connection.fetch(
                _LIST, programme, None, None, None, last, page_size, None
            ):
                page = [RegisterRow(**row) for row in rows]
                found += [row.measure for row in page]
                last = page[-1].number
        return found


def _departed(row: asyncpg.Record) -> Measure:
    return Measure(
        instruction=row["instruction"],
        number=row["number"],
        text=row["text"],
        phase=row["phase"],
        sector=row["sector"],
        lead=row["lead"],
        timing=Timing(
            closed=row["closed"],
            original_deadline=row["original_deadline"],
            deadline=row["deadline"],
            submitted_at=row["submitted_at"],
            cancelled_at=None,
            stopped_at=row["stopped_at"],
        ),
        carried_from=row["carried_from"],
        departure=Departure(at=row["departed_at"], into=row["went_into"]),
    )
