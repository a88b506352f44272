"""An instruction's events as measures: one for each programme that it belongs or belonged to.

A measure that was carried over stays in the report of the programme it left, as it stood when it left,
and goes on in the next one as a measure with its history.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from domain.identifiers import InstructionId, PersonId, ProgrammeId
from domain.instruction.events import (
    AssignmentAcknowledged,
    CarriedOver,
    CompletionReported,
    ExtensionRequested,
    InstructionEvent,
    JointReportSubmitted,
    ProgressReported,
)
from domain.instruction.evolution import evolve
from domain.instruction.lateness import timing
from domain.instruction.state import (
    Cancelled,
    InstructionState,
    KnownState,
    Proposed,
    Unissued,
    Working,
)
from domain.programme.report import Departure, Measure


def measures_by_programme(
    instruction: InstructionId, events: Iterable[InstructionEvent]
) -> Mapping[ProgrammeId, Measure]:
    """The measure that the instruction is in each programme, once these events had occurred.

    `events` are those of its stream, corrections taken into account. In a programme that it has come
    back to it is a live measure again.
    """
    last = deque(standings(instruction, events), maxlen=1)
    return {
        programme: measure
        for _, found in last
        for programme, measure in found.items()
        if programme is not None
    }


def standings(
    instruction: InstructionId, events: Iterable[InstructionEvent]
) -> Iterator[tuple[InstructionState, Mapping[ProgrammeId | None, Measure]]]:
    """The instruction's state and its measures after the first event, after the second, and so on.

    One that belongs to no programme is a measure under None. Measures that an event leaves as they were
    come as the same object.
    """
    departed: dict[ProgrammeId | None, Measure] = {}
    carried_from: ProgrammeId | None = None
    acting: PersonId | None = None
    state: InstructionState = Unissued()
    found: Mapping[ProgrammeId | None, Measure] = {}
    for event in events:
        before, acting_before, state = state, acting, evolve(state, event)
        acting = _acting(before, state, event, acting)
        if acting == acting_before and _stands_the_same(before, state):
            yield state, found
            continue
        if isinstance(event, CarriedOver) and not isinstance(before, Unissued | Proposed):
            left = before.record.programme
            if left is not None and left != _programme(state):
                departure = Departure(at=event.occurred_at, into=event.programme)
                departed[left] = _measure(
                    instruction, before, acting_before, carried_from, departure
                )
                carried_from = left
        if not isinstance(state, Unissued):
            measure = _measure(instruction, state, acting, carried_from)
            if found.get(state.record.programme) != measure:
                found = {**departed, state.record.programme: measure}
        yield state, found


def _stands_the_same(before: InstructionState, state: InstructionState) -> bool:
    """Whether it is plain that the measure is the same: most events remind, escalate or deliver."""
    if before is state:
        return True
    if type(before) is not type(state) or not isinstance(before, Working):
        return False
    assert isinstance(state, Working)
    was, now = before.record, state.record
    return (
        was.deadline is now.deadline
        and was.original_deadline is now.original_deadline
        and was.assignment is now.assignment
        and was.programme is now.programme
        and was.sector is now.sector
        and was.text is now.text
        and was.milestones is now.milestones
    )


_BY_THE_LEAD = (
    AssignmentAcknowledged
    | ProgressReported
    | ExtensionRequested
    | JointReportSubmitted
    | CompletionReported
)


def _acting(
    before: InstructionState,
    state: InstructionState,
    event: InstructionEvent,
    acting: PersonId | None,
) -> PersonId | None:
    """Who last acted for the lead. What a registrar entered afterwards does not say who it was."""
    if isinstance(state, Unissued) or state.record.assignment is None:
        return None
    if isinstance(before, Unissued) or (
        before.record.assignment_revision != state.record.assignment_revision
    ):
        acting = None
    if isinstance(event, _BY_THE_LEAD) and event.by.on_behalf_of in (None, state.record.lead):
        return None if event.by.backdating_reason else event.by.actor
    return acting


def _measure(
    instruction: InstructionId,
    state: KnownState,
    acting: PersonId | None,
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
        acting=acting,
        timing=timing(state),
        carried_from=carried_from,
        departure=departure,
    )


def _programme(state: InstructionState) -> ProgrammeId | None:
    return None if isinstance(state, Unissued) else state.record.programme
