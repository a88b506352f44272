"""Specifications of an instruction: what happened, what is asked, what it leads to.

given([issued(), assigned()]).when(Acknowledge(**sent_by(LEAD)), at=NOW).then([...])
given([issued()]).when(Acknowledge(**sent_by(LEAD)), at=NOW).refused("not-in-this-phase")
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.attribution import BY_SYSTEM
from domain.facts import Facts
from domain.instruction.commands import (
    AcknowledgeNotice,
    AnyInstructionCommand,
    CheckDeadlines,
    Correct,
)
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.decide import decide, instruction_decider
from domain.instruction.decisions.machinery import replanned
from domain.instruction.events import InstructionEvent, MomentsPlanned
from domain.instruction.state import InstructionState, KnownState, Unissued
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.world import INSTRUCTION, facts

Events = tuple[InstructionEvent, ...]


@dataclass(frozen=True)
class Decided:
    """What a command led to, after the events that were given."""

    history: Events
    outcome: Events | Rejected

    def then(self, expected: Sequence[InstructionEvent]) -> None:
        """It led to exactly these events, and they can be folded; what was planned is for test_planning."""
        assert self.events == tuple(expected)
        instruction_decider.replay((*self.history, *self.recorded))

    def then_nothing(self) -> None:
        self.then([])

    def refused(self, code: Code, field: str | None = None) -> None:
        """It led to nothing but this refusal, in a sentence."""
        assert isinstance(self.outcome, Rejected), f"accepted: {self.outcome}"
        assert (self.outcome.code, self.outcome.field) == (code, field), self.outcome.message
        assert len(self.outcome.message.split()) > 4

    @property
    def recorded(self) -> Events:
        """All that it led to."""
        assert not isinstance(self.outcome, Rejected), self.outcome
        return self.outcome

    @property
    def events(self) -> Events:
        """What it led to, but for the planning of due moments."""
        return without_plans(self.recorded)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


@dataclass(frozen=True)
class Given:
    """An instruction as its events have left it."""

    history: Events
    facts: Facts

    def when(self, command: AnyInstructionCommand, *, at: datetime) -> Decided:
        facts = (
            replace(self.facts, history=self.history)
            if isinstance(command, AcknowledgeNotice | Correct)
            else self.facts
        )
        return Decided(self.history, decide(command, self.state, facts, at))

    def when_checked(self, *, at: datetime) -> Decided:
        """The deadline machinery looks, at `at`, for what has fallen due."""
        return self.when(check(), at=at)

    def and_then(self, command: AnyInstructionCommand, *, at: datetime) -> "Given":
        """This command was accepted as well."""
        return Given((*self.history, *self.when(command, at=at).recorded), self.facts)

    def and_checked(self, *, at: datetime) -> "Given":
        """The machinery has recorded all that had fallen due by `at`, one wake after another."""
        settled = self
        while recorded := settled.when_checked(at=at).recorded:
            settled = Given((*settled.history, *recorded), self.facts)
        return settled

    @property
    def state(self) -> InstructionState:
        return instruction_decider.replay(self.history)

    @property
    def known(self) -> KnownState:
        state = self.state
        assert not isinstance(state, Unissued)
        return state


def given(history: Iterable[InstructionEvent] = (), facts: Callable[[], Facts] = facts) -> Given:
    """An instruction with this history, in the world of `tests.domain.world` or another.

    Due moments are planned as its last events would have them.
    """
    return Given(with_plan(tuple(history), facts()), facts())


def with_plan(history: Events, facts: Facts) -> Events:
    """The history, and what the instruction waits for after it."""
    if not history or any(isinstance(event, MomentsPlanned) for event in history):
        return history
    at, state = history[-1].occurred_at, instruction_decider.replay(history)
    now = Context(by=BY_SYSTEM, occurred_at=at, at=at, facts=facts)
    planned = replanned(Unissued(), state, now)
    return (*history, *(event for event in planned if isinstance(event, MomentsPlanned)))


def without_plans(events: Events) -> Events:
    return tuple(event for event in events if not isinstance(event, MomentsPlanned))


def check() -> CheckDeadlines:
    return CheckDeadlines(command_id="check", actor="system", instruction=INSTRUCTION)
