"""The programme report: its figures by count where PostgreSQL can count them, its measures by replay."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.identifiers import InstructionId, ProgrammeId, StreamId
from domain.programme.membership import measures_by_programme
from domain.programme.report import Measure, figures
from domain.programme.terms import Figures
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import AsOf, read_as_of
from readmodels.figures import FiguresByCount
from readmodels.register import Register

_AT_ONCE = 1000
"""So many instructions are held in memory with their events."""


async def measures_as_of(
    store: EventStore,
    register: Register,
    programme: ProgrammeId,
    as_of: AsOf,
    *,
    until_position: int | None = None,
) -> Sequence[Measure]:
    """The programme's measures as they stood, folded from their events and nothing else.

    The register only says which instructions ever belonged to the programme: catch it up first.

    Args:
        until_position: the last position of the log that is read; a published report is pinned to one.
    """
    instructions = await register.of_programme(programme)
    return await measures_among(
        store, instructions, programme, as_of, until_position=until_position
    )


async def measures_among(
    store: EventStore,
    instructions: Sequence[InstructionId],
    programme: ProgrammeId,
    as_of: AsOf,
    *,
    until_position: int | None = None,
) -> Sequence[Measure]:
    """Those of the instructions that were measures of the programme, as they stood."""
    found: list[Measure] = []
    for start in range(0, len(instructions), _AT_ONCE):
        some = instructions[start : start + _AT_ONCE]
        streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams(some, until_position=until_position):
            streams[event.stream_id].append(event)
        # In a thread: whoever else is served meanwhile does not wait for a thousand to be folded.
        found += await asyncio.to_thread(_measures, programme, some, streams, as_of)
    return found


async def pinned_figures(
    store: EventStore, register: Register, programme: ProgrammeId, at: datetime, position: int
) -> Figures:
    """What is published of a meeting at this moment, from the log up to the position: catch up as far at least."""
    as_of = AsOf(occurred=at)
    measures = await measures_as_of(store, register, programme, as_of, until_position=position)
    return figures(measures, at)


def _measures(
    programme: ProgrammeId,
    instructions: Sequence[InstructionId],
    streams: Mapping[StreamId, Sequence[StoredEvent]],
    as_of: AsOf,
) -> Sequence[Measure]:
    found = (measures_by_programme(i, read_as_of(streams.get(i, ()), as_of)) for i in instructions)
    return [measures[programme] for measures in found if programme in measures]


async def figures_of(
    store: EventStore,
    counted: FiguresByCount,
    register: Register,
    programme: ProgrammeId,
    as_of: AsOf,
    at: datetime,
    *,
    until_position: int | None = None,
) -> Figures:
    """The programme's figures at `at`, by count; where both kinds of limit are given, by replay.

    Catch register and status periods up first to see the latest.
    """
    found = await counted.of_programme(programme, as_of, at, until_position=until_position)
    if found is not None:
        return found
    measures = await measures_as_of(
        store, register, programme, as_of, until_position=until_position
    )
    return figures(measures, at)


def moment_of(as_of: AsOf, now: datetime) -> datetime:
    """The moment lateness is measured at: the one asked about, else now."""
    return as_of.occurred or as_of.recorded or now
