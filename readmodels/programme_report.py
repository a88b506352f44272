"""The programme report: its figures by count where PostgreSQL can count them, its measures by replay."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from domain.identifiers import ProgrammeId, StreamId
from domain.programme.membership import measures_by_programme
from domain.programme.report import Measure, figures
from domain.programme.terms import Figures
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import AsOf, read_as_of
from readmodels.figures import FiguresByCount
from readmodels.register import Register


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
    streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
    for event in await store.read_streams(instructions, until_position=until_position):
        streams[event.stream_id].append(event)
    found = (measures_by_programme(i, read_as_of(streams[i], as_of)) for i in instructions)
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
