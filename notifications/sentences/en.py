"""What notices say in English."""

from collections.abc import Mapping
from typing import assert_never

from domain.instruction import events as e
from domain.policies import Target
from notifications.dates import moment, short
from notifications.sentences.said import About, Said

_TARGETS: Mapping[Target, str] = {
    "lead": "the lead assignee",
    "controller": "the controller",
    "issuer": "the issuer",
    "issuer-head": "the head of the issuing body",
    "superior": "the lead's superior body",
}
_ON = "Work goes on, to the current deadline."
_REPORT = "The lead assignee reports completion, or asks for a later deadline."
_VERDICT = "The controller accepts the result, or returns it for rework."
_NOTHING = "Nothing is left to do."


def said(event: e.NotifyingEvent, about: About) -> Said:
    deadline = short(about.deadline, "en")
    match event:
        case e.InstructionAssigned():
            return Said(
                f"Assigned: due {deadline}",
                "The lead assignee acknowledges the assignment, or declines it with a reason.",
            )
        case e.AssignmentDeclined():
            return Said(
                f"Assignment declined: {event.reason}", "The issuer names another lead assignee."
            )
        case e.ControllerSet():
            if event.controller is None:
                return Said(
                    "Controller: nobody, the report completes it",
                    "The lead assignee's report will complete the instruction.",
                )
            return Said(
                f"Controller: {about.name(event.controller)}", f"Once it is reported: {_VERDICT}"
            )
        case e.ProgressRequested():
            return Said(
                f"Progress report requested, due {deadline}"
                + (f": {event.text}" if event.text else ""),
                "The assignees report how far the work is.",
            )
        case e.ExtensionRequested():
            by = moment(event.decide_by, about.deadline.zone, "en")
            return Said(
                f"Extension until {short(event.until, 'en')} requested: {event.reason}",
                f"The controller, or else the issuer, decides by {by}; after that it expires.",
            )
        case e.ExtensionWithdrawn():
            return Said(f"Extension request withdrawn: still due {deadline}", _ON)
        case e.ExtensionApproved():
            return Said(
                f"Extension approved: due {short(event.deadline, 'en')}",
                "Work goes on, to the new deadline.",
            )
        case e.ExtensionRefused():
            return Said(f"Extension refused: {event.reason}", _ON)
        case e.ExtensionExpired():
            return Said(f"Extension request not decided in time: still due {deadline}", _ON)
        case e.DeadlineChanged():
            return Said(
                f"Deadline changed: due {short(event.deadline, 'en')}: {event.reason}",
                "Work goes on, to the new deadline.",
            )
        case e.JointReportSubmitted():
            return Said(
                f"{about.name(event.body)} has reported completion, the others have yet to: due {deadline}",
                "Each of the joint leads reports; with the last report it is complete.",
            )
        case e.CompletionReported():
            return Said("Completion reported, awaiting acceptance", _VERDICT)
        case e.ReportWithdrawn():
            return Said("Completion report withdrawn, work goes on", _REPORT)
        case e.InstructionCompleted():
            return Said("Completed", _NOTHING)
        case e.ReturnedForRework():
            return Said(
                f"Returned for rework: {event.reason}",
                "The lead assignee puts it right and reports again.",
            )
        case e.Suspended():
            return Said(f"Suspended: {event.reason}", "Nothing falls due until it is resumed.")
        case e.Resumed():
            return Said(
                f"Resumed: due {short(event.deadline, 'en')}", "Work goes on where it had stopped."
            )
        case e.Cancelled():
            return Said(f"Cancelled: {event.reason}", _NOTHING)
        case e.Reopened():
            return Said(f"Reopened: {event.reason}", _REPORT)
        case e.BodySucceeded():
            heir, body = about.name(event.heir), about.name(event.body)
            return Said(
                f"{heir} takes the place of {body}", f"{heir} goes on with what {body} had to do."
            )
        case e.MilestonesSet():
            named = "; ".join(f"{m.title}: {short(m.due, 'en')}" for m in event.milestones)
            return Said(
                f"Milestones set: {named}" if named else "Milestones: none any more",
                "The lead assignee names each in a progress report once it is reached.",
            )
        case e.MilestoneMissed():
            return Said(
                f"Milestone not reached{_late(late=event.late)}: {about.title(event.milestone)}",
                "The lead assignee reports how far the work is, and names the milestone once it is reached.",
            )
        case e.ReminderDue():
            return Said(f"Reminder: due {deadline}{_late(late=event.late)}", _REPORT)
        case e.Escalated():
            return Said(
                f"Escalated to {_target(event, about)}{_late(late=event.late)}: {event.reason}",
                "Whoever it was brought before takes it on and acknowledges the escalation.",
            )
        case _:
            assert_never(event)


def _target(event: e.Escalated, about: About) -> str:
    known = _TARGETS.get(event.to)
    return about.name(event.to.removeprefix("body:")) if known is None else known


def _late(*, late: bool) -> str:
    return " (sent late)" if late else ""
