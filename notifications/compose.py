"""What a notice says: a subject and a text for each event that people are told of."""

import textwrap
from typing import assert_never

from domain.deadline import Deadline
from domain.instruction import events as e
from domain.instruction.state import Record

_LONGEST_SUBJECT = 200


def compose(event: e.NotifyingEvent, record: Record) -> tuple[str, str]:
    """Subject (one line) and plain text of the notice of this event.

    `record` is the instruction as of now.
    """
    what = _what_happened(event, record)
    subject = textwrap.shorten(f"[{record.number}] {what}", _LONGEST_SUBJECT, placeholder=" …")
    text = (
        f"{what.rstrip('.')}.\n\n"
        f"Instruction {record.number}: {record.text}\n"
        f"Deadline: {_written(record.deadline)}\n"
        f"Issued by: {record.issuer}\n"
        f"Lead assignee: {', '.join(record.leads) or 'not assigned yet'}\n"
    )
    return subject, text


def _what_happened(event: e.NotifyingEvent, record: Record) -> str:
    deadline = _written(record.deadline)
    match event:
        case e.InstructionAssigned():
            return f"Assigned: due {deadline}"
        case e.AssignmentDeclined():
            return f"Assignment declined: {event.reason}"
        case e.ControllerSet():
            return f"Controller: {event.controller or 'nobody, the report completes it'}"
        case e.ProgressRequested():
            return f"Progress report requested: due {deadline} {event.text}".rstrip()
        case e.ExtensionRequested():
            return f"Extension until {_written(event.until)} requested: {event.reason}"
        case e.ExtensionWithdrawn():
            return f"Extension request withdrawn: still due {deadline}"
        case e.ExtensionApproved():
            return f"Extension approved: due {_written(event.deadline)}"
        case e.ExtensionRefused():
            return f"Extension refused: {event.reason}"
        case e.ExtensionExpired():
            return f"Extension request not decided in time: still due {deadline}"
        case e.DeadlineChanged():
            return f"Deadline changed: due {_written(event.deadline)}: {event.reason}"
        case e.JointReportSubmitted():
            return f"{event.body} has reported, the others have yet to: due {deadline}"
        case e.CompletionReported():
            return "Completion reported, awaiting acceptance"
        case e.ReportWithdrawn():
            return "Completion report withdrawn, work goes on"
        case e.InstructionCompleted():
            return "Completed"
        case e.ReturnedForRework():
            return f"Returned for rework: {event.reason}"
        case e.Suspended():
            return f"Suspended: {event.reason}"
        case e.Resumed():
            return f"Resumed: due {_written(event.deadline)}"
        case e.Cancelled():
            return f"Cancelled: {event.reason}"
        case e.Reopened():
            return f"Reopened: {event.reason}"
        case e.BodySucceeded():
            return f"{event.heir} takes the place of {event.body}"
        case e.MilestonesSet():
            named = (f"{m.title} by {_written(m.due)}" for m in event.milestones)
            return f"Milestones: {'; '.join(named) or 'none any more'}"
        case e.MilestoneMissed():
            return f"Milestone not reached: {_title(event.milestone, record)}"
        case e.ReminderDue():
            return f"Reminder: due {deadline}"
        case e.Escalated():
            return f"Escalated to {event.to}: {event.reason}"
        case _:
            assert_never(event)


def _title(milestone: str, record: Record) -> str:
    titles = (s.milestone.title for s in record.milestones if s.milestone.id == milestone)
    return next(titles, milestone)


def _written(deadline: Deadline) -> str:
    if deadline.on is not None:
        return f"{deadline.on:%Y-%m-%d}"
    return f"{deadline.instant:%Y-%m-%d %H:%M:%S} UTC"
