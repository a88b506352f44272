"""How the parts of an instruction stand, as the whole has them on record, and whether they complete it."""

from datetime import datetime

from domain.changed import changed
from domain.instruction import events as e
from domain.instruction.state import Part, Record


def with_part(record: Record, event: e.SubInstructionIssued) -> Record:
    part = Part(instruction=event.part, number=event.number, is_lead_part=event.is_lead_part)
    return changed(record, parts=(*record.parts, part))


def with_part_closed(record: Record, event: e.PartClosed) -> Record:
    return _with(
        record,
        event.part,
        closed=event.how,
        closed_at=event.occurred_at,
        submitted_at=event.submitted_at,
        leaves_open=event.leaves_open,
    )


def with_part_reopened(record: Record, event: e.PartReopened) -> Record:
    return _with(
        record, event.part, closed=None, closed_at=None, submitted_at=None, leaves_open=False
    )


def open_parts(record: Record) -> tuple[Part, ...]:
    return tuple(part for part in record.parts if part.closed is None)


def leading_part(record: Record) -> Part | None:
    """The one that it closes with. Cancelled, it leads no more: another may."""
    return next((p for p in record.parts if p.is_lead_part and p.closed != "cancelled"), None)


def open_or_above_open(record: Record) -> tuple[Part, ...]:
    """The parts that are open, and the closed ones that may have open ones below them."""
    return tuple(part for part in record.parts if part.closed is None or part.leaves_open)


def completed_by_parts(record: Record) -> datetime | None:
    """When what it closes with was submitted, if it has closed since work was last taken up.

    With all parts: the last of those that were completed; where all were cancelled, nothing was done.
    """
    decisive = [part for part in record.parts if part.is_lead_part]
    if record.closes_with == "all-parts":
        decisive = [] if open_parts(record) else list(record.parts)
    elif record.closes_with == "report":
        decisive = []
    done = [part for part in decisive if part.closed == "completed"]
    lately = [part for part in decisive if _closed_since(record.taken_up_at, part)]
    if not done or not lately:
        return None
    if record.taken_up_at is None or any(part.closed == "completed" for part in lately):
        return max(p.submitted_at for p in done if p.submitted_at is not None)
    return max(p.closed_at for p in lately if p.closed_at is not None)


def _closed_since(taken_up_at: datetime | None, part: Part) -> bool:
    if part.closed_at is None:
        return False
    return taken_up_at is None or part.closed_at > taken_up_at


def _with(record: Record, instruction: str, **standing: object) -> Record:
    parts = (changed(p, **standing) if p.instruction == instruction else p for p in record.parts)
    return changed(record, parts=tuple(parts))
