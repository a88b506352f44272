"""What an export holds: the whole log, a programme or an instruction; or what somebody may see of the register."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from audit.exports.export import Format
from audit.exports.reading import Selection, Shown, Sight
from domain.identifiers import (
    DIRECTORY_STREAM,
    InstructionId,
    ProgrammeId,
    StreamId,
    instruction_id,
    programme_stream,
)
from domain.reading import Reader, Scope
from domain.recurrence.decisions import recurrence_decider
from eventstore.codec import decoded
from eventstore.protocol import EventStore
from eventstore.streams import recurrence_streams
from readmodels.parties import those_in_scope
from readmodels.programmes import all_programmes
from readmodels.register import Chooses, Register

_AT_ONCE = 500
"""So many instructions are held in memory with their events."""
_TABLES: frozenset[Format] = frozenset({"csv", "xlsx"})
"""Have the register beside the events: a line for each instruction."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    selection: Selection
    total: int
    """How many streams it may have; of the whole log, how many events."""


async def whole_log(
    store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]", position: int
) -> Chosen:
    """All that the log holds up to a position. Catch the register and the programmes up first."""
    programmes = await _programme_streams(pool)
    everything = Selection(
        pages=_pages_of(Register(pool), None, {}),
        others=(DIRECTORY_STREAM, *programmes, *await recurrence_streams(store)),
        context=(),
        until_position=position,
        whole_log=True,
    )
    return Chosen(selection=everything, total=position)


async def of_programme(
    pool: "asyncpg.Pool[asyncpg.Record]", programme: ProgrammeId, position: int
) -> Chosen:
    """A programme with all its measures. Catch up the same, and the status periods."""
    programmes = await _programme_streams(pool)
    own = programme_stream(programme)
    instructions = await Register(pool).of_programme(programme)
    measures = Selection(
        pages=_pages(instructions),
        others=(own,),
        context=(DIRECTORY_STREAM, *(one for one in programmes if one != own)),
        until_position=position,
        programme=programme,
    )
    return Chosen(selection=measures, total=1 + len(programmes) + len(instructions))


async def of_instruction(
    pool: "asyncpg.Pool[asyncpg.Record]", number: str, position: int
) -> Chosen:
    """An instruction alone. Catch the programmes up first."""
    programmes = await _programme_streams(pool)
    alone = Selection(
        pages=_pages((instruction_id(number),)),
        others=(),
        context=(DIRECTORY_STREAM, *programmes),
        until_position=position,
    )
    return Chosen(selection=alone, total=2 + len(programmes))


async def seen_by(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    reader: Reader,
    format_: Format,
    position: int,
    chooses: Chooses,
) -> Selection:
    """What somebody may see of the instructions that are chosen, and of what these speak of.

    - Of an instruction its events, if they may see its history; those about notices only if they may see its deliveries. Tables
      have a line of each whose summary they may see.
    - Of the directory what bodies are called and stand below, which is known to whoever holds an office; no event of it.
    - Programmes whose figures they may see, by title and meetings; their events, if they audit its owner.
    - Events of recurrences of which they may see the history.
    """
    programmes = await all_programmes(pool)
    audited = [one for one in programmes if reader.audits(one.body)]
    explained = [
        one for one in programmes if one not in audited and reader.reads_figures_of(one.body)
    ]
    tables = format_ in _TABLES
    return Selection(
        pages=_pages_of(Register(pool), reader.scope("summary" if tables else "history"), chooses),
        others=(
            *(programme_stream(one.programme) for one in audited),
            *await _recurrences(store, reader),
        ),
        context=(
            *((DIRECTORY_STREAM,) if reader.holds_office else ()),
            *(programme_stream(one.programme) for one in explained),
        ),
        until_position=position,
        sight=_sight(pool, reader, tables=tables),
    )


def _sight(pool: "asyncpg.Pool[asyncpg.Record]", reader: Reader, *, tables: bool) -> Sight:
    line, events, all_ = (reader.scope(one) for one in ("summary", "history", "deliveries"))

    async def sight(instructions: Sequence[InstructionId]) -> Mapping[InstructionId, Shown]:
        found: dict[InstructionId, Shown] = {}
        if tables:
            found |= dict.fromkeys(await those_in_scope(pool, instructions, line), "line")
        history = await those_in_scope(pool, instructions, events)
        found |= dict.fromkeys(history, "events")
        found |= dict.fromkeys(history & await those_in_scope(pool, instructions, all_), "all")
        return found

    return sight


async def _recurrences(store: EventStore, reader: Reader) -> Sequence[StreamId]:
    history, found = reader.scope("history"), list[StreamId]()
    if not history.bodies:
        return found
    for stream in await recurrence_streams(store):
        state = recurrence_decider.replay(list(decoded(await store.read_stream(stream))))
        if state is not None and history.lets(reader.parties_of(state.terms)):
            found.append(stream)
    return found


async def _programme_streams(pool: "asyncpg.Pool[asyncpg.Record]") -> Sequence[StreamId]:
    return [programme_stream(row.programme) for row in await all_programmes(pool)]


async def _pages(
    instructions: Sequence[InstructionId],
) -> AsyncIterator[Sequence[InstructionId]]:
    for start in range(0, len(instructions), _AT_ONCE):
        yield instructions[start : start + _AT_ONCE]


async def _pages_of(
    register: Register, scope: Scope | None, chooses: Chooses
) -> AsyncIterator[Sequence[InstructionId]]:
    last = ""
    while rows := await register.page(scope=scope, after_number=last, limit=_AT_ONCE, **chooses):
        yield [row.instruction for row in rows]
        last = rows[-1].number
