"""Commands of an instruction's life, as clients send them."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.policies import DEFAULT_POLICY, Policy
from tests import staging as s

_Made = TypeVar("_Made", bound=c.InstructionCommand)


def new_number() -> str:
    """An instruction's number that nobody else uses."""
    return f"B-{uuid4()}"


def _make(command: type[_Made], actor: str, number: str, /, **fields: Any) -> _Made:
    made: Any = command
    return made(command_id=str(uuid4()), actor=actor, instruction=instruction_id(number), **fields)


def issue(
    number: str, *, deadline: datetime | None = None, policy: Policy = DEFAULT_POLICY
) -> c.Issue:
    """By default due in 400 days."""
    return _make(
        c.Issue,
        s.ISSUER,
        number,
        number=number,
        text="Agree the common rules for the labelling of goods",
        issuer=s.COUNCIL,
        controller=s.CONTROL,
        deadline=DeadlineRequest(at=deadline or datetime.now(UTC) + timedelta(days=400)),
        policy=policy,
    )


def assign(number: str) -> c.Assign:
    return _make(c.Assign, s.ISSUER, number, lead=s.MINISTRY)


def comment(number: str) -> c.Comment:
    return _make(c.Comment, s.ISSUER, number, text="noted")


def acknowledge(number: str) -> c.Acknowledge:
    return _make(c.Acknowledge, s.LEAD, number)


def report_progress(number: str) -> c.ReportProgress:
    return _make(c.ReportProgress, s.LEAD, number, percent=50, text="half of it is agreed")


def request_extension(number: str, until: datetime) -> c.RequestExtension:
    return _make(
        c.RequestExtension,
        s.LEAD,
        number,
        until=DeadlineRequest(at=until),
        reason="the annex takes longer",
    )


def approve_extension(number: str) -> c.ApproveExtension:
    return _make(c.ApproveExtension, s.CONTROLLER, number)


def submit_report(number: str) -> c.SubmitReport:
    return _make(c.SubmitReport, s.LEAD, number, text="all is agreed")


def accept(number: str) -> c.Accept:
    return _make(c.Accept, s.CONTROLLER, number)


def whole_life(number: str) -> list[c.ClientCommand]:
    """Eight commands from issue to acceptance."""
    return [
        issue(number),
        assign(number),
        acknowledge(number),
        report_progress(number),
        request_extension(number, datetime.now(UTC) + timedelta(days=500)),
        approve_extension(number),
        submit_report(number),
        accept(number),
    ]
