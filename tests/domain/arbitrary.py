"""Any policy, and any command by anybody, for properties that must hold whatever is asked."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.deadline import DeadlineRequest
from domain.identifiers import PersonId
from domain.instruction.commands import ClientCommand, Issue
from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
    WorkingSpan,
)
from tests.domain.world import (
    CONTROL,
    CONTROL_OFFICER,
    CONTROL_OPERATOR,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    JOINT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    PROGRAMME,
    STRANGER,
    issue,
    sent_by,
)

_ENVELOPE = {"type", "command_id", "actor", "instruction"}
Since = Literal["assignment", "deadline", "submission", "previous"]

_COMMAND: TypeAdapter[ClientCommand] = TypeAdapter(ClientCommand)
_BODIES = st.sampled_from([MINISTRY_A, MINISTRY_A, MINISTRY_B, CONTROL, JOINT, "nobody"])
_ANYBODY: tuple[PersonId, ...] = (
    COUNCIL_OFFICER,
    MINISTRY_A_HEAD,
    MINISTRY_B_HEAD,
    CONTROL_OFFICER,
    COUNCIL_OPERATOR,
    CONTROL_OPERATOR,
    COUNCIL_REGISTRAR,
    STRANGER,
)
_JOINT = st.lists(_BODIES, max_size=2).map(tuple)
_ZONES = st.sampled_from(["UTC", "Europe/Minsk", "Europe/Berlin", "Australia/Lord_Howe"])
_TARGETS = st.sampled_from(
    ["lead", "controller", "issuer", "issuer-head", "superior", f"body:{JOINT}", "body:nobody"]
)
_DURATIONS = st.one_of(
    st.sampled_from([timedelta(0), timedelta(seconds=2)]),
    st.integers(1, 60).map(lambda days: timedelta(days=days)),
    st.integers(1, 24 * 60).map(lambda hours: timedelta(hours=hours)),
)
_WHOLE_DAYS = st.integers(1, 40).map(lambda days: timedelta(days=days))
_WORKING = st.one_of(
    st.integers(1, 30).map(lambda days: WorkingSpan(length=timedelta(days=days))),
    st.integers(1, 40).map(lambda hours: WorkingSpan(length=timedelta(hours=hours))),
)
_SPANS = st.one_of(_DURATIONS, _WORKING)
_SOME_TIME = st.one_of(_DURATIONS.filter(bool), _WORKING)
_HOURS = st.sampled_from([time(0), time(2, 30), time(9), time(23, 59, 59)])
_OFF_DAYS = st.sampled_from(["as-is", "earlier", "later"])
_REPEATS = st.none() | st.builds(Repeat, every=_SOME_TIME, times=st.integers(1, 4))
_STARTS: list[Since] = ["deadline", "assignment", "submission"]
_PREVIOUS: Since = "previous"


@st.composite
def _reminder(draw: st.DrawFn, n: int) -> ReminderRule:
    common = {
        "id": f"reminder-{n}",
        "side": draw(st.sampled_from(["before", "after"])),
        "off_days": draw(_OFF_DAYS),
        "repeat": draw(_REPEATS),
    }
    moment = draw(
        st.one_of(
            st.fixed_dictionaries(
                {"offset": _SPANS, "of": st.sampled_from(["deadline", "milestones"])}
            ),
            st.fixed_dictionaries({"offset": _WHOLE_DAYS, "at": _HOURS}),
            st.fixed_dictionaries({"percent": st.integers(1, 99), "at": st.none() | _HOURS}),
            st.fixed_dictionaries({"on": st.dates(date(2026, 1, 1), date(2026, 6, 30))}),
        )
    )
    return ReminderRule.model_validate({**common, **moment})


@st.composite
def _steps(draw: st.DrawFn, number: int) -> tuple[EscalationStep, ...]:
    """What counts from a submission, also by way of the steps before it, reassigns nothing."""
    steps: list[EscalationStep] = []
    start: Since = "deadline"
    for n in range(number):
        since: Since = draw(st.sampled_from([*_STARTS, _PREVIOUS] if n else _STARTS))
        start = start if since == _PREVIOUS else since
        steps.append(draw(_step(n, since, takes=start != "submission")))
    return tuple(steps)


@st.composite
def _step(draw: st.DrawFn, n: int, since: Since, *, takes: bool) -> EscalationStep:
    to = draw(_TARGETS.filter(lambda to: to != "body:nobody"))
    takes = takes and (to == "superior" or to.startswith("body:"))
    when = draw(
        st.one_of(
            st.fixed_dictionaries({"after": _SPANS}),
            st.fixed_dictionaries({"after": _WHOLE_DAYS, "at": _HOURS}),
        )
    )
    return EscalationStep.model_validate(
        {
            "id": f"step-{n}",
            "since": since,
            "to": to,
            "action": draw(st.sampled_from(["notify", "reassign"])) if takes else "notify",
            "off_days": draw(_OFF_DAYS),
            "repeat": draw(_REPEATS),
            **when,
        }
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    reminders = draw(st.integers(0, 3))
    steps = draw(st.integers(0, 4))
    rounds = st.builds(Again, since=st.just("step-0"), every=_SOME_TIME, times=st.integers(1, 3))
    return Policy(
        id="arbitrary",
        reminders=tuple(draw(_reminder(n)) for n in range(reminders)),
        escalation=draw(_steps(steps)),
        again=draw(st.none() | rounds) if steps else None,
        acknowledge_within=draw(st.none() | _SOME_TIME),
        accept_within=draw(st.none() | _SOME_TIME),
        progress=draw(
            st.none()
            | st.builds(ProgressCycle, every=_WHOLE_DAYS, at=st.none() | _HOURS, off_days=_OFF_DAYS)
        ),
        extension_decision=draw(_SOME_TIME),
    )


def _milestones(now: datetime) -> st.SearchStrategy[list[dict[str, Any]]]:
    one: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "id": st.sampled_from(["draft", "reading"]),
            "title": st.just("The draft is there."),
            "due": deadlines(now),
        }
    )
    return st.lists(one, max_size=2, unique_by=lambda milestone: str(milestone["id"]))


def deadlines(after: datetime) -> st.SearchStrategy[DeadlineRequest]:
    """Mostly later than that moment, sometimes not."""
    ahead = st.integers(-2, 120).map(lambda days: after + timedelta(days=days, seconds=1))
    return st.one_of(
        ahead.map(lambda at: DeadlineRequest(at=at)),
        ahead.map(lambda at: DeadlineRequest(on=at.date())),
    )


@st.composite
def issuing(draw: st.DrawFn, now: datetime) -> Issue:
    """A command to issue; mostly one that is accepted."""
    return issue(
        deadline=draw(deadlines(now)),
        zone=draw(st.none() | _ZONES),
        controller=draw(st.none() | st.sampled_from([CONTROL, CONTROL, MINISTRY_A])),
        policy=draw(policies()),
        programme=draw(st.none() | st.just(PROGRAMME)),
        closes_with=draw(st.sampled_from(["report", "all-parts", "lead-part"])),
    )


def _fields(now: datetime, after: datetime) -> dict[str, st.SearchStrategy[dict[str, object]]]:
    text = st.sampled_from(["Done.", "The annex is missing.", "Согласовано."])
    until = st.integers(-1, 30).map(lambda days: now + timedelta(days=days))
    return {
        "Propose": issuing(now).map(lambda issue: issue.model_dump(exclude=_ENVELOPE)),
        "Adopt": st.fixed_dictionaries({"deadline": st.none() | deadlines(now)}),
        "Refuse": st.fixed_dictionaries({"reason": text}),
        "Reassign": st.fixed_dictionaries(
            {"lead": _BODIES, "joint_leads": _JOINT, "co_assignees": st.lists(_BODIES, max_size=1)}
        ),
        "Decline": st.fixed_dictionaries({"reason": text}),
        "SetController": st.fixed_dictionaries({"controller": st.none() | _BODIES}),
        "SetMilestones": st.fixed_dictionaries({"milestones": _milestones(now)}),
        "ChangePolicy": st.fixed_dictionaries(
            {
                "policy": policies(),
                "priority": st.none() | st.sampled_from(["low", "critical"]),
                "reason": text,
            }
        ),
        "SetObservers": st.fixed_dictionaries({"observers": st.lists(_BODIES, max_size=2)}),
        "RequestProgress": st.just({}),
        "WithdrawExtension": st.just({}),
        "ChangeDeadline": st.fixed_dictionaries({"deadline": deadlines(now), "reason": text}),
        "WithdrawReport": st.just({}),
        "Suspend": st.fixed_dictionaries({"reason": text, "with_parts": st.booleans()}),
        "Resume": st.fixed_dictionaries({"deadline": st.none() | deadlines(now)}),
        "IssuePart": st.fixed_dictionaries(
            {
                "number": st.sampled_from(["SC-17/4-1", "SC-17/4-2", "SC-17/4-3"]),
                "text": text,
                "deadline": deadlines(now),
                "is_lead_part": st.booleans(),
            }
        ),
        "Reopen": st.fixed_dictionaries({"reason": text, "deadline": st.none() | deadlines(now)}),
        "CarryOver": st.just({"into": PROGRAMME}),
        "IssueSubInstruction": st.fixed_dictionaries(
            {"number": st.just("SC-17/4-1"), "text": text, "deadline": deadlines(now)}
        ),
        "Snooze": st.fixed_dictionaries({"until": until}),
        "AttachEvidence": st.just(
            {"evidence": {"sha256": "ab" * 32, "name": "act.pdf", "size": 90_112}}
        ),
        "Correct": _corrections(now),
        "AcknowledgeNotice": _notices(),
        "Assign": st.fixed_dictionaries(
            {"lead": _BODIES, "joint_leads": _JOINT, "co_assignees": st.lists(_BODIES, max_size=1)}
        ),
        "Acknowledge": st.just({}),
        "ReportProgress": st.fixed_dictionaries(
            {
                "percent": st.integers(0, 100),
                "text": text,
                "milestones": st.lists(st.sampled_from(["draft", "reading"]), max_size=2),
            }
        ),
        "RequestExtension": st.fixed_dictionaries({"until": deadlines(after), "reason": text}),
        "ApproveExtension": st.fixed_dictionaries({"until": st.none() | deadlines(after)}),
        "RefuseExtension": st.fixed_dictionaries({"reason": text}),
        "SubmitReport": st.fixed_dictionaries({"text": text}),
        "Accept": st.fixed_dictionaries({"text": text}),
        "Return": st.fixed_dictionaries(
            {
                "reason": text,
                "deadline": st.none() | deadlines(now),
                "sides": st.sampled_from([(), (MINISTRY_A,)]),
            }
        ),
        "Cancel": st.fixed_dictionaries({"reason": text, "with_parts": st.booleans()}),
        "Escalate": st.fixed_dictionaries({"to": _TARGETS, "reason": text}),
        "AcknowledgeEscalation": st.fixed_dictionaries({"until": until}),
        "Deescalate": st.fixed_dictionaries({"reason": text, "give_back": st.booleans()}),
        "Comment": st.fixed_dictionaries({"text": text}),
    }


def _notices() -> st.SearchStrategy[dict[str, object]]:
    """Mostly of others, and so refused."""
    return st.tuples(st.integers(1, 10), st.sampled_from(_ANYBODY)).map(
        lambda both: {"notice": {"version": both[0], "recipient": both[1], "channel": "log"}}
    )


def _corrections(now: datetime) -> st.SearchStrategy[dict[str, object]]:
    moment = st.integers(-30 * 24, 1).map(lambda hours: (now + timedelta(hours=hours)).isoformat())
    values: dict[str, st.SearchStrategy[str]] = {
        "text": st.sampled_from(["Done.", "Согласовано."]),
        "on_behalf_of": _BODIES,
        "occurred_at": moment,
    }
    said: list[st.SearchStrategy[dict[str, object]]] = [
        st.fixed_dictionaries({"field": st.just(field), "value": value})
        for field, value in values.items()
    ]
    versions = st.integers(1, 30)
    return st.tuples(versions, st.one_of(said)).map(
        lambda both: {"version": both[0], "reason": "A slip.", **both[1]}
    )


@st.composite
def commands(
    draw: st.DrawFn,
    now: datetime,
    after: datetime,
    names: Sequence[str] = (),
    actors: Sequence[PersonId] = _ANYBODY,
) -> ClientCommand:
    """Any command (of these, if named) by anybody (of these); new deadlines mostly later than `after`."""
    fields = _fields(now, after)
    name = draw(st.sampled_from(names or sorted(fields)))
    actor = draw(st.sampled_from(actors))
    return _COMMAND.validate_python({"type": name, **sent_by(actor), **draw(fields[name])})
