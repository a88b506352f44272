"""Measures at every stage of their lives, as rows to import."""

from collections.abc import Sequence
from datetime import datetime

from domain.identifiers import InstructionId, instruction_id
from domain.instruction.lateness import timing
from domain.instruction.state import Cancelled, Unissued
from eventstore.protocol import StoredEvent
from eventstore.replay import fold
from readmodels.register import RegisterRow
from tests.importing.rows import row, row_until

ISSUED = row_until("lead", "N-1")
ASSIGNED = row_until("acknowledged_on", "N-2")
IN_PROGRESS = row_until("extension_requested_on", "N-3")
REPORTED = row_until("returned_on", "N-4")
COMPLETED = row("N-5")
CANCELLED = row_until("lead", "N-6", cancelled_on="2024-02-01", cancel_reason="Overtaken.")
EVERY_STAGE = (ISSUED, ASSIGNED, IN_PROGRESS, REPORTED, COMPLETED, CANCELLED)


def utc(text: str) -> datetime:
    """`2024-06-28 21:00`, UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


def row_by_fold(events: Sequence[StoredEvent]) -> RegisterRow:
    """What the register must say of an instruction with these events."""
    state = fold(events)
    assert not isinstance(state, Unissued)
    record, times = state.record, timing(state)
    return RegisterRow(
        instruction=_only_stream(events),
        number=record.number,
        text=record.text,
        programme=record.programme,
        sector=record.sector,
        issuer=record.issuer,
        controller=record.controller,
        lead=record.lead,
        phase=state.phase,
        closed=times.closed,
        original_deadline=times.original_deadline,
        deadline=times.deadline,
        submitted_at=times.submitted_at,
        cancelled_at=times.cancelled_at,
        percent=record.percent,
        escalated=record.escalation.raised,
        version=events[-1].version,
        stopped_at=times.stopped_at,
        refused=isinstance(state, Cancelled) and state.refused_proposal,
        carried_from=record.carried_over[-1].programme if record.carried_over else None,
        parent=record.parent,
        source_kind=record.source.kind if record.source else None,
        source_number=record.source.number if record.source else None,
        acting=None,  # all of it was entered by a registrar
    )


def _only_stream(events: Sequence[StoredEvent]) -> InstructionId:
    (stream,) = {event.stream_id for event in events}
    return stream


def id_of(measure: dict[str, str]) -> InstructionId:
    return instruction_id(measure["number"])
