"""Specifications of a recurrence: what happened, what is asked, what it leads to.

given(started()).when(check(), at=NOW).then([...])
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from domain.facts import Facts
from domain.identifiers import PersonId
from domain.outcomes import Rejected
from domain.programme.state import Programme
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.planning import Plan
from domain.recurrence.state import Recurrence
from domain.recurrence.terms import PlannedOccurrence, Terms
from domain.rejections import Code
from domain.working_time import PLAIN
from tests.domain.world import (
    CONTROL,
    COUNCIL,
    COUNCIL_OFFICER,
    MINISTRY_A,
    MINISTRY_B,
    TZDATA,
    done_by,
    facts,
    utc,
)

RECURRENCE = "tax-return"
STARTED_AT = utc("2026-01-12 09:00")
QUARTERS = (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31))
"""The days of the rule in 2026. None is a Saturday or Sunday."""
TERMS: dict[str, Any] = {
    "title": "Quarterly tax return",
    "rule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1",
    "first_day": date(2026, 3, 1),
    "number": "TAX-{year}-{n}",
    "text": "Submit the return for quarter {quarter} of {year}.",
    "issuer": COUNCIL,
    "controller": CONTROL,
    "lead": MINISTRY_A,
    "co_assignees": (MINISTRY_B,),
    "lead_days": 30,
}


def start(actor: PersonId = COUNCIL_OFFICER, **changes: Any) -> c.StartRecurrence:
    fields = {**TERMS, "recurrence": RECURRENCE, "command_id": "command", "actor": actor}
    return c.StartRecurrence.model_validate({**fields, **changes})


def change(actor: PersonId = COUNCIL_OFFICER, **changes: Any) -> c.ChangeRecurrence:
    fields = {**TERMS, "recurrence": RECURRENCE, "command_id": "command", "actor": actor}
    return c.ChangeRecurrence.model_validate({**fields, "reason": "a new law", **changes})


def asked(
    command: type[c.RecurrenceCommand], actor: PersonId = COUNCIL_OFFICER, **fields: Any
) -> Any:
    return command(command_id="command", actor=actor, recurrence=RECURRENCE, **fields)


def check() -> c.CheckRecurrence:
    return c.CheckRecurrence(command_id="check", actor="system", recurrence=RECURRENCE)


def occurrence(n: int, day: date, **changes: Any) -> PlannedOccurrence:
    """As it is planned by the terms above, or changed ones."""
    terms = Terms.model_validate({**TERMS, **changes})
    plan = Plan(terms=terms, zone="Europe/Minsk", calendar=PLAIN, tzdata=TZDATA)
    return plan.occurrence(n, day)


def started(**changes: Any) -> e.RecurrenceStarted:
    return e.RecurrenceStarted(
        **{**TERMS, **changes},
        **done_by(COUNCIL_OFFICER, STARTED_AT),
        recurrence=RECURRENCE,
        zone="Europe/Minsk",
        next=occurrence(1, QUARTERS[0], **changes),
    )


@dataclass(frozen=True)
class Given:
    history: tuple[e.RecurrenceEvent, ...]
    days: tuple[date, ...] = QUARTERS
    facts: Facts = field(default_factory=facts)

    @property
    def state(self) -> Recurrence | None:
        return recurrence_decider.fold(self.history)

    @property
    def known(self) -> Recurrence:
        state = self.state
        assert state is not None
        return state

    def on(self, *days: date) -> "Given":
        """With these days of the rule."""
        return replace(self, days=days)

    def knowing(self, **changes: Any) -> "Given":
        """With other facts."""
        return replace(self, facts=replace(self.facts, **changes))

    def with_programme(self, programme: Programme | None) -> "Given":
        return self.knowing(programme=programme)

    def when(self, command: c.AnyRecurrenceCommand, *, at: datetime) -> "Decided":
        ahead = self.days
        if isinstance(command, c.CheckRecurrence | c.SkipOccurrence) and self.known.next:
            upcoming = self.known.next.day
            ahead = tuple(day for day in self.days if day > upcoming)
        known = replace(self.facts, rule_days=ahead)
        return Decided(self.history, recurrence_decider.decide(command, self.state, known, at))

    def and_then(self, command: c.AnyRecurrenceCommand, *, at: datetime) -> "Given":
        """This command was accepted as well."""
        return replace(self, history=(*self.history, *self.when(command, at=at).events))


@dataclass(frozen=True)
class Decided:
    history: tuple[e.RecurrenceEvent, ...]
    outcome: tuple[e.RecurrenceEvent, ...] | Rejected

    def then(self, expected: Sequence[e.RecurrenceEvent]) -> None:
        assert self.outcome == tuple(expected)

    def then_nothing(self) -> None:
        self.then([])

    def refused(self, code: Code, field: str | None = None, saying: str = "") -> None:
        assert isinstance(self.outcome, Rejected), f"accepted: {self.outcome}"
        assert (self.outcome.code, self.outcome.field) == (code, field), self.outcome.message
        assert len(self.outcome.message.split()) > 4
        assert saying in self.outcome.message

    @property
    def events(self) -> tuple[e.RecurrenceEvent, ...]:
        assert not isinstance(self.outcome, Rejected), self.outcome
        return self.outcome

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


def given(*history: e.RecurrenceEvent) -> Given:
    return Given(history)
