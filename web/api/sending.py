"""A command, from the request to what is on record."""

import logging
from collections.abc import Collection
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from temporalio.client import WorkflowUpdateFailedError

from domain.attribution import Command
from domain.identifiers import CommandId
from domain.instruction.commands import ClientCommand
from domain.outcomes import Outcome, Recorded, Rejected
from domain.recurrence.commands import RecurrenceClientCommand
from domain.rejections import Code
from domain.value import Instant
from web.api.asking import Asking
from web.api.requests import validation_problem
from web.problems import ApiCode, Problem
from workflows.client import NoAnswer
from workflows.encryption import NotDecryptable

_logger = logging.getLogger(__name__)


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
    closed: bool = Field(description="nothing will fall due any more")


class Foreseen(BaseModel):
    """What the command would lead to, by what the log says now. Nothing is recorded."""

    status: Literal["foreseen"] = "foreseen"
    events: list[dict[str, Any]] = Field(
        description="as they would be recorded; none if it is on record already, or changes nothing"
    )


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
    """Record a command that is for no workflow."""
    return await ended(asking, command, await asking.services.handler.handle(command, asking.at))


async def foresee(asking: Asking, command: Command) -> Foreseen:
    """Raises `Problem`: the rule that would refuse it."""
    found = await asking.services.handler.preview(command, asking.at)
    if isinstance(found, Rejected):
        raise refused(asking, found)
    return Foreseen(events=[event.model_dump(mode="json") for event in found])


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
            del command
            raise refused(asking, outcome)


def refused(asking: Asking, rejection: Rejected) -> Problem:
    """What is told of it. One for want of authority is noted in the log of access, also of what was only tried."""
    if rejection.code in (Code.NOT_AUTHORISED, Code.IDENTITY_NOT_PROVEN):
        asking.request.state.outcome = "command-refused"
    return Problem.of(rejection)


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
