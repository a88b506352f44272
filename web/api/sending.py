"""A command, from the request to what is on record."""

from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from domain.attribution import Command
from domain.instruction.commands import ClientCommand
from domain.outcomes import Outcome, Recorded, Rejected
from domain.recurrence.commands import RecurrenceClientCommand
from domain.rejections import Code
from domain.value import Instant
from web.api.asking import Asking
from web.api.requests import validation_problem
from web.problems import ApiCode, Problem
from workflows.client import NoAnswer


class Done(BaseModel):
    """The command is on record: just now, or since an earlier attempt under the same key."""

    status: Literal["recorded"] = "recorded"
    version: int = Field(
        description="of the stream after the command's last event: the next `If-Match`"
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
    expected_version: int | None = None,
    **subject: str,
) -> Any:
    """The command that the request stands for.

    Args:
        adapter: of a union of commands, told apart by their type.
        subject: what the path names.

    Raises `Problem` validation if its own rules say something against it.
    """
    said = {
        **body.model_dump(),
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
    except NoAnswer as error:
        raise Problem(ApiCode.OUTCOME_UNKNOWN, str(error)) from error
    return await ended(asking, command, outcome)


async def record(asking: Asking, command: Command) -> Done:
    """Record a command that is for no workflow."""
    return await ended(asking, command, await asking.services.handler.handle(command, asking.at))


async def foresee(asking: Asking, command: Command) -> Foreseen:
    """Raises `Problem`: the rule that would refuse it."""
    found = await asking.services.handler.preview(command, asking.at)
    if isinstance(found, Rejected):
        raise Problem.of(found)
    return Foreseen(events=[event.model_dump(mode="json") for event in found])


async def ended(asking: Asking, command: Command, outcome: Outcome) -> Done:
    """What is told of it. A refusal for want of authority is noted in the log of access."""
    match outcome:
        case Recorded():
            return Done(
                version=outcome.version,
                position=outcome.position,
                next_wake=outcome.next_wake,
                closed=outcome.closed,
            )
        case Rejected():
            del command
            if outcome.code in (Code.NOT_AUTHORISED, Code.IDENTITY_NOT_PROVEN):
                asking.request.state.outcome = "command-refused"
            raise Problem.of(outcome)
