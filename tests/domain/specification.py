"""Specifications of an instruction: what happened, what is asked, what it leads to.

given([issued(), assigned()]).when(Acknowledge(**sent_by(LEAD)), at=NOW).then([...])
given([issued()]).when(Acknowledge(**sent_by(LEAD)), at=NOW).refused("not-in-this-phase")
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.facts import Facts
from domain.instruction.commands import (
    AcknowledgeNotice,
    AnyInstructionCommand,
    CheckDeadlines,
    Correct,
)
from domain.instruction.decisions.decide import decide, instruction_decider
from domain.instruction.events import InstructionEvent
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
        """It led to exactly these events, and they can be folded."""
        assert self.outcome == tuple(expected)
        instruction_decider.replay((*self.history, *expected))

    def then_nothing(self) -> None:
        self.then([])

    def refused(self, code: Code, field: str | None = None) -> None:
        """It led to nothing but this refusal, in a sentence."""
        assert isinstance(self.outcome, Rejected), f"accepted: {self.outcome}"
        assert (self.outcome.code, self.outcome.field) == (code, field), self.outcome.message
        assert len(self.outcome.message.split()) > 4

    @property
    def events(self) -> Events:
        assert not isinstance(self.outcome, Rejected), self.outcome
        return self.outcome

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
        return Given((*self.history, *self.when(command, at=at).events), self.facts)

    def and_checked(self, *, at: datetime) -> "Given":
        """The machinery has recorded all that had fallen due by `at`, one wake after another."""
        settled = self
        while recorded := settled.when_checked(at=at).events:
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
    """An instruction with this history, in the world of `tests.domain.world` or another."""
    return Given(tuple(history), facts())


def check() -> CheckDeadlines:
    return CheckDeadlines(command_id="check", actor="system", instruction=INSTRUCTION)
