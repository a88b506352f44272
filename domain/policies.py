"""Reminder and escalation policies as data: who is told what, how long before or after what."""

import hashlib
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from domain.identifiers import CalendarId
from domain.value import LONGEST, Duration, Value, iso_duration
from domain.working_time import OffDays

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
PolicyId = RuleId
Target = Annotated[
    str,
    StringConstraints(pattern=r"^(lead|controller|issuer|issuer-head|superior|body:[\w.:-]+)$"),
]
"""Whom an escalation goes to: a party, the head of the issuing body, the lead's superior body, or a
named body (`body:ID`)."""
Priority = Literal["low", "normal", "high", "critical"]

BuiltIn = Literal[
    "deadline", "extension-decision", "acknowledgement", "acceptance", "progress", "milestone"
]
BUILT_IN: frozenset[str] = frozenset(get_args(BuiltIn))
"""What is watched without a rule of the policy; in a due moment's identity they stand for one."""

MOST_OCCURRENCES = 366
"""Of one rule."""
MOST_RULES = 50
"""Reminders, or steps."""
MOST_MOMENTS = 1000
"""Of all rules together: each change that moves them counts them all."""
MOST_OF_A_MILESTONE = 50
"""Reminders of one milestone, repeats included."""
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_WORKING = " working"


class WorkingSpan(Value):
    """Working days, and what is left over in working hours. Written `P5D working`."""

    length: Duration

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not value.endswith(_WORKING):
                raise ValueError("working time is written as a duration and a word: P5D working")
            return {"length": value.removesuffix(_WORKING)}
        return value

    @model_serializer
    def _written(self) -> str:
        return iso_duration(self.length) + _WORKING


Span = Duration | WorkingSpan
"""How long: a time of the calendar (`P5D`), or working time (`P5D working`)."""


def length(span: timedelta | WorkingSpan) -> timedelta:
    return span.length if isinstance(span, WorkingSpan) else span


def times(span: timedelta | WorkingSpan, n: int) -> timedelta | WorkingSpan:
    if isinstance(span, WorkingSpan):
        # Not checked: it may be longer than one that is given.
        return WorkingSpan.model_construct(length=n * span.length)
    return n * span


def _some_time(span: timedelta | WorkingSpan) -> timedelta | WorkingSpan:
    if not length(span):
        raise ValueError("it takes some time: give more than none")
    return span


SomeTime = Annotated[Span, AfterValidator(_some_time)]


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("it is local time of whoever is told; leave the offset out (09:00)")
    if hour.microsecond:
        raise ValueError("it is given to the second; leave the fraction out (09:00)")
    return hour


Hour = Annotated[
    time,
    AfterValidator(_local),
    Field(description="local time of whoever is told, to the second"),
]


class _Sparse(Value):
    """Written without what is as by default: a copy goes into every instruction."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = written(self)
        return {
            name: value
            for name, value in fields.items()
            if getattr(self, name)
            != type(self).model_fields[name].get_default(call_default_factory=True)
        }


class Repeat(Value):
    """Further occurrences of a rule, a fixed time apart."""

    every: SomeTime
    times: int = Field(ge=1, le=MOST_OCCURRENCES, description="how many after the first")

    @model_validator(mode="after")
    def _ends_in_bounds(self) -> Self:
        if length(self.every) * self.times > LONGEST:
            raise ValueError(f"repeats cannot go on for longer than {LONGEST.days} days")
        return self


def _occurrences(repeat: Repeat | None) -> int:
    return 1 + (repeat.times if repeat is not None else 0)


class ReminderRule(_Sparse):
    """Reminds the lead and the co-assignees: so long before or after, part of the way there, or on a day."""

    id: RuleId
    of: Literal["deadline", "milestones"] = Field(
        default="deadline", description="milestones: of each that is not reached yet"
    )
    offset: Span | None = None
    side: Literal["before", "after"] = Field(default="before", description="of the deadline")
    percent: int | None = Field(
        default=None, ge=1, le=99, description="of the time from the start to the deadline"
    )
    on: date | None = None
    at: Hour | None = Field(default=None, description="none: the hour it comes to by itself")
    off_days: OffDays = "as-is"
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _comes_at_one_moment(self) -> Self:
        given = [name for name in ("offset", "percent", "on") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of `offset`, `percent` and `on`")
        if self.of == "milestones" and self.offset is None:
            raise ValueError("a reminder of milestones has an `offset`")
        if self.offset is not None and self.at is not None:
            _whole_days(self.offset, least=1 if self.side == "after" else 0)
        return self


class EscalationStep(_Sparse):
    """Tells somebody further up, or gives them the work, if things have not moved by then."""

    id: RuleId
    after: Span
    since: Literal["assignment", "deadline", "submission", "previous"] = Field(
        description="assignment: as long as it is not acknowledged; submission: as long as the report is "
        "not decided on; previous: the step before fired"
    )
    to: Target
    action: Literal["notify", "reassign"] = Field(
        default="notify", description="reassign: the body told becomes the lead"
    )
    at: Hour | None = Field(default=None, description="none: the hour it comes to by itself")
    off_days: OffDays = "as-is"
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.at is not None:
            _whole_days(self.after, least=1)
        if self.action == "reassign" and self.to != "superior" and not self.to.startswith("body:"):
            raise ValueError("work is reassigned to the `superior` or to a named body (`body:ID`)")
        return self


def _whole_days(span: timedelta | WorkingSpan, *, least: int) -> None:
    if length(span) % _DAY or length(span) < least * _DAY:
        raise ValueError(
            f"with an hour (`at`), or as a cycle of working time, it takes whole days, at least {least}"
        )


class Again(Value):
    """Once all steps are through, those from one on once more, so often."""

    since: RuleId = Field(description="the step from which on")
    every: SomeTime = Field(description="from one round to the next")
    times: int = Field(ge=1, le=MOST_OCCURRENCES)


class ProgressCycle(_Sparse):
    """Asks the lead and the co-assignees for a report, unless the lead has reported since it last came round."""

    every: SomeTime
    at: Hour | None = None
    off_days: OffDays = "as-is"

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.at is not None or isinstance(self.every, WorkingSpan):
            _whole_days(self.every, least=1)
        if length(self.every) < _HOUR:  # it goes on until the deadline, each time with notices
            raise ValueError("a progress cycle takes an hour at least; give `every` more")
        return self


class Rules(_Sparse):
    """What a policy consists of."""

    reminders: tuple[ReminderRule, ...] = Field(default=(), max_length=MOST_RULES)
    escalation: tuple[EscalationStep, ...] = Field(default=(), max_length=MOST_RULES)
    again: Again | None = None
    acknowledge_within: SomeTime | None = Field(
        default=None, description="from the assignment; passed, it is recorded"
    )
    accept_within: SomeTime | None = Field(
        default=None, description="from the completion report; passed, it is recorded"
    )
    progress: ProgressCycle | None = None
    extension_decision: SomeTime = Field(
        default=WorkingSpan(length=timedelta(days=5)),
        description="an extension request not decided by then expires",
    )
    calendar: CalendarId | None = Field(
        default=None, description="for working time; by default that of the lead, else the issuer"
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
        since = None
        for step in self.escalation:
            since = since if step.since == "previous" else step.since
            if step.action == "reassign" and since == "submission":
                raise ValueError(
                    f"{step.id}: what is reported is not reassigned; count from something else"
                )
        self._check_again()
        self._check_number()
        return self

    def _check_number(self) -> None:
        of_milestones = sum(_occurrences(r.repeat) for r in self.reminders if r.of == "milestones")
        if of_milestones > MOST_OF_A_MILESTONE:
            raise ValueError(
                f"reminders: those of a milestone would come {of_milestones} times, repeats included; "
                f"have it {MOST_OF_A_MILESTONE} times at most"
            )
        moments, rounds = sum(_occurrences(rule.repeat) for rule in self.reminders), 1
        for step in self.escalation:
            if self.again is not None and step.id == self.again.since:
                rounds = 1 + self.again.times
            moments += rounds * _occurrences(step.repeat)
        if moments > MOST_MOMENTS:
            raise ValueError(
                f"reminders and escalation would come {moments} times, repeats and rounds included; "
                f"have them {MOST_MOMENTS} times at most"
            )

    def _check_again(self) -> None:
        if self.again is None:
            return
        ids = [step.id for step in self.escalation]
        if self.again.since not in ids:
            raise ValueError(f"again: there is no step {self.again.since}; name one of escalation")
        for step in self.escalation[ids.index(self.again.since) :]:
            each = _occurrences(step.repeat)
            if each * (1 + self.again.times) > MOST_OCCURRENCES:
                raise ValueError(f"{step.id} would come more than {MOST_OCCURRENCES} times")
        if length(self.again.every) * self.again.times > LONGEST:
            raise ValueError(f"rounds cannot go on for longer than {LONGEST.days} days")


class Policy(Rules):
    """All rules an instruction is watched by. A copy goes into the instruction when it is issued."""

    id: PolicyId
    variants: Mapping[Priority, Rules] = Field(
        default_factory=dict[Priority, Rules],
        description="other rules, all of them, for instructions of that priority",
    )

    def of_priority(self, priority: Priority) -> "Policy":
        """The rules that hold for an instruction of this priority, without those of others."""
        rules = self.variants.get(priority, self)
        fields = {name: getattr(rules, name) for name in Rules.model_fields}
        return Policy(id=self.id, **fields)

    def step(self, rule: RuleId) -> EscalationStep | None:
        return next((step for step in self.escalation if step.id == rule), None)

    def reminder(self, rule: RuleId) -> ReminderRule | None:
        return next((one for one in self.reminders if one.id == rule), None)


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
"""As docs/rules.md has it: 3 days unacknowledged, remind; 5, controller. Overdue 1 day, controller; 7, issuer;
14, head of the issuing body."""
