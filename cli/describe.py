"""One line per event: what a history shows beside the event's name."""

from typing import assert_never

from domain.deadline import Deadline
from domain.instruction import events as e
from domain.outcomes import NoticeKey


def describe(event: e.InstructionEvent) -> str:
    """What the event says, in a line; empty where its name says it all."""
    return " ".join(_said(event).split())


def _said(event: e.InstructionEvent) -> str:
    match event:
        case e.InstructionIssued():
            return f"{event.number}, due {written(event.deadline)}, policy {event.policy.id}"
        case e.InstructionAssigned():
            helpers = f", with {', '.join(event.co_assignees)}" if event.co_assignees else ""
            return f"to {event.lead}{helpers}"
        case e.ProgressReported():
            return f"{event.percent} % {event.text}".rstrip()
        case e.ExtensionRequested():
            return f"until {written(event.until)}: {event.reason}"
        case e.ExtensionApproved():
            return f"due {written(event.deadline)}"
        case e.ReturnedForRework():
            due = f", due {written(event.deadline)}" if event.deadline else ""
            return f"{event.reason}{due}"
        case e.ExtensionRefused() | e.Cancelled() | e.Deescalated():
            return event.reason
        case e.CompletionReported():
            files = ", ".join(file.name for file in event.evidence)
            return f"{event.text} [{files}]" if files else event.text
        case e.InstructionCompleted() | e.Commented():
            return event.text
        case e.ReminderDue():
            also = f", stands for {len(event.collapsed)} missed" if event.collapsed else ""
            return f"{event.moment.rule} #{event.moment.occurrence}{_late(event.late)}{also}"
        case e.ReminderSuppressed():
            rules = ", ".join(dict.fromkeys(moment.rule for moment in event.moments))
            return f"{rules} ({event.why})"
        case e.DeadlinePassed() | e.ExtensionExpired():
            return f"planned {event.due_at:%Y-%m-%d %H:%M:%S} UTC{_late(event.late)}"
        case e.Escalated():
            reached = "" if event.notices else ", nobody reached"
            body = f" ({event.body})" if event.body else ""
            return f"to {event.to}{body}: {event.reason}{_late(event.late)}{reached}"
        case e.EscalationAcknowledged():
            return f"silent until {event.until:%Y-%m-%d %H:%M:%S} UTC"
        case e.NotificationDelivered():
            return _notice(event.notice)
        case e.NotificationFailed() | e.NotificationSuppressed():
            return f"{_notice(event.notice)}: {event.detail}"
        case e.AssignmentAcknowledged():
            return ""
        case _:
            assert_never(event)


def written(deadline: Deadline) -> str:
    """The day of a deadline that is a day, else its instant."""
    if deadline.on is not None:
        return f"{deadline.on:%Y-%m-%d}"
    return f"{deadline.instant:%Y-%m-%d %H:%M:%S} UTC"


def _notice(key: NoticeKey) -> str:
    return f"#{key.version} to {key.recipient} by {key.channel}"


def _late(late: bool) -> str:
    return ", late" if late else ""
