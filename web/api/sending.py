"""A command, from the request to what is on record."""

import logging
from collections.abc import Collection
from typing import Any, Literal, Self

from fastapi import Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from temporalio.client import WorkflowUpdateFailedError

from domain.attribution import Command
from domain.identifiers import CommandId, ProgrammeId
from domain.instruction.commands import CarryOver, ClientCommand
from domain.outcomes import Outcome, Recorded, Rejected
from domain.programme.commands import ProgrammeCommand
from domain.recurrence.commands import RecurrenceClientCommand
from domain.rejections import Code
from domain.value import Instant
from eventstore.connections import DATABASE_LOST
from eventstore.protocol import AppendFailed
from web.api.asking import Asking
from web.api.requests import validation_problem
from web.api.seen_programme import see_programme
from web.problems import ApiCode, Problem
from workflows.client import NoAnswer
from workflows.encryption import NotDecryptable

WANT_OF_AUTHORITY: frozenset[str] = frozenset({Code.NOT_AUTHORISED, Code.IDENTITY_NOT_PROVEN})
"""What the log of access has of the rules' refusals."""
_logger = logging.getLogger(__name__)

_SUBJECTS = (
    *("number", "instruction", "recurrence", "programme"),
    *("person", "office", "body", "calendar", "policy"),
)
"""Fields that name what a command is about; of several in one, the first."""


class Done(BaseModel):
    """The command is on record: just now, or since an earlier attempt under the same key."""

    status: Literal["recorded"] = "recorded"
    version: int = Field(
        description="what it stands at after the command, notices left out: the next `If-Match`"
    )
    position: int = Field(
        description="in the log, for `at_least`; 0 if the command changed nothing"
    )
    next_wake: Instant | None = Field(description="when something falls due next")
    closed: bool | None = Field(
        description="nothing will fall due any more; null, as `next_wake` is, to whoever repeats a command to what they "
        "may see nothing of by now"
    )

    def to(self, sees: object) -> Self:
        """Without how it stands now for whoever sees nothing of it: a command that is repeated is answered to them too."""
        if sees:
            return self
        return self.model_copy(update={"next_wake": None, "closed": None})


class Foreseen(BaseModel):
    """What the command would lead to, by what the log says now. Nothing is recorded."""

    status: Literal["foreseen"] = "foreseen"
    events: list[dict[str, Any]] = Field(
        description="as they would be recorded; none if it is on record already, or changes nothing"
    )


FORESEEN: dict[int | str, dict[str, Any]] = {
    200: {"model": Foreseen, "description": "with `dry_run`: nothing is founded"}
}
"""Beside the 201 of what founds something."""


def command_of(
    adapter: TypeAdapter[Any],
    body: BaseModel,
    asking: Asking,
    key: str,
    *,
    apart: Collection[str] = (),
    expected_version: int | None = None,
    **subject: Any,
) -> Any:
    """The command that the request stands for.

    Args:
        adapter: of a union of commands, told apart by their type.
        apart: fields of the body that are no part of the command.
        subject: what the path names, and what the server computes.

    Raises `Problem` validation if its own rules say something against it.
    """
    said = {
        **body.model_dump(exclude=set(apart)),
        **subject,
        "command_id": key,
        "actor": asking.reader.person,
        "identity": asking.identity,
        "expected_version": expected_version,
    }
    try:
        return adapter.validate_python(said)
    except ValidationError as error:
        raise validation_problem(error) from None  # its text would repeat what was entered


async def send(asking: Asking, command: ClientCommand | RecurrenceClientCommand) -> Done:
    """Have the workflow record it.

    Raises `Problem`: the rule that refuses it; outcome-unknown if there is no answer in time.
    """
    services = asking.services
    try:
        outcome = await services.sender.send(
            services.sealer.seal(command), patience=services.patience
        )
    except (NoAnswer, WorkflowUpdateFailedError, NotDecryptable) as error:
        raise Problem(
            ApiCode.OUTCOME_UNKNOWN, unanswered(command.command_id, _reason(error))
        ) from error
    return await ended(asking, command, outcome)


async def record(asking: Asking, command: Command) -> Done:
    """Record a command that is for no workflow.

    Raises `Problem`: the rule that refuses it; outcome-unknown if the log does not answer.
    """
    return await ended(asking, command, await handled(asking, command))


async def handled(asking: Asking, command: Command) -> Outcome:
    """What the log answers to such a command. Raises `Problem` outcome-unknown if it does not."""
    try:
        return await asking.services.handler.handle(command, asking.at)
    except (AppendFailed, *DATABASE_LOST) as error:
        raise Problem(
            ApiCode.OUTCOME_UNKNOWN, unanswered(command.command_id, str(error))
        ) from error


async def foresee(asking: Asking, command: Command) -> Foreseen:
    """Raises `Problem`: the rule that would refuse it."""
    found = await asking.services.handler.preview(command, asking.at)
    if isinstance(found, Rejected):
        raise await refused(asking, command, found)
    return Foreseen(events=[event.model_dump(mode="json") for event in found])


async def foresee_new(asking: Asking, command: Command, response: Response) -> Foreseen:
    """The same of what would found something: without it, nothing is there that is new."""
    foreseen = await foresee(asking, command)
    response.status_code = 200
    return foreseen


async def ended(asking: Asking, command: Command, outcome: Outcome) -> Done:
    """What is told of it. A refusal for want of authority is noted in the log of access."""
    match outcome:
        case Recorded():
            return Done(
                version=version_of(outcome),
                position=outcome.position,
                next_wake=outcome.next_wake,
                closed=outcome.closed,
            )
        case Rejected():
            raise await refused(asking, command, outcome)


async def refused(asking: Asking, command: Command, rejected: Rejected) -> Problem:
    """What is told of it. One for want of authority is noted in the log of access, also of what was only tried, with what it
    was about.
    """
    asking.request.state.subject = subject_of(command)
    if rejected.code in WANT_OF_AUTHORITY:
        asking.request.state.outcome = "command-refused"
    return await told_of(asking, command, rejected)


async def told_of(asking: Asking, command: Command, rejected: Rejected) -> Problem:
    """The rule's sentence, but for one that would tell of a programme that whoever asks may not know of: there is none, for
    them.
    """
    named = _refused_for(command, rejected)
    if named is None:
        return Problem.of(rejected)
    try:
        await see_programme(asking, named, figures=False)
    except Problem as hidden:
        why = f"no programme {named} is known, or it is not for you"
        field = "into" if isinstance(command, CarryOver) else rejected.field
        return Problem(Code.UNKNOWN, why, field=field, hides=hidden.hides)
    return Problem.of(rejected)


def version_of(recorded: Recorded) -> int:
    """What `If-Match` is compared with. Workers of earlier versions know the stream's alone."""
    if recorded.content_version is None:
        return recorded.version
    return recorded.content_version


def unanswered(command_id: CommandId, reason: str) -> str:
    """What is told of a command without an answer; why there is none is for the log: it names queues and hosts."""
    _logger.warning("command %s got no answer: %s", command_id, reason)
    return "whether it is recorded is not known; send the same again, under the same key"


def _reason(error: BaseException) -> str:
    return f"{error}: {error.__cause__}" if error.__cause__ else str(error)


def subject_of(command: Command) -> str | None:
    """What a command is to, or would have made, by its name."""
    named = (getattr(command, field, None) for field in _SUBJECTS)
    return next((one for one in named if isinstance(one, str)), None)


def _refused_for(command: Command, rejected: Rejected) -> ProgrammeId | None:
    """The programme that a command to something else names, where it is refused for what that is or how it stands.

    That one which they may issue under is not in force they are told: who may issue may know.
    """
    telling = {Code.UNKNOWN, Code.NOT_AUTHORISED}
    match rejected.field:
        case "programme" if rejected.code in telling and not isinstance(command, ProgrammeCommand):
            return getattr(command, "programme", None)
        case "into" if rejected.code in {*telling, Code.PROGRAMME_NOT_IN_FORCE}:
            return getattr(command, "into", None)
        case _ if isinstance(command, CarryOver) and rejected.code == Code.NOT_AUTHORISED:
            return command.into  # where it is known, who may is told by its body
        case _:
            return None
