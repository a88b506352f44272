"""From acknowledgement to acceptance: what the assignees do and the controller's verdict."""

from domain.instruction import events as e
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Comment,
    ReportProgress,
    Return,
    SubmitReport,
)
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.rejections import Code, rejected


def acknowledge(command: Acknowledge, record: Record, ctx: Context) -> e.AssignmentAcknowledged:
    del command, record
    return e.AssignmentAcknowledged(occurred_at=ctx.occurred_at, by=ctx.by)


def report_progress(command: ReportProgress, record: Record, ctx: Context) -> e.ProgressReported:
    del record
    return e.ProgressReported(
        occurred_at=ctx.occurred_at, by=ctx.by, percent=command.percent, text=command.text
    )


def submit_report(
    command: SubmitReport, record: Record, ctx: Context
) -> tuple[e.CompletionReported] | tuple[e.CompletionReported, e.InstructionCompleted]:
    """With nobody else to accept it, the report completes the instruction."""
    accepted_by_lead = record.controller in (None, record.lead)
    reported = e.CompletionReported(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        evidence=command.evidence,
        notices=() if accepted_by_lead else ctx.tell((record.controller,)),
    )
    if not accepted_by_lead:
        return (reported,)
    completed = e.InstructionCompleted(
        occurred_at=ctx.occurred_at, by=ctx.by, text="", notices=ctx.tell((record.issuer,))
    )
    return (reported, completed)


def accept(command: Accept, record: Record, ctx: Context) -> e.InstructionCompleted:
    return e.InstructionCompleted(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        notices=ctx.tell((record.lead, record.issuer)),
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
    elif record.deadline.instant <= ctx.occurred_at:
        return rejected(
            Code.DEADLINE_REQUIRED,
            f"the deadline passed on {record.deadline.instant:%Y-%m-%d %H:%M} UTC; "
            "give the deadline for the rework",
            "deadline",
        )
    return e.ReturnedForRework(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        deadline=deadline,
        scheduled_from=ctx.at,
        notices=ctx.tell((record.lead, *record.co_assignees)),
    )


def comment(command: Comment, record: Record, ctx: Context) -> e.Commented:
    del record
    return e.Commented(occurred_at=ctx.occurred_at, by=ctx.by, text=command.text)
