"""What is put on record without changing how things stand, and putting right what was recorded."""

from collections.abc import Sequence
from datetime import datetime

from domain.instruction import events as e
from domain.instruction.commands import AttachEvidence, Comment, Correct
from domain.instruction.corrections import corrected
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.rejections import Code, invalid, rejected, unknown
from domain.value import instant_of, to_the_minute

_REMARKS = (e.Commented, e.EvidenceAttached, e.Corrected, e.ReminderSuppressed)


def comment(command: Comment, record: Record, ctx: Context) -> e.Commented:
    del record
    return e.Commented(occurred_at=ctx.occurred_at, by=ctx.by, text=command.text)


def attach_evidence(command: AttachEvidence, record: Record, ctx: Context) -> e.EvidenceAttached:
    del record
    return e.EvidenceAttached(occurred_at=ctx.occurred_at, by=ctx.by, evidence=command.evidence)


def correct(command: Correct, record: Record, ctx: Context) -> e.Corrected | Rejected:
    """Wording, attribution and time of what people did; never a deadline, a verdict or the machinery's.

    The time is a registrar's to correct: by an earlier one lateness could be erased.
    """
    history = corrected(ctx.facts.history)
    if command.version > len(history):
        return invalid("version", f"{record.number} has {len(history)} events; name one of them")
    subject = history[command.version - 1]
    by_system = subject.by.identity.kind == "system"
    if by_system or isinstance(subject, e.Corrected | e.ReminderSuppressed):
        return _not_correctable(subject, "what people did and said", "version")
    value = command.value
    match command.field:
        case "text":
            if not getattr(subject, "text", ""):
                return _not_correctable(subject, "an event that has a text", "field")
            if not value.strip():
                return invalid("value", "the text is empty; say what it should be")
        case "on_behalf_of":
            if value not in ctx.facts.directory.bodies:
                return unknown("value", value, "name a body of the directory")
        case "occurred_at":
            moment = _moment(command, history, ctx)
            if isinstance(moment, Rejected):
                return moment
            value = moment.isoformat()
    return e.Corrected(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        version=command.version,
        field=command.field,
        value=value,
        reason=command.reason,
    )


def _moment(
    command: Correct, history: Sequence[e.InstructionEvent], ctx: Context
) -> datetime | Rejected:
    """The corrected moment: between what went before and what came after, and not in the future."""
    moment = instant_of(command.value)
    if moment is None:
        return invalid("value", f"{command.value} is no instant; write 2026-01-31T09:00+03:00")
    earlier = [ev.occurred_at for ev in history[: command.version - 1] if _orders(ev)]
    later = [ev.occurred_at for ev in history[command.version :] if _orders(ev)]
    first, last = max(earlier, default=moment), min([*later, ctx.at])
    if first > last:
        return invalid(
            "version", "what went before and after is out of order; correct those events first"
        )
    if not first <= moment <= last:
        return invalid(
            "value",
            f"it happened between {to_the_minute(first)} and {to_the_minute(last)}, "
            "after what went before and before what came after; give a moment within",
        )
    return moment


def _orders(event: e.InstructionEvent) -> bool:
    """Whether other events stand before or after this one for a reason."""
    return event.by.identity.kind != "system" and not isinstance(event, _REMARKS)


def _not_correctable(subject: e.InstructionEvent, what: str, field: str) -> Rejected:
    return rejected(
        Code.NOT_CORRECTABLE, f"{subject.type} cannot be corrected so: only {what} can be", field
    )
