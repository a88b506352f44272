"""Reminder and escalation policies as data: who is told what, how long before or after what."""

import hashlib
from datetime import timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from domain.value import LONGEST, Duration, Value

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Target = Annotated[
    str,
    StringConstraints(pattern=r"^(lead|controller|issuer|issuer-head|superior|body:[\w.:-]+)$"),
]
"""Whom an escalation goes to: a party, the head of the issuing body, the lead's superior body, or a
named body (`body:ID`)."""


BuiltIn = Literal["deadline", "extension-decision"]
BUILT_IN: frozenset[str] = frozenset(get_args(BuiltIn))
"""What is watched without a rule of the policy; in a due moment's identity they stand for one."""


class Repeat(Value):
    """Further occurrences of a rule, a fixed time apart."""

    every: Duration = Field(gt=timedelta(0))
    times: int = Field(ge=1, le=366, description="how many after the first")

    @model_validator(mode="after")
    def _ends_in_bounds(self) -> Self:
        if self.every * self.times > LONGEST:
            raise ValueError(f"repeats cannot go on for longer than {LONGEST.days} days")
        return self


class ReminderRule(Value):
    """Reminds the lead and the co-assignees."""

    id: RuleId
    offset: Duration
    side: Literal["before", "after"] = Field(default="before", description="of the deadline")
    repeat: Repeat | None = None


class EscalationStep(Value):
    """Tells somebody further up, if things have not moved by then."""

    id: RuleId
    after: Duration
    since: Literal["assignment", "deadline", "previous"] = Field(
        description="assignment: as long as it is not acknowledged; previous: the step before fired"
    )
    to: Target
    repeat: Repeat | None = None


class Policy(Value):
    """All rules an instruction is watched by. A copy goes into the instruction when it is issued."""

    id: RuleId
    reminders: tuple[ReminderRule, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    extension_decision: Duration = Field(
        default=timedelta(days=7),
        description="an extension request not decided by then expires (DESIGN.md's five working days, in calendar days)",
    )

    @model_validator(mode="after")
    def _rules_make_sense(self) -> Self:
        ids = [rule.id for rule in (*self.reminders, *self.escalation)]
        reserved = sorted(BUILT_IN.intersection(ids))
        if reserved:
            raise ValueError(f"rule ids that have a meaning already: {', '.join(reserved)}")
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"rule ids must be unique; given twice: {', '.join(twice)}")
        if self.escalation and self.escalation[0].since == "previous":
            raise ValueError("the first escalation step has no previous one; count from deadline")
        return self


def policy_hash(policy: Policy) -> str:
    """SHA-256 of the policy's JSON, hexadecimal: names the exact rules an instruction runs under."""
    return hashlib.sha256(policy.model_dump_json().encode()).hexdigest()


DEFAULT_POLICY = Policy(
    id="default",
    reminders=(
        ReminderRule(id="before-30d", offset=timedelta(days=30)),
        ReminderRule(id="before-7d", offset=timedelta(days=7)),
        ReminderRule(id="before-1d", offset=timedelta(days=1)),
        ReminderRule(
            id="after-weekly",
            offset=timedelta(days=7),
            side="after",
            repeat=Repeat(every=timedelta(days=7), times=3),
        ),
    ),
    escalation=(
        EscalationStep(
            id="unacknowledged-3d", after=timedelta(days=3), since="assignment", to="lead"
        ),
        EscalationStep(
            id="unacknowledged-5d", after=timedelta(days=5), since="assignment", to="controller"
        ),
        EscalationStep(id="overdue-1d", after=timedelta(days=1), since="deadline", to="controller"),
        EscalationStep(id="overdue-7d", after=timedelta(days=7), since="deadline", to="issuer"),
        EscalationStep(
            id="overdue-14d", after=timedelta(days=14), since="deadline", to="issuer-head"
        ),
    ),
)
"""DESIGN.md §6: 3 days unacknowledged, remind; 5, controller. Overdue 1 day, controller; 7, issuer;
14, head of the issuing body."""
