"""What is looked at before a recurrence is started or changed, so that it does not fail years later."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import combinations

from domain.facts import Facts
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import Unissued
from domain.outcomes import Rejected
from domain.recurrence import rule, wording
from domain.recurrence.issuing import charge
from domain.recurrence.planning import Plan
from domain.recurrence.state import Recurrence, terms_of
from domain.recurrence.terms import PlannedOccurrence, Terms
from domain.rejections import invalid
from domain.working_time import zones

_LONGEST_NUMBER, _LONGEST_TEXT = 100, 20_000
_COMPARED = 12
"""Numbers of so many occurrences are made and compared."""


def first_of(
    said: Terms, zone: str, facts: Facts, at: datetime, *, before: Recurrence | None = None
) -> PlannedOccurrence | Rejected:
    """The first occurrence by these terms whose deadline lies ahead, or what is wrong with the terms.

    As things are known now, its instruction could be issued at its moment.

    Args:
        facts: with the days of the terms' rule.
        before: the recurrence that takes these terms; it counts on from where it is.
    """
    terms = terms_of(said)
    refusal = _malformed(terms, zone)
    if refusal is not None:
        return refusal
    plan = Plan(
        terms=terms,
        zone=zone,
        calendar=facts.directory.calendar_of(terms.lead),
        tzdata=facts.tzdata,
    )
    days = [day for day in facts.rule_days if plan.occurrence(1, day).deadline.instant > at]
    count = before.next.n - 1 if before is not None and before.next is not None else 0
    left_out = before.skipped_ahead if before is not None else frozenset[date]()
    first = plan.following(count, days, left_out)
    if first is None:
        return invalid("rule", "it names no day that is still ahead; give a later end, or none")
    return _ambiguous(terms, first, days) or _rehearsed(terms, zone, first, facts, at) or first


def _malformed(terms: Terms, zone: str) -> Rejected | None:
    found = {
        "rule": rule.problem_of(terms.rule),
        "number": wording.problem_of(terms.number, _LONGEST_NUMBER),
        "text": wording.problem_of(terms.text, _LONGEST_TEXT),
        "zone": None if zone in zones() else f"{zone} is no IANA time zone; try Europe/Minsk",
    }
    return next((invalid(field, problem) for field, problem in found.items() if problem), None)


def _ambiguous(terms: Terms, first: PlannedOccurrence, days: Sequence[date]) -> Rejected | None:
    """Refuses a pattern that gives two occurrences the same number."""
    named = [
        (day, wording.filled(terms.number, n, day))
        for n, day in enumerate([d for d in days if d >= first.day][:_COMPARED], start=first.n)
    ]
    for (one, number), (other, same) in combinations(named, 2):
        if number == same:
            return invalid("number", f"{one} and {other} would both be {number}; add {{n}} to it")
    return None


def _rehearsed(
    terms: Terms, zone: str, first: PlannedOccurrence, facts: Facts, at: datetime
) -> Rejected | None:
    """Why the first instruction would be refused, by the instruction's own rules."""
    asked = Recurrence(id="rehearsal", terms=terms, zone=zone, next=first)
    moment = max(at, first.issue_at)
    command = charge(
        "rehearsal", asked, first.n, first.day, first.deadline, facts.directory, moment
    )
    decided = instruction_decider.decide(command, Unissued(), facts, moment)
    return decided if isinstance(decided, Rejected) else None
