"""The Temporal door to `handle`."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.contracts import NOT_A_COMMAND, RECORD, RecordResult
from activities.courier import Courier
from activities.nudge import nudge
from domain.identifiers import StreamId
from domain.instruction.commands import AnyInstructionCommand
from domain.recurrence.commands import AnyRecurrenceCommand
from eventstore.handle import CommandHandler
from notifications.failures import named

_COMMANDS: TypeAdapter[AnyInstructionCommand | AnyRecurrenceCommand] = TypeAdapter(
    Annotated[AnyInstructionCommand | AnyRecurrenceCommand, Field(discriminator="type")]
)
_logger = logging.getLogger(__name__)


class RecordActivity:
    def __init__(
        self, handler: CommandHandler, courier: Courier, client: Client, task_queue: str
    ) -> None:
        """`courier` delivers at once what the command gives notice of."""
        self._handler = handler
        self._courier = courier
        self._client = client
        self._task_queue = task_queue

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
        beside: list[StreamId] = []
        outcome = await self._handler.handle(
            decoded, at, given=self._courier.take, beside=beside.append
        )
        await self._conduct(beside)
        return RecordResult(outcome=outcome)

    async def _conduct(self, beside: Sequence[StreamId]) -> None:
        """Have the workflows of what was written beside the command's own stream look again, and start those
        that do not run; those that fail are left to the watchdog.
        """
        try:
            await nudge(self._client, self._task_queue, beside)
        except Exception as error:  # what is recorded is: whatever it is, this answer tells so
            _logger.warning("%s: left to the watchdog: %s", ", ".join(beside), named(error))


def _sentence(wrong: ErrorDetails) -> str:
    """The first part of the place is the command's type."""
    return f"{'.'.join(map(str, wrong['loc'][1:])) or 'type'}: {wrong['msg']}"
