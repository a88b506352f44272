"""Lives of instructions, drawn: what people do with each, with due moments that fall due within the run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.policies import EscalationStep, Policy, ReminderRule, Repeat
from tests import staging as s

_SECOND = timedelta(seconds=1)
_POLICIES = (
    Policy(
        id="close",
        reminders=(
            ReminderRule(id="half-way", percent=50),
            ReminderRule(id="before", offset=5 * _SECOND),
        ),
        escalation=(
            EscalationStep(id="overdue", after=5 * _SECOND, since="deadline", to="controller"),
            EscalationStep(id="overdue-more", after=20 * _SECOND, since="deadline", to="issuer"),
        ),
        extension_decision=20 * _SECOND,
    ),
    Policy(
        id="nagging",
        reminders=(
            ReminderRule(
                id="after",
                offset=3 * _SECOND,
                side="after",
                repeat=Repeat(every=15 * _SECOND, times=2),
            ),
        ),
        escalation=(
            EscalationStep(id="untaken", after=10 * _SECOND, since="assignment", to="lead"),
            EscalationStep(id="undecided", after=10 * _SECOND, since="submission", to="controller"),
        ),
        acknowledge_within=15 * _SECOND,
        accept_within=20 * _SECOND,
        extension_decision=20 * _SECOND,
    ),
)
DUE_IN = (10.0, 120.0)
"""Seconds from the issue to the deadline, drawn from these."""
_TURNS = (12, 36)
"""Comments, reports of progress and the like in one life."""
_Made = TypeVar("_Made", bound=c.InstructionCommand)


class Life:
    """One instruction's: the same commands for the same seed, but for their instants."""

    def __init__(self, number: str, random: Random, due_in: tuple[float, float] = DUE_IN) -> None:
        self.number = number
        self.instruction = instruction_id(number)
        self._random = random
        self._due_in = due_in
        self._said = 0

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def command(self, kind: type[_Made], actor: str, /, **fields: Any) -> _Made:
        made: Any = kind
        return made(command_id=self.new_id(), actor=actor, instruction=self.instruction, **fields)

    def _new_text(self, what: str) -> str:
        """That no other command has: what is recorded is held against it."""
        self._said += 1
        return f"{what} {self._said} of {self.number}"

    def issue(self) -> c.Issue:
        return self.command(
            c.Issue,
            s.ISSUER,
            number=self.number,
            text="Agree the common form of the return",
            issuer=s.COUNCIL,
            controller=s.CONTROL,
            deadline=_in(self._random.uniform(*self._due_in)),
            policy=self._random.choice(_POLICIES),
        )

    def commands(self) -> Iterator[c.ClientCommand]:
        """One after the other: each is made when its turn comes."""
        random = self._random
        yield self.issue()
        yield self.command(c.Assign, s.ISSUER, lead=s.MINISTRY)
        if random.random() < 0.1:
            yield self.command(c.Decline, s.LEAD, reason="it is another ministry's")
            yield self.command(c.Assign, s.ISSUER, lead=s.MINISTRY)
        if random.random() < 0.8:
            yield self.command(c.Acknowledge, s.LEAD)
        for _ in range(random.randint(*_TURNS)):
            yield from self._turn()
        if random.random() < 0.15:
            return  # nobody sees to it any more
        yield self.command(c.SubmitReport, s.LEAD, text="all is agreed")
        if random.random() < 0.3:
            yield self.command(
                c.Return, s.CONTROLLER, reason="the annex is missing", deadline=_in(60)
            )
            yield self.command(c.ReportProgress, s.LEAD, percent=90, text="the annex is here")
            yield self.command(c.SubmitReport, s.LEAD, text="with the annex")
        yield self.command(c.Accept, s.CONTROLLER)

    def comment(self) -> c.Comment:
        actor = self._random.choice((s.ISSUER, s.LEAD, s.CONTROLLER))
        return self.command(c.Comment, actor, text=self._new_text("remark"))

    def _turn(self) -> Iterator[c.ClientCommand]:
        random = self._random
        match random.choices(range(7), weights=(35, 30, 10, 6, 5, 6, 8))[0]:
            case 0:
                yield self.comment()
            case 1:
                percent = random.randrange(101)
                yield self.command(
                    c.ReportProgress, s.LEAD, percent=percent, text=self._new_text("step")
                )
            case 2:
                yield self.command(
                    c.RequestExtension, s.LEAD, until=_in(150), reason="the annex takes longer"
                )
                kind = random.choice((c.ApproveExtension, c.RefuseExtension, None))
                if kind is c.RefuseExtension:
                    yield self.command(c.RefuseExtension, s.CONTROLLER, reason="it does not")
                elif kind is c.ApproveExtension:
                    yield self.command(c.ApproveExtension, s.CONTROLLER)
            case 3:
                yield self.command(c.Suspend, s.ISSUER, reason="the law is being changed")
                yield self.command(c.Resume, s.ISSUER, deadline=_in(60))
            case 4:
                yield self.command(c.RequestProgress, s.OPERATOR, text="how far is it?")
            case 5:
                until = datetime.now(UTC) + 10 * _SECOND
                yield self.command(c.Snooze, s.OPERATOR, until=until, reason="they are at it")
            case _:
                # The controller may not: a refusal.
                yield self.command(c.Acknowledge, s.CONTROLLER)


def _in(seconds: float) -> DeadlineRequest:
    return DeadlineRequest(at=datetime.now(UTC) + seconds * _SECOND)
