"""Who was reminded, and before whom it was brought, when: of one instruction's events, or of two lives of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_high
from typing import Literal

from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.policies import Target

WarningKind = Literal["reminder", "escalation", "progress-request"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenWarning:
    """A due moment of the policy that fired."""

    kind: WarningKind
    rule: str
    at: datetime
    due_at: datetime
    to: Target | None
    """Whom an escalation turns to; a reminder goes to the lead and those who help."""
    body: BodyId | None
    told: int
    """Notices that it gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningsGiven:
    """All of one life."""

    given: tuple[GivenWarning, ...]
    deadline_passed: datetime | None
    """The first deadline that passed while it was open; None if none did."""

    @property
    def first_escalation(self) -> datetime | None:
        """The first brought before somebody other than the lead once a deadline had passed."""
        if self.deadline_passed is None:
            return None
        return min(
            (
                one.at
                for one in self.given
                if one.to not in (None, "lead") and one.at >= self.deadline_passed
            ),
            default=None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoLives:
    """What happened, and what would have."""

    number: str
    happened: WarningsGiven
    relived: WarningsGiven

    @property
    def caught_earlier_by(self) -> timedelta | None:
        """How much earlier it would first have been escalated; None if it was not, or would not be."""
        was, would = self.happened.first_escalation, self.relived.first_escalation
        return None if was is None or would is None else was - would


def warnings_given(events: Iterable[e.InstructionEvent]) -> WarningsGiven:
    given: list[GivenWarning] = []
    passed: datetime | None = None
    for event in events:
        match event:
            case e.DeadlinePassed() if event.moment.rule == "deadline" and passed is None:
                passed = event.due_at
            case e.ReminderDue():
                given.append(_warning("reminder", event.moment.rule, event))
            case e.ProgressRequested() if event.moment is not None:
                given.append(_warning("progress-request", event.moment.rule, event))
            case e.Escalated() if event.moment is not None:
                given.append(_warning("escalation", event.moment.rule, event))
            case _:
                pass
    return WarningsGiven(given=tuple(given), deadline_passed=passed)


def _warning(
    kind: WarningKind, rule: str, event: e.ReminderDue | e.ProgressRequested | e.Escalated
) -> GivenWarning:
    assert event.due_at is not None
    escalated = event if isinstance(event, e.Escalated) else None
    return GivenWarning(
        kind=kind,
        rule=rule,
        at=event.occurred_at,
        due_at=event.due_at,
        to=escalated and escalated.to,
        body=escalated and escalated.body,
        told=len(event.notices),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Of many lives."""

    reminders: int
    progress_requests: int
    escalations: Mapping[Target, int]
    """By whom they turn to."""
    late: int
    """Lives in which a deadline passed while it was open."""
    late_escalated: int
    """Of these, in how many that was brought before somebody other than the lead."""
    until_escalated: timedelta | None
    """From the deadline to that, half of them sooner; None if there are none."""


def totals(lives: Sequence[WarningsGiven]) -> Totals:
    given = [one for life in lives for one in life.given]
    kinds = Counter(one.kind for one in given)
    waited = [
        first - life.deadline_passed
        for life in lives
        if life.deadline_passed is not None and (first := life.first_escalation) is not None
    ]
    return Totals(
        reminders=kinds["reminder"],
        progress_requests=kinds["progress-request"],
        escalations=dict(sorted(Counter(one.to for one in given if one.to is not None).items())),
        late=sum(life.deadline_passed is not None for life in lives),
        late_escalated=len(waited),
        until_escalated=median_high(waited) if waited else None,
    )
