"""The log as rows of two tables: its events, and the register as of the end of what is exported."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from audit.exports.reading import Exported
from audit.exports.terms import ENVELOPE
from domain.deadline import Deadline
from domain.identifiers import INSTRUCTION_PREFIX
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.lateness import lateness
from domain.instruction.state import Completed, KnownState, Unissued, submission
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent
from eventstore.replay import read_as_of

Cell = str | int | bool | datetime | None

EVENT_COLUMNS = (
    "position",
    "stream",
    "number",
    "version",
    "type",
    "occurred_at",
    "recorded_at",
    "actor",
    "on_behalf_of",
    "office",
    "substituting",
    "identity",
    "backdating_reason",
    "command_id",
    "details",
)
"""`number` is the instruction's; `details` are the event's own fields, as JSON."""
REGISTER_COLUMNS = (
    "number",
    "text",
    "programme",
    "sector",
    "phase",
    "issuer",
    "controller",
    "lead",
    "joint_leads",
    "co_assignees",
    "original_deadline",
    "deadline",
    "submitted_at",
    "accepted_at",
    "percent",
    "behind_schedule",
    "late_by_days",
    "escalated",
    "source",
)


def event_rows(exported: Exported) -> Iterator[Sequence[Cell]]:
    """The values of `EVENT_COLUMNS`, event by event as it was recorded; none if they are not asked for."""
    if not exported.asked_for:
        return
    number = _number(exported)
    for stored in exported.stored:
        yield _event_row(stored, number)


def register_row(exported: Exported, at: datetime) -> Sequence[Cell] | None:
    """The values of `REGISTER_COLUMNS`, lateness being measured at `at`; None of what is no instruction."""
    if not exported.stream.startswith(INSTRUCTION_PREFIX):
        return None
    state = instruction_decider.fold(read_as_of(exported.stored))
    return None if isinstance(state, Unissued) else _register_row(state, at)


def _number(exported: Exported) -> str | None:
    if not exported.stream.startswith(INSTRUCTION_PREFIX):
        return None
    return getattr(event_of(exported.stored[0]), "number", None)


def _event_row(stored: StoredEvent, number: str | None) -> Sequence[Cell]:
    event = event_of(stored)
    fields: Mapping[str, object] = event.model_dump(mode="json", exclude=ENVELOPE)
    return (
        stored.position,
        stored.stream_id,
        number,
        stored.version,
        stored.type,
        stored.occurred_at,
        stored.recorded_at,
        stored.actor,
        event.by.on_behalf_of,
        event.by.office,
        event.by.substituting,
        f"{event.by.identity.kind}, {event.by.identity.method}",
        event.by.backdating_reason,
        stored.command_id,
        json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
    )


def _register_row(state: KnownState, at: datetime) -> Sequence[Cell]:
    record, how_late = state.record, lateness(state, at)
    source = record.source
    return (
        record.number,
        record.text,
        record.programme,
        record.sector,
        state.phase,
        record.issuer,
        record.controller,
        record.lead,
        " ".join(record.leads[1:]),
        " ".join(record.co_assignees),
        _due(record.original_deadline),
        _due(record.deadline),
        submission(state),
        state.accepted_at if isinstance(state, Completed) else None,
        record.percent,
        how_late.behind_schedule,
        how_late.late_by.days,
        record.escalation.raised,
        f"{source.kind} {source.number}" if source else None,
    )


def _due(deadline: Deadline) -> Cell:
    """The day that it is, else its instant."""
    return deadline.instant if deadline.on is None else deadline.on.isoformat()
