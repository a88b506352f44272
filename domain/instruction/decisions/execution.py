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
from domain.instruction.decisions.preconditions import acting_lead
from domain.instruction.decisions.standing import deadline_required
from domain.instruction.state import KnownState, Record
from domain.outcomes import Rejected
from domain.rejections import invalid


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


def request_progress(command: RequestProgress, record: Record, ctx: Context) -> e.ProgressRequested:
    return e.ProgressRequested(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        notices=ctx.tell(e.ProgressRequested, (*record.leads, *record.co_assignees)),
    )


def submit_report(
    command: SubmitReport, record: Record, ctx: Context
) -> tuple[e.JointReportSubmitted | e.CompletionReported | e.InstructionCompleted, ...]:
    """With nobody else to accept it, the report completes the instruction. Of joint leads, that of the last
    one is the report; what the others have submitted before waits for it.
    """
    body = acting_lead(record, ctx.by.on_behalf_of)
    assert body is not None  # or it would be hindered
    stand = record.assignment.reported if record.assignment else ()
    others = tuple(one for one in record.leads if one not in (body, *stand))
    if others:
        submitted = e.JointReportSubmitted(
            occurred_at=ctx.occurred_at,
            by=ctx.by,
            body=body,
            text=command.text,
            evidence=command.evidence,
            notices=ctx.tell(e.JointReportSubmitted, (*others, record.controller)),
        )
        return (submitted,)
    accepted_by_lead = record.controller in (None, body)
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


def withdraw_report(command: WithdrawReport, state: KnownState, ctx: Context) -> e.ReportWithdrawn:
    """Of joint leads each withdraws its own, also while the others have yet to report."""
    del command
    record = state.record
    body = acting_lead(record, ctx.by.on_behalf_of)
    joint = len(record.leads) > 1
    others = tuple(one for one in record.leads if joint and one != body)
    return e.ReportWithdrawn(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        body=body if joint else None,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.ReportWithdrawn, (record.controller, *others)),
    )


def accept(command: Accept, record: Record, ctx: Context) -> e.InstructionCompleted:
    return e.InstructionCompleted(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        text=command.text,
        notices=ctx.tell(e.InstructionCompleted, (*record.leads, record.issuer, *record.observers)),
    )


def return_for_rework(
    command: Return, record: Record, ctx: Context
) -> e.ReturnedForRework | Rejected:
    """A deadline that has passed cannot be worked to: then the return must set a new one."""
    deadline = None
    foreign = next((body for body in command.sides if body not in record.leads), None)
    if foreign is not None:
        named = ", ".join(record.leads) or "none is named"
        return invalid("sides", f"{foreign} does not lead it; name one of those who do ({named})")
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
        sides=command.sides,
        scheduled_from=ctx.at,
        notices=ctx.tell(e.ReturnedForRework, (*record.leads, *record.co_assignees)),
    )
