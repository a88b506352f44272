"""Requests to a recurrence, in the imperative. Who may send which is in `decisions.py`."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from domain.attribution import Command
from domain.identifiers import RecurrenceId
from domain.instruction.commands import Reason
from domain.recurrence.terms import Terms
from domain.value import CalendarDate


class RecurrenceCommand(Command):
    """What every request to a recurrence carries."""

    recurrence: RecurrenceId


class _SaysAll(RecurrenceCommand, Terms):
    """All that a recurrence is."""

    zone: str | None = Field(default=None, description="IANA zone; by default the issuer's")


class StartRecurrence(_SaysAll):
    """Have an instruction issued for each day of a rule whose deadline still lies ahead."""

    type: Literal["StartRecurrence"] = "StartRecurrence"


class ChangeRecurrence(_SaysAll):
    """Say all of it anew, from the next occurrence on. What was issued stays as it is."""

    type: Literal["ChangeRecurrence"] = "ChangeRecurrence"
    reason: Reason


class PauseRecurrence(RecurrenceCommand):
    """Issue nothing until it is resumed."""

    type: Literal["PauseRecurrence"] = "PauseRecurrence"
    reason: Reason


class ResumeRecurrence(RecurrenceCommand):
    """Go on. Of what fell into the pause, that is issued whose deadline still lies ahead."""

    type: Literal["ResumeRecurrence"] = "ResumeRecurrence"
    reason: Reason


class EndRecurrence(RecurrenceCommand):
    """Issue nothing any more. Instructions that were issued go on."""

    type: Literal["EndRecurrence"] = "EndRecurrence"
    reason: Reason


class SkipOccurrence(RecurrenceCommand):
    """Leave one occurrence out: the next, or a later one."""

    type: Literal["SkipOccurrence"] = "SkipOccurrence"
    day: CalendarDate = Field(description="the occurrence's day, as the rule has it")
    reason: Reason


class CheckRecurrence(RecurrenceCommand):
    """From the workflow: issue what has fallen due. Never refused; often records nothing."""

    by_system: ClassVar[bool] = True
    type: Literal["CheckRecurrence"] = "CheckRecurrence"


RecurrenceClientCommand = Annotated[
    StartRecurrence
    | ChangeRecurrence
    | PauseRecurrence
    | ResumeRecurrence
    | EndRecurrence
    | SkipOccurrence,
    Field(discriminator="type"),
]
"""What people and programs may send."""

RECURRENCE_CLIENT_COMMANDS: frozenset[str] = frozenset(
    command.model_fields["type"].default
    for command in get_args(get_args(RecurrenceClientCommand)[0])
)
"""The `type` of each of them."""

AnyRecurrenceCommand = Annotated[
    RecurrenceClientCommand | CheckRecurrence, Field(discriminator="type")
]
