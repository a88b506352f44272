"""Any policy, and any command by anybody, for properties that must hold whatever is asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.deadline import DeadlineRequest
from domain.identifiers import PersonId
from domain.instruction.commands import ClientCommand, Issue
from domain.policies import EscalationStep, Policy, ReminderRule, Repeat
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
Since = Literal["assignment", "deadline", "previous"]

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
_ZONES = st.sampled_from(["UTC", "Europe/Minsk", "Europe/Berlin", "Australia/Lord_Howe"])
_TARGETS = st.sampled_from(
    ["lead", "controller", "issuer", "issuer-head", "superior", f"body:{JOINT}", "body:nobody"]
)
_DURATIONS = st.one_of(
    st.sampled_from([timedelta(0), timedelta(seconds=2)]),
    st.integers(1, 60).map(lambda days: timedelta(days=days)),
    st.integers(1, 24 * 60).map(lambda hours: timedelta(hours=hours)),
)
_REPEATS = st.none() | st.builds(
    Repeat,
    every=_DURATIONS.filter(bool),
    times=st.integers(1, 4),
)
_STARTS: list[Since] = ["deadline", "assignment"]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    reminders = draw(st.integers(0, 3))
    steps = draw(st.integers(0, 4))
    return Policy(
        id="arbitrary",
        reminders=tuple(
            ReminderRule(
                id=f"reminder-{n}",
                offset=draw(_DURATIONS),
                side=draw(st.sampled_from(["before", "after"])),
                repeat=draw(_REPEATS),
            )
            for n in range(reminders)
        ),
        escalation=tuple(
            EscalationStep(
                id=f"step-{n}",
                after=draw(_DURATIONS),
                since=draw(st.sampled_from([*_STARTS, "previous"] if n else _STARTS)),
                to=draw(_TARGETS.filter(lambda to: to != "body:nobody")),
                repeat=draw(_REPEATS),
            )
            for n in range(steps)
        ),
        extension_decision=draw(_DURATIONS),
    )


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
    )


def _fields(now: datetime, after: datetime) -> dict[str, st.SearchStrategy[dict[str, object]]]:
    text = st.sampled_from(["Done.", "The annex is missing.", "Согласовано."])
    until = st.integers(-1, 30).map(lambda days: now + timedelta(days=days))
    return {
        "Propose": issuing(now).map(lambda issue: issue.model_dump(exclude=_ENVELOPE)),
        "Adopt": st.fixed_dictionaries({"deadline": st.none() | deadlines(now)}),
        "Refuse": st.fixed_dictionaries({"reason": text}),
        "Reassign": st.fixed_dictionaries(
            {"lead": _BODIES, "co_assignees": st.lists(_BODIES, max_size=1)}
        ),
        "Decline": st.fixed_dictionaries({"reason": text}),
        "SetController": st.fixed_dictionaries({"controller": st.none() | _BODIES}),
        "SetObservers": st.fixed_dictionaries({"observers": st.lists(_BODIES, max_size=2)}),
        "RequestProgress": st.just({}),
        "WithdrawExtension": st.just({}),
        "ChangeDeadline": st.fixed_dictionaries({"deadline": deadlines(now), "reason": text}),
        "WithdrawReport": st.just({}),
        "Suspend": st.fixed_dictionaries({"reason": text}),
        "Resume": st.fixed_dictionaries({"deadline": st.none() | deadlines(now)}),
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
            {"lead": _BODIES, "co_assignees": st.lists(_BODIES, max_size=1)}
        ),
        "Acknowledge": st.just({}),
        "ReportProgress": st.fixed_dictionaries({"percent": st.integers(0, 100), "text": text}),
        "RequestExtension": st.fixed_dictionaries({"until": deadlines(after), "reason": text}),
        "ApproveExtension": st.fixed_dictionaries({"until": st.none() | deadlines(after)}),
        "RefuseExtension": st.fixed_dictionaries({"reason": text}),
        "SubmitReport": st.fixed_dictionaries({"text": text}),
        "Accept": st.fixed_dictionaries({"text": text}),
        "Return": st.fixed_dictionaries({"reason": text, "deadline": st.none() | deadlines(now)}),
        "Cancel": st.fixed_dictionaries({"reason": text}),
        "Escalate": st.fixed_dictionaries({"to": _TARGETS, "reason": text}),
        "AcknowledgeEscalation": st.fixed_dictionaries({"until": until}),
        "Deescalate": st.fixed_dictionaries({"reason": text}),
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
