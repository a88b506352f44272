"""How an instruction stands, in words, line by line: so that two states can be held against each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.instruction.state import InstructionState, Unissued
from web.api.instructions import InstructionTold, MilestoneTold
from web.api.models import DeadlineTold
from web.console.labels import label
from web.console.visit import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One line of two states."""

    name: str
    then: str
    now: str

    @property
    def changed(self) -> bool:
        return self.then != self.now


def compared(then: Mapping[str, str], now: Mapping[str, str]) -> Sequence[Compared]:
    """Every line that either has, in the order of the page."""
    names = list(dict.fromkeys([*now, *then]))
    return [Compared(name=n, then=then.get(n, ""), now=now.get(n, "")) for n in names]


def lines_of(
    visit: Visit, instruction: str, state: InstructionState, at: datetime
) -> Mapping[str, str]:
    """What is said of it by what is said about, at the moment; nothing of one that is not there yet."""
    if isinstance(state, Unissued):
        return {}
    told = InstructionTold.of(instruction, state, at, frozenset())
    say = visit.words.say
    return {
        say("State"): label(visit.words, "phase", told.phase),
        say("Lateness"): _lateness(visit, told),
        say("Done"): f"{told.percent} %",
        say("Text"): told.text,
        **_deadlines(visit, told),
        **_parties(visit, told),
        **_terms(visit, told),
        **_course(visit, told),
    }


def _deadlines(visit: Visit, told: InstructionTold) -> Mapping[str, str]:
    say = visit.words.say
    return {
        say("Original deadline"): _deadline(visit, told.original_deadline),
        say("Approved deadline"): _deadline(visit, told.deadline),
        say("Extension asked for, until"): _deadline(visit, told.extension_asked),
        say("Issued at"): _moment(visit, told.issued_at),
        say("Submitted at"): _moment(visit, told.submitted_at),
        say("Accepted at"): _moment(visit, told.accepted_at),
        say("Suspended since"): _moment(visit, told.suspended_at),
    }


def _parties(visit: Visit, told: InstructionTold) -> Mapping[str, str]:
    say, closed = visit.words.say, told.phase in ("Completed", "Cancelled")
    return {
        say("Issuer"): visit.body(told.issuer),
        say("Controller"): visit.body(told.controller),
        say("Lead assignees"): _bodies(visit, told.leads),
        say("Co-assignees"): _bodies(visit, told.co_assignees),
        say("Observers"): _bodies(visit, told.observers),
        say("Something is still to come from"): _bodies(visit, () if closed else told.awaits),
    }


def _terms(visit: Visit, told: InstructionTold) -> Mapping[str, str]:
    say, source = visit.words.say, told.source
    document = ""
    if source is not None:
        dated = f", {visit.words.day(source.dated)}" if source.dated else ""
        document = f"{label(visit.words, 'source', source.kind)} {source.number}{dated}"
    return {
        say("Programme"): told.programme or "",
        say("Sector"): told.sector or "",
        say("Carried over from"): ", ".join(told.carried_over_from),
        say("Source document"): document,
        say("Policy"): told.policy,
        say("Priority"): label(visit.words, "priority", told.priority),
        say("Closes"): label(visit.words, "closes-with", told.closes_with),
        say("Part of"): told.part_of or "",
        say("Recurrence"): told.recurrence or "",
    }


def _course(visit: Visit, told: InstructionTold) -> Mapping[str, str]:
    say = visit.words.say
    open_, closed = say("open"), say("closed")
    parts = (f"{part.number}: {open_ if part.open else closed}" for part in told.parts)
    due = (
        f"{one.key.rule} #{one.key.occurrence}, {_moment(visit, one.acts_at)}" for one in told.due
    )
    return {
        say("Parts"): _several(parts),
        say("Milestones"): _several(_milestone(visit, one) for one in told.milestones),
        say("Escalated"): say("yes") if told.escalated else say("no"),
        say("Due next"): _several(due),
    }


def _milestone(visit: Visit, one: MilestoneTold) -> str:
    said = f"{one.title}, {_deadline(visit, one.due)}"
    if one.reached_at is None:
        return said
    return visit.words.say(
        "%(milestone)s, reached %(at)s", milestone=said, at=_moment(visit, one.reached_at)
    )


def _lateness(visit: Visit, told: InstructionTold) -> str:
    late, words = told.lateness, visit.words
    if late.behind_by is not None:
        return words.say("behind by %(span)s", span=words.span(late.behind_by.total_seconds()))
    if late.late_by is not None:
        return words.say("late by %(span)s", span=words.span(late.late_by.total_seconds()))
    return words.say("in time")


def _bodies(visit: Visit, ids: Sequence[str]) -> str:
    return "; ".join(visit.body(one) for one in ids)


def _deadline(visit: Visit, deadline: DeadlineTold | None) -> str:
    if deadline is None:
        return ""
    if deadline.on is not None:
        return visit.words.day(deadline.on)
    return _moment(visit, deadline.instant)


def _moment(visit: Visit, at: datetime | None) -> str:
    return visit.words.exactly(at, visit.zone) if at else ""


def _several(said: Iterable[str]) -> str:
    return "; ".join(said)
