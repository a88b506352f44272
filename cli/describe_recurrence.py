"""One line per event of a recurrence: what a history shows beside the event's name."""

from typing import assert_never

from cli.describe import written
from cli.output import minute
from domain.recurrence import events as e
from domain.recurrence.terms import PlannedOccurrence


def describe(event: e.RecurrenceEvent) -> str:
    """What the event says, in a line."""
    return " ".join(_said(event).split())


def _said(event: e.RecurrenceEvent) -> str:
    match event:
        case e.RecurrenceStarted():
            return f"{event.title}, {event.rule} from {event.first_day}, {_then(event.next)}"
        case e.RecurrenceChanged():
            return f"{event.reason}: {event.rule} from {event.first_day}, {_then(event.next)}"
        case e.RecurrencePaused():
            refusal = f" ({event.refusal})" if event.refusal else ""
            return f"{event.reason}{refusal}"
        case e.RecurrenceResumed() | e.RecurrenceEnded():
            return event.reason
        case e.OccurrenceIssued():
            late = ", late" if event.late else ""
            due = written(event.deadline)
            return f"#{event.n} as {event.number}, due {due}{late}, {_then(event.next)}"
        case e.OccurrenceSkipped():
            why = event.reason or "its deadline had passed"
            return f"#{event.n} of {event.day}: {why}, {_then(event.next)}"
        case e.OccurrenceReplanned():
            return _then(event.next)
        case _:
            assert_never(event)


def _then(upcoming: PlannedOccurrence | None) -> str:
    if upcoming is None:
        return "which was the last"
    return f"next #{upcoming.n} on {minute(upcoming.issue_at)}"
