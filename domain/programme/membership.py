"""An instruction's events as measures: one for each programme that it belongs or belonged to.

A measure that was carried over stays in the report of the programme it left, as it stood when it left,
and goes on in the next one as a measure with its history.
"""

from collections.abc import Iterable, Mapping

from domain.identifiers import InstructionId, ProgrammeId
from domain.instruction.events import CarriedOver, InstructionEvent
from domain.instruction.evolution import evolve
from domain.instruction.lateness import timing
from domain.instruction.state import Cancelled, InstructionState, KnownState, Proposed, Unissued
from domain.programme.report import Departure, Measure


def measures_by_programme(
    instruction: InstructionId, events: Iterable[InstructionEvent]
) -> Mapping[ProgrammeId, Measure]:
    """The measure that the instruction is in each programme, once these events had occurred.

    `events` are those of its stream, corrections taken into account. In a programme that it has come
    back to it is a live measure again.
    """
    found: dict[ProgrammeId, Measure] = {}
    carried_from: ProgrammeId | None = None
    state: InstructionState = Unissued()
    for event in events:
        before, state = state, evolve(state, event)
        if not isinstance(event, CarriedOver) or isinstance(before, Unissued | Proposed):
            continue
        left = before.record.programme
        if left is not None and left != _programme(state):
            departure = Departure(at=event.occurred_at, into=event.programme)
            found[left] = _measure(instruction, before, carried_from, departure)
            carried_from = left
    if isinstance(state, Unissued) or state.record.programme is None:
        return found
    return {**found, state.record.programme: _measure(instruction, state, carried_from)}


def _measure(
    instruction: InstructionId,
    state: KnownState,
    carried_from: ProgrammeId | None,
    departure: Departure | None = None,
) -> Measure:
    return Measure(
        instruction=instruction,
        number=state.record.number,
        text=state.record.text,
        phase=state.phase,
        refused=isinstance(state, Cancelled) and state.refused_proposal,
        sector=state.record.sector,
        lead=state.record.lead,
        timing=timing(state),
        carried_from=carried_from,
        departure=departure,
    )


def _programme(state: InstructionState) -> ProgrammeId | None:
    return None if isinstance(state, Unissued) else state.record.programme
