"""From progress to acceptance: what the assignees do and the controller's verdict."""

from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    ReportProgress,
    RequestProgress,
    Return,
    SubmitReport,
    WithdrawReport,
)
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.milestones import due_after, reached
from domain.instruction.decisions.standing import deadline_required
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.rejections import Code, rejected


def report_progress(
    command: ReportProgress, record: Record, ctx: Context
) -> tuple[e.ProgressReported | e.MilestoneReached, ...] | Rejected:
    there = reached(command, record, ctx)
    if isinstance(there, Rejected):
        return there
    reported = e.ProgressReported(
        occurred_at=ctx.occurred_at, by=ctx.by, percent=command.percent, text=command.text
    )
    return (reported, *there)


def request_progress(
    command: RequestProgress, record: Record, ctx: Context
) -> e.ProgressRequested | Rejected:
    if record.lead is None:
        return rejected(
            Code.NOT_ASSIGNED, "nobody is assigned, so there is nobody to ask; assign it first"
        )
    return e.ProgressRequested(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        notices=ctx.tell(e.ProgressRequested, (record.lead, *record.co_assignees)),
    )


def submit_report(
    command: SubmitReport, record: Record, ctx: Context
) -> tuple[e.CompletionReported | e.InstructionCompleted, ...] | Rejected:
    """With nobody else to accept it, the report completes the instruction."""
    if ctx.facts.open_parts:
        parts = ", ".join(f"{p.number} (issued by {p.issuer})" for p in ctx.facts.open_parts)
        return rejected(
            Code.PARTS_STILL_OPEN,
            f"parts of it are still open: {parts}; have them completed or cancelled first",
        )
    accepted_by_lead = record.controller in (None, record.lead)
    reported = e.CompletionReported(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        evidence=command.evidence,
        scheduled_from=ctx.at,
        notices=() if accepted_by_lead else ctx.tell(e.CompletionReported, (record.controller,)),
    )
    if not accepted_by_lead:
        return (reported,)
    completed = e.InstructionCompleted(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text="",
        notices=ctx.tell(e.InstructionCompleted, (record.issuer, *record.observers)),
    )
    return (reported, completed)


def withdraw_report(command: WithdrawReport, record: Record, ctx: Context) -> e.ReportWithdrawn:
    del command
    return e.ReportWithdrawn(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.ReportWithdrawn, (record.controller,)),
    )


def accept(command: Accept, record: Record, ctx: Context) -> e.InstructionCompleted:
    return e.InstructionCompleted(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        notices=ctx.tell(e.InstructionCompleted, (record.lead, record.issuer, *record.observers)),
    )


def return_for_rework(
    command: Return, record: Record, ctx: Context
) -> e.ReturnedForRework | Rejected:
    """A deadline that has passed cannot be worked to: then the return must set a new one."""
    deadline = None
    if command.deadline is not None:
        deadline = ctx.deadline(command.deadline, record.deadline.zone, "deadline")
        if isinstance(deadline, Rejected):
            return deadline
        refusal = due_after(record, deadline, "deadline")
        if refusal is not None:
            return refusal
    elif record.deadline.instant <= ctx.occurred_at:
        return deadline_required(record, "give the deadline for the rework")
    return e.ReturnedForRework(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        deadline=deadline,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.ReturnedForRework, (record.lead, *record.co_assignees)),
    )
