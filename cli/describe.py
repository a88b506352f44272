"""One line per event: what a history shows beside the event's name."""

from collections.abc import Sequence
from typing import assert_never

from cli.output import moment
from domain.deadline import Deadline
from domain.identifiers import InstructionId
from domain.instruction import events as e
from domain.instruction.terms import Evidence, SourceDocument
from domain.outcomes import NoticeKey


def describe(event: e.InstructionEvent) -> str:
    """What the event says, in a line; empty where its name says it all."""
    return " ".join(_said(event).split())


def _said(event: e.InstructionEvent) -> str:
    match event:
        case e.Proposed() | e.InstructionIssued():
            source = f", by {document(event.source)}" if event.source else ""
            return (
                f"{event.number}, due {written(event.deadline)}{source}, policy {event.policy.id}"
            )
        case e.InstructionAssigned():
            helpers = f", with {', '.join(event.co_assignees)}" if event.co_assignees else ""
            return f"to {' and '.join((event.lead, *event.joint_leads))}{helpers}"
        case e.ProgressReported():
            return f"{event.percent} % {event.text}".rstrip()
        case e.ExtensionRequested():
            return f"until {written(event.until)}: {event.reason}"
        case e.ExtensionApproved():
            return f"due {written(event.deadline)}"
        case e.ReturnedForRework() | e.Reopened() | e.DeadlineChanged():
            due = f", due {written(event.deadline)}" if event.deadline else ""
            sides = event.sides if isinstance(event, e.ReturnedForRework) else ()
            return f"{event.reason}{due}{', again by ' if sides else ''}{' and '.join(sides)}"
        case e.Resumed():
            given = "" if event.given else f", {event.suspended_for.days} days later"
            return f"due {written(event.deadline)}{given}{_with(event.because_of)}"
        case e.AssignmentDeclined() | e.ExtensionRefused():
            return event.reason
        case e.Suspended():
            return f"{event.reason}{_with(event.because_of)}"
        case e.Cancelled():
            source = f", by {document(event.source)}" if event.source else ""
            return f"{event.reason}{source}{_with(event.because_of)}"
        case e.Deescalated():
            return event.reason
        case e.CompletionReported():
            said = f"{event.text}{_files(event.evidence)}"
            parts = {"all-parts": "all parts", "lead-part": "its lead part"}.get(event.closed_with)
            return f"closed with {parts}{': ' if said else ''}{said}" if parts else said
        case e.JointReportSubmitted():
            return f"{event.body}: {event.text}{_files(event.evidence)}"
        case e.InstructionCompleted() | e.Commented() | e.ProgressRequested():
            return event.text
        case e.ControllerSet():
            return event.controller or "nobody"
        case e.ObserversSet():
            return ", ".join(event.observers) or "nobody"
        case e.CarriedOver():
            return f"from {event.carried_from} to {event.programme}"
        case e.SubInstructionIssued():
            return f"{event.number}{', the lead part' if event.is_lead_part else ''}"
        case e.PartClosed():
            return f"{event.number} {event.how}"
        case e.PartReopened():
            return event.number
        case e.BodySucceeded():
            return f"{event.heir} in place of {event.body}"
        case e.EvidenceAttached():
            return f"{event.evidence.name} ({event.evidence.size} bytes)"
        case e.Corrected():
            return f"#{event.version} {event.field}: {event.value} ({event.reason})"
        case e.ReminderDue():
            also = f", stands for {len(event.collapsed)} missed" if event.collapsed else ""
            return f"{event.moment.rule} #{event.moment.occurrence}{_late(event.late)}{also}"
        case e.MilestonesSet():
            named = (f"{m.id} by {written(m.due)}" for m in event.milestones)
            return ", ".join(named) or "none"
        case e.MilestoneReached():
            return event.milestone
        case e.MilestoneMissed():
            return f"{event.milestone}, planned {moment(event.due_at)}{_late(event.late)}"
        case e.PolicyChanged():
            return f"policy {event.policy.id}, priority {event.priority}: {event.reason}"
        case e.MomentsPlanned():
            return _planned(event)
        case e.ReminderSuppressed():
            rules = ", ".join(dict.fromkeys(moment.rule for moment in event.moments))
            return f"{rules} ({event.why})"
        case e.DeadlinePassed() | e.ExtensionExpired():
            return f"planned {moment(event.due_at)}{_late(event.late)}"
        case e.Escalated():
            reached = "" if event.notices else ", nobody reached"
            body = f" ({' and '.join((event.body, *event.others))})" if event.body else ""
            return f"to {event.to}{body}: {event.reason}{_late(event.late)}{reached}"
        case e.EscalationAcknowledged():
            return f"silent until {moment(event.until)}"
        case e.EscalationSnoozed():
            why = f": {event.reason}" if event.reason else ""
            return f"silent until {moment(event.until)}{why}"
        case e.NotificationDelivered() | e.NotificationAcknowledged():
            return _notice(event.notice)
        case e.NotificationFailed() | e.NotificationSuppressed():
            return f"{_notice(event.notice)}: {event.detail}"
        case e.AssignmentAcknowledged():
            return event.by.on_behalf_of or ""
        case e.ReportWithdrawn():
            return event.body or ""
        case e.ExtensionWithdrawn():
            return ""
        case _:
            assert_never(event)


def _files(evidence: Sequence[Evidence]) -> str:
    return f" [{', '.join(file.name for file in evidence)}]" if evidence else ""


def _with(whole: InstructionId | None) -> str:
    return ", with the whole" if whole else ""


def written(deadline: Deadline) -> str:
    """The day of a deadline that is a day, else its instant."""
    if deadline.on is not None:
        return f"{deadline.on:%Y-%m-%d}"
    return moment(deadline.instant)


def document(source: SourceDocument) -> str:
    """`decision 17 of 2026-02-27`."""
    dated = f" of {source.dated}" if source.dated else ""
    return f"{source.kind} {source.number}{dated}"


def _planned(event: e.MomentsPlanned) -> str:
    first = min((moment.due_at for moment in event.moments), default=None)
    since = f", the first at {moment(first)}" if first else ""
    dropped = f", {len(event.dropped)} dropped" if event.dropped else ""
    return f"{len(event.moments)} moments{since}{dropped}"


def _notice(key: NoticeKey) -> str:
    return f"#{key.version} to {key.recipient} by {key.channel}"


def _late(late: bool) -> str:
    return ", late" if late else ""
