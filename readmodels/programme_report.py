"""The programme report: current from the register, as of any moment by replay."""

from collections.abc import Sequence
from datetime import datetime

from domain.identifiers import InstructionId, ProgrammeId
from domain.instruction.lateness import timing
from domain.instruction.state import InstructionState, Unissued
from domain.programme.report import Measure
from eventstore.protocol import EventStore
from eventstore.replay import AsOf, instructions_as_of
from readmodels.register import Register


async def measures_now(
    register: Register, programme: ProgrammeId, *, page_size: int = 1000
) -> Sequence[Measure]:
    """The programme's measures as the register has them; catch up first to see the latest."""
    measures: list[Measure] = []
    last = ""
    while page := await register.page(programme=programme, after_number=last, limit=page_size):
        measures += [row.measure for row in page]
        last = page[-1].number
    return measures


async def measures_as_of(
    store: EventStore, register: Register, programme: ProgrammeId, as_of: AsOf
) -> Sequence[Measure]:
    """The programme's measures as they stood, folded from their events and nothing else.

    The register only says which instructions were ever issued under the programme.
    """
    instructions = await register.of_programme(programme)
    states = await instructions_as_of(store, instructions, as_of)
    return [m for i, state in states.items() if (m := measure_of(i, state)) is not None]


def measure_of(instruction: InstructionId, state: InstructionState) -> Measure | None:
    """What a report counts of an instruction; None if it was not issued by then."""
    if isinstance(state, Unissued):
        return None
    return Measure(
        instruction=instruction,
        number=state.record.number,
        text=state.record.text,
        phase=state.phase,
        sector=state.record.sector,
        lead=state.record.lead,
        timing=timing(state),
    )


def moment_of(as_of: AsOf, now: datetime) -> datetime:
    """The moment lateness is measured at: the one asked about, else now."""
    return as_of.occurred or as_of.recorded or now
