"""Specifications of the directory: what has been done to it, what is asked, what it leads to.

directory_after(closed_region).when(RenameBody(**asked(), body=REGION, name="New")).refused(...)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from domain.directory.commands import AnyDirectoryCommand
from domain.directory.decisions import directory_decider
from domain.directory.events import DirectoryEvent
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import PersonId
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.world import ADMINISTRATOR, NOW, TZDATA, directory


class Asked(TypedDict):
    command_id: str
    actor: PersonId


def asked(actor: PersonId = ADMINISTRATOR) -> Asked:
    return Asked(command_id="command", actor=actor)


@dataclass(frozen=True)
class Answered:
    outcome: tuple[DirectoryEvent, ...] | Rejected

    def then(self, expected: Sequence[DirectoryEvent]) -> None:
        assert self.outcome == tuple(expected)

    def refused(self, code: Code, field: str, naming: str = "") -> None:
        """By a sentence that names the way out."""
        assert isinstance(self.outcome, Rejected), f"accepted: {self.outcome}"
        assert (self.outcome.code, self.outcome.field) == (code, field), self.outcome.message
        assert naming in self.outcome.message
        assert len(self.outcome.message.split()) > 4

    @property
    def event(self) -> DirectoryEvent:
        assert not isinstance(self.outcome, Rejected), self.outcome
        [event] = self.outcome
        return event


@dataclass(frozen=True)
class DirectoryGiven:
    directory: Directory

    def when(self, command: AnyDirectoryCommand, *, at: datetime = NOW) -> Answered:
        facts = Facts(directory=self.directory, tzdata=TZDATA)
        return Answered(directory_decider.decide(command, self.directory, facts, at))

    def and_then(self, command: AnyDirectoryCommand, *, at: datetime = NOW) -> "DirectoryGiven":
        """This command was accepted as well."""
        event = self.when(command, at=at).event
        return DirectoryGiven(directory_decider.fold([event], self.directory))


def directory_after(*commands: AnyDirectoryCommand, at: datetime = NOW) -> DirectoryGiven:
    """The world of `tests.domain.world`, in which these commands were accepted too."""
    given = DirectoryGiven(directory())
    for command in commands:
        given = given.and_then(command, at=at)
    return given
