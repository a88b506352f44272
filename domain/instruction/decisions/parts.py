"""Parts: what others are charged with of an instruction, and what their ends mean for the whole."""

from collections.abc import Sequence

from domain.attribution import BY_SYSTEM, Event
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import events as e
from domain.instruction.commands import (
    FollowWhole,
    InstructionCommand,
    IssueAsPart,
    IssuePart,
    IssueSubInstruction,
    RecordPart,
)
from domain.instruction.compound import completed_by_parts, leading_part, open_or_above_open
from domain.instruction.decisions.context import Context
from domain.instruction.evolution import evolve
from domain.instruction.state import KnownState, Record, Unissued, Working, submission
from domain.outcomes import Rejected
from domain.rejections import invalid


def issue_part(
    command: IssuePart | IssueSubInstruction, record: Record, ctx: Context
) -> e.SubInstructionIssued | Rejected:
    """This half; the other one is decided by the part's own rules (`founded_with`)."""
    if command.number == record.number:
        return invalid("number", "the part needs a number of its own")
    leads = isinstance(command, IssuePart) and command.is_lead_part
    refusal = _no_lead_part(record) if leads else None
    if refusal is not None:
        return refusal
    return e.SubInstructionIssued(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        part=instruction_id(command.number),
        number=command.number,
        is_lead_part=leads,
    )


def _no_lead_part(record: Record) -> Rejected | None:
    if record.closes_with != "lead-part":
        return invalid(
            "is_lead_part", f"{record.number} does not close with a lead part; leave it out"
        )
    now = leading_part(record)
    if now is not None:
        return invalid("is_lead_part", f"its lead part is {now.number}; cancel that one first")
    return None


def founded_with(
    command: InstructionCommand, events: Sequence[Event], state: KnownState
) -> IssueAsPart | None:
    """The command that must be recorded together with this one, or neither.

    Of a part that the lead splits off, the lead is the issuer; its controller too, if no other is named.
    One that the issuer issues is controlled as the whole is.
    """
    record = state.record
    match command:
        case IssueSubInstruction():
            acting = next(ev.by for ev in events if isinstance(ev, e.SubInstructionIssued))
            issuer = acting.on_behalf_of if acting.on_behalf_of in record.leads else record.lead
            controller, lead, closes_with = command.controller or issuer, None, "report"
        case IssuePart():
            issuer, controller = record.issuer, command.controller or record.controller
            lead, closes_with = command.lead, command.closes_with
        case _:
            return None
    assert issuer is not None  # a lead issued it
    return IssueAsPart(
        command_id=command.command_id,
        actor=command.actor,
        on_behalf_of=command.on_behalf_of,
        identity=command.identity,
        backdated=command.backdated,
        instruction=instruction_id(command.number),
        number=command.number,
        text=command.text,
        issuer=issuer,
        deadline=command.deadline,
        zone=record.deadline.zone,
        controller=controller,
        policy=record.policy,
        priority=record.priority,
        closes_with=closes_with,
        parent=command.instruction,
        lead=lead,
    )


def told_to_the_whole(
    command: InstructionCommand, events: Sequence[Event], state: KnownState
) -> RecordPart | None:
    """What the instruction that this one is a part of must record of these events."""
    parent: InstructionId | None = state.record.parent
    end = next((event for event in reversed(events) if isinstance(event, _ENDS)), None)
    if parent is None or end is None:
        return None
    if isinstance(command, FollowWhole) and command.action == "cancel":
        return None  # the whole has it on record already: it was cancelled together with it
    match end:
        case e.InstructionCompleted():
            how, submitted_at = "completed", submission(state)
        case e.Cancelled():
            how, submitted_at = "cancelled", None
        case _:
            how, submitted_at = "reopened", None
    return RecordPart(
        command_id=command.command_id,
        actor=BY_SYSTEM.actor,
        instruction=parent,
        backdated=command.backdated,
        part=command.instruction,
        number=state.record.number,
        how=how,
        submitted_at=submitted_at,
        leaves_open=how != "reopened" and bool(open_or_above_open(state.record)),
    )


_ENDS = (e.InstructionCompleted, e.Cancelled, e.Reopened)


def record_part(
    command: RecordPart, state: KnownState, ctx: Context
) -> tuple[e.InstructionEvent, ...]:
    """Where that leaves nothing to be done, the whole is reported as done in the same breath."""
    if command.how == "reopened":
        reopened = e.PartReopened(
            occurred_at=ctx.occurred_at, by=ctx.by, part=command.part, number=command.number
        )
        return (reopened,)
    closed = e.PartClosed(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        part=command.part,
        number=command.number,
        how=command.how,
        submitted_at=command.submitted_at,
        leaves_open=command.leaves_open,
    )
    after = evolve(state, closed)
    assert not isinstance(after, Unissued)
    return (closed, *closed_by_parts(after, ctx))


def closed_by_parts(
    state: KnownState, ctx: Context
) -> tuple[e.CompletionReported | e.InstructionCompleted, ...]:
    """With a controller it awaits acceptance, as if reported; without one it is complete. While it is
    suspended nothing comes of it; resuming it asks again.
    """
    record = state.record
    submitted_at = completed_by_parts(record) if isinstance(state, Working) else None
    if submitted_at is None:
        return ()
    reported = e.CompletionReported(
        occurred_at=ctx.occurred_at,
        by=BY_SYSTEM,
        text="",
        evidence=(),
        scheduled_from=ctx.at,
        closed_with=record.closes_with,
        submitted_at=submitted_at,
        notices=ctx.tell(e.CompletionReported, (record.controller,)),
    )
    if record.controller is not None:
        return (reported,)
    completed = e.InstructionCompleted(
        occurred_at=ctx.occurred_at,
        by=BY_SYSTEM,
        text="",
        notices=ctx.tell(e.InstructionCompleted, (record.issuer, *record.leads, *record.observers)),
    )
    return (reported, completed)
