"""What a recurrence accepts: one function for each command."""

from datetime import datetime
from typing import assert_never

from domain.attribution import Attribution
from domain.decider import Decider
from domain.directory.authority import authorise
from domain.directory.state import Directory
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.door import first_of
from domain.recurrence.machinery import check
from domain.recurrence.planning import plan_of
from domain.recurrence.state import Recurrence, evolve, fields_of
from domain.recurrence.terms import RecurrencePhase
from domain.rejections import Code, already_exists, invalid, rejected, unknown

_GOING_ON: tuple[RecurrencePhase, ...] = ("Active", "Paused")


def decide(
    command: c.AnyRecurrenceCommand, state: Recurrence | None, facts: Facts, at: datetime
) -> tuple[e.RecurrenceEvent, ...] | Rejected:
    """The events the command leads to at `at`, or why it is refused."""
    match command:
        case c.StartRecurrence():
            decided = _start(command, state, facts, at)
        case c.CheckRecurrence():
            return () if state is None else check(state, facts, at)
        case _ if state is None:
            return unknown("recurrence", command.recurrence, "start it first")
        case c.ChangeRecurrence():
            decided = _change(command, state, facts, at)
        case c.PauseRecurrence():
            decided = _pause(command, state, facts, at)
        case c.ResumeRecurrence():
            decided = _resume(command, state, facts, at)
        case c.EndRecurrence():
            decided = _end(command, state, facts, at)
        case c.SkipOccurrence():
            decided = _skip(command, state, facts, at)
        case _:
            assert_never(command)
    return decided if isinstance(decided, Rejected) else (decided,)


def may_start(
    command: c.StartRecurrence, directory: Directory, at: datetime
) -> Attribution | Rejected:
    """The office by which the actor may, whatever recurrences there are. Who holds none learns of no body."""
    holds_office = directory.mandates(command.actor, at)
    if command.issuer not in directory.bodies and holds_office:
        return unknown("issuer", command.issuer, "register the body first")
    return authorise(command, command.issuer, directory, at, "start a recurrence")


def _start(
    command: c.StartRecurrence, state: Recurrence | None, facts: Facts, at: datetime
) -> e.RecurrenceStarted | Rejected:
    if state is not None:
        return already_exists("recurrence", command.recurrence)
    by = may_start(command, facts.directory, at)
    if isinstance(by, Rejected):
        return by
    zone = command.zone or facts.directory.bodies[command.issuer].zone
    first = first_of(command, zone, facts, at)
    if isinstance(first, Rejected):
        return first
    return e.RecurrenceStarted(
        **fields_of(command),
        occurred_at=at,
        by=by,
        recurrence=command.recurrence,
        zone=zone,
        next=first,
    )


def _change(
    command: c.ChangeRecurrence, state: Recurrence, facts: Facts, at: datetime
) -> e.RecurrenceChanged | Rejected:
    by = _may(command, state, facts, at, "change", _GOING_ON)
    if isinstance(by, Rejected):
        return by
    if command.issuer != state.terms.issuer:
        return invalid("issuer", f"{state.terms.issuer} issues it; end this one and start another")
    zone = command.zone or facts.directory.bodies[command.issuer].zone
    upcoming = first_of(command, zone, facts, at, before=state)
    if isinstance(upcoming, Rejected):
        return upcoming
    return e.RecurrenceChanged(
        **fields_of(command),
        occurred_at=at,
        by=by,
        zone=zone,
        next=upcoming,
        reason=command.reason,
    )


def _pause(
    command: c.PauseRecurrence, state: Recurrence, facts: Facts, at: datetime
) -> e.RecurrencePaused | Rejected:
    by = _may(command, state, facts, at, "pause", ("Active",))
    if isinstance(by, Rejected):
        return by
    return e.RecurrencePaused(occurred_at=at, by=by, reason=command.reason)


def _resume(
    command: c.ResumeRecurrence, state: Recurrence, facts: Facts, at: datetime
) -> e.RecurrenceResumed | Rejected:
    by = _may(command, state, facts, at, "resume", ("Paused",))
    if isinstance(by, Rejected):
        return by
    return e.RecurrenceResumed(occurred_at=at, by=by, reason=command.reason)


def _end(
    command: c.EndRecurrence, state: Recurrence, facts: Facts, at: datetime
) -> e.RecurrenceEnded | Rejected:
    by = _may(command, state, facts, at, "end", _GOING_ON)
    if isinstance(by, Rejected):
        return by
    return e.RecurrenceEnded(occurred_at=at, by=by, reason=command.reason)


def _skip(
    command: c.SkipOccurrence, state: Recurrence, facts: Facts, at: datetime
) -> e.OccurrenceSkipped | Rejected:
    """The next one moves the recurrence on; a later one is only left out when its turn comes."""
    by = _may(command, state, facts, at, "skip an occurrence of", _GOING_ON)
    if isinstance(by, Rejected):
        return by
    assert state.next is not None  # it goes on
    days = (state.next.day, *facts.rule_days)
    if command.day not in days:
        shown = ", ".join(map(str, days[:3]))
        return invalid("day", f"none falls on {command.day}; the next days are {shown}")
    if command.day in state.skipped_ahead:
        return invalid("day", f"{command.day} is left out already; name another day")
    place = days.index(command.day)
    upcoming = state.next
    if place == 0:
        plan = plan_of(state, facts)
        upcoming = plan.following(state.next.n, days[1:], state.skipped_ahead)
    return e.OccurrenceSkipped(
        occurred_at=at,
        by=by,
        n=state.next.n + place,
        day=command.day,
        why="asked",
        reason=command.reason,
        next=upcoming,
    )


def _may(
    command: c.RecurrenceCommand,
    state: Recurrence,
    facts: Facts,
    at: datetime,
    deed: str,
    phases: tuple[RecurrencePhase, ...],
) -> Attribution | Rejected:
    """The office by which the actor may, in the issuer or its heir; or why not, or not in this phase."""
    issuer = facts.directory.heir(state.terms.issuer, at) or state.terms.issuer
    by = authorise(command, issuer, facts.directory, at, f"{deed} the recurrence")
    if isinstance(by, Rejected) or state.phase in phases:
        return by
    return rejected(
        Code.NOT_IN_THIS_PHASE,
        f"cannot {deed} a recurrence that is {state.phase}; it must be {' or '.join(phases)}",
    )


recurrence_decider: Decider[c.AnyRecurrenceCommand, e.RecurrenceEvent, Recurrence | None] = Decider(
    initial=None, decide=decide, evolve=evolve
)
