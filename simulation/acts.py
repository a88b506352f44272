"""What people do in a life, and the lives themselves: data that a seed makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.directory.commands import PublishCalendar
from domain.identifiers import (
    BodyId,
    PersonId,
    StreamId,
    instruction_id,
    recurrence_stream,
)
from domain.instruction import commands as c
from domain.recurrence.commands import RecurrenceClientCommand, RecurrenceCommand


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One command at its moment. The rules may refuse it: people do try what they may not."""

    at: datetime
    by: BodyId
    """Whose head does it; or `operator`."""
    command: type[Command]
    about: str
    """The instruction's number, or the recurrence's id."""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def stream(self) -> StreamId:
        return (
            recurrence_stream(self.about)
            if issubclass(self.command, RecurrenceCommand)
            else instruction_id(self.about)
        )

    def request(
        self, command_id: str, actor: PersonId
    ) -> c.ClientCommand | RecurrenceClientCommand:
        """The command as its client sends it."""
        of_recurrence = issubclass(self.command, RecurrenceCommand)
        about = (
            {"recurrence": self.about}
            if of_recurrence
            else {"instruction": instruction_id(self.about)}
        )
        made: Any = self.command.model_validate(
            {"command_id": command_id, "actor": actor, **about, **self.fields}
        )
        return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """One measure from issue to its end, as its people see it."""

    number: str
    plot: str
    """What it is a case of: `late`, `extended`, …"""
    acts: tuple[Act, ...]
    """In order of time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that becomes different for all: a policy, a calendar, who stands in for whom."""

    at: datetime
    command: Command

    @property
    def concerns_all(self) -> bool:
        """Whoever makes it wakes what is open (cli/waking.py)."""
        return isinstance(self.command, PublishCalendar)


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """All that happens: the same for the same seed."""

    seed: int
    begins: datetime
    ends: datetime
    changes: tuple[Change, ...]
    lives: tuple[Life, ...]
