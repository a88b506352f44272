"""What people did to an instruction, from its stored events: what a backtest lives again."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from domain.instruction.backtest import Deed, by_machinery
from domain.instruction.events import InstructionEvent
from eventstore.protocol import StoredEvent
from eventstore.replay import seen


def deeds_of(stored: Sequence[StoredEvent]) -> tuple[Deed, ...]:
    """One instruction's deeds, read as corrected; several events of one command are one deed."""
    deeds: list[Deed] = []
    for _, group in groupby(seen(stored), key=lambda one: one[0].command_id):
        recorded = tuple(group)
        events = tuple(event for _, event in recorded if not by_machinery(event))
        if events:
            before = deeds[-1] if deeds else None
            at = _entered_at(events, recorded[0][0].recorded_at, before)
            deeds.append(Deed(at=at, events=events))
    return tuple(deeds)


def _entered_at(
    events: Sequence[InstructionEvent], recorded_at: datetime, before: Deed | None
) -> datetime:
    """The moment the rules were given. What is entered as history is entered in one go, mostly: of that
    not every event says when.
    """
    if not _is_history(events):
        at = events[-1].occurred_at
    else:
        told = [at for event in events if (at := getattr(event, "scheduled_from", None))]
        going_on = before.at if before is not None and _is_history(before.events) else recorded_at
        at = told[0] if told else going_on
    return at if before is None else max(at, before.at)


def _is_history(events: Sequence[InstructionEvent]) -> bool:
    return any(event.by.backdating_reason is not None for event in events)
