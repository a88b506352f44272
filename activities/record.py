"""The Temporal door to `handle`."""

from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.contracts import NOT_A_COMMAND, RECORD, RecordResult
from activities.courier import Courier
from domain.instruction.commands import AnyInstructionCommand
from eventstore.handle import CommandHandler

_COMMANDS: TypeAdapter[AnyInstructionCommand] = TypeAdapter(AnyInstructionCommand)


class RecordActivity:
    def __init__(self, handler: CommandHandler, courier: Courier) -> None:
        """`courier` delivers at once what the command gives notice of."""
        self._handler = handler
        self._courier = courier

    @activity.defn(name=RECORD)
    async def record(self, command: RawValue, at: datetime) -> RecordResult:
        """A refusal is a result like any other; only an unreachable log fails, and is retried.

        Raises `ApplicationError` of type NotACommand, never retried, for JSON that makes no command.
        """
        try:
            decoded = _COMMANDS.validate_json(command.payload.data)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            raise ApplicationError(
                f"this is no command: {'; '.join(_sentence(one) for one in wrong)}",
                type=NOT_A_COMMAND,
                non_retryable=True,
            ) from None  # its text would repeat what was entered
        outcome = await self._handler.handle(decoded, at, given=self._courier.take)
        return RecordResult(outcome=outcome)


def _sentence(wrong: ErrorDetails) -> str:
    """The first part of the place is the command's type."""
    return f"{'.'.join(map(str, wrong['loc'][1:])) or 'type'}: {wrong['msg']}"
