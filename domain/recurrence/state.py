"""What a recurrence is, folded from its events."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, assert_never

from domain.identifiers import RecurrenceId
from domain.recurrence import events as e
from domain.recurrence.terms import PlannedOccurrence, RecurrencePhase, Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurrence:
    """A rule of days, and what is issued for each."""

    id: RecurrenceId
    terms: Terms
    zone: str
    phase: RecurrencePhase = "Active"
    next: PlannedOccurrence | None
    """The first that is neither issued nor skipped; none once the rule names no further day."""
    last_day: date | None = None
    """Of the last occurrence that was issued or passed over: what comes next lies after it."""
    skipped_ahead: frozenset[date] = frozenset()
    """Days after the next one's that are to be left out."""
    paused_because: str | None = None


def next_wake(state: Recurrence | None) -> datetime | None:
    """When the next occurrence is to be issued; None where nothing is."""
    if state is None or state.phase != "Active" or state.next is None:
        return None
    return state.next.issue_at


def at_rest(state: Recurrence | None) -> bool:
    """Whether nothing falls due by itself: it is paused, or over."""
    return state is not None and state.phase != "Active"


def fields_of(said: Terms) -> dict[str, Any]:
    """The terms' fields, of a command or event that says them among other things."""
    return {name: getattr(said, name) for name in Terms.model_fields}


def terms_of(said: Terms) -> Terms:
    """The terms alone."""
    return Terms(**fields_of(said))


def evolve(state: Recurrence | None, event: e.RecurrenceEvent) -> Recurrence | None:
    """The state after one more fact. Before it was started nothing is known."""
    if state is not None:
        return _after(state, event)
    if not isinstance(event, e.RecurrenceStarted):
        return None
    return Recurrence(id=event.recurrence, terms=terms_of(event), zone=event.zone, next=event.next)


def _after(state: Recurrence, event: e.RecurrenceEvent) -> Recurrence:
    match event:
        case e.RecurrenceStarted():
            return state
        case e.RecurrenceChanged():
            return replace(state, terms=terms_of(event), zone=event.zone, next=event.next)
        case e.OccurrenceIssued():
            return _moved_on(state, event)
        case e.OccurrenceSkipped():
            if state.next is not None and event.day > state.next.day:
                return replace(state, skipped_ahead=state.skipped_ahead | {event.day})
            return _moved_on(state, event)
        case e.OccurrenceReplanned():
            return replace(state, next=event.next)
        case e.RecurrencePaused():
            return replace(state, phase="Paused", paused_because=event.reason)
        case e.RecurrenceResumed():
            return replace(state, phase="Active", paused_because=None)
        case e.RecurrenceEnded():
            return replace(state, phase="Ended", next=None, paused_because=None)
        case _:
            assert_never(event)


def _moved_on(state: Recurrence, event: e.OccurrenceIssued | e.OccurrenceSkipped) -> Recurrence:
    """An occurrence is behind it, and those left out before the next one are too."""
    upcoming = event.next
    if upcoming is None:
        return replace(
            state, phase="Ended", next=None, last_day=event.day, skipped_ahead=frozenset()
        )
    ahead = frozenset(day for day in state.skipped_ahead if day > upcoming.day)
    return replace(state, next=upcoming, last_day=event.day, skipped_ahead=ahead)
