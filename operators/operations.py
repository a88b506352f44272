"""What is to be done to each of many instructions: the command, but for whom it is sent to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from pydantic import TypeAdapter

from domain.deadline import Deadline, DeadlineRequest
from domain.instruction import commands as c
from domain.instruction.state import KnownState

_COMMAND: TypeAdapter[c.ClientCommand] = TypeAdapter(c.ClientCommand)


class Operation(Protocol):
    """Makes the same command of the same instruction as it stood before: so that doing it again repeats it."""

    def command(self, envelope: Mapping[str, object], before: KnownState) -> c.ClientCommand:
        """Raises `pydantic.ValidationError` if what it says makes no sense.

        Args:
            envelope: what every command carries: ids, actor, instruction.
            before: how the instruction stood before the command.
        """
        ...


@dataclass(frozen=True)
class TheSame:
    """The same command to each."""

    kind: type[c.InstructionCommand]
    """Of `ClientCommand`."""
    said: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Its fields but for the envelope."""

    def command(self, envelope: Mapping[str, object], before: KnownState) -> c.ClientCommand:
        del before
        return _COMMAND.validate_python({"type": self.kind.__name__, **envelope, **self.said})


@dataclass(frozen=True)
class MoveDeadline:
    """Each deadline so much later: a day stays a day where whole days are added."""

    by: timedelta
    reason: str

    def command(self, envelope: Mapping[str, object], before: KnownState) -> c.ClientCommand:
        deadline = moved(before.record.deadline, self.by)
        same = TheSame(c.ChangeDeadline, {"deadline": deadline, "reason": self.reason})
        return same.command(envelope, before)


def moved(deadline: Deadline, by: timedelta) -> DeadlineRequest:
    """The deadline so much later, as a request for another one."""
    if deadline.on is not None and by % timedelta(days=1) == timedelta(0):
        return DeadlineRequest(on=deadline.on + by)
    return DeadlineRequest(at=deadline.instant + by)
