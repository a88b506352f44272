"""The Temporal door to `handle`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.clock import clocks_disagree, require_present
from activities.contracts import NOT_A_COMMAND, RECORD, RecordResult
from activities.courier import Courier
from activities.nudge import nudge
from activities.seal import GOOD_FOR, Sealer
from domain.attribution import Command
from domain.identifiers import StreamId
from domain.instruction.commands import CheckDeadlines, ClientCommand
from domain.outcomes import Outcome, Rejected
from domain.recurrence.commands import AnyRecurrenceCommand
from domain.rejections import Code, rejected
from eventstore.handle import CommandHandler
from notifications.failures import named

_Taken = ClientCommand | CheckDeadlines | AnyRecurrenceCommand
_COMMANDS: TypeAdapter[_Taken] = TypeAdapter(Annotated[_Taken, Field(discriminator="type")])
"""What clients send, and what the workflows themselves ask for. No other: whoever may speak to Temporal can have an
activity run with any argument.
"""
_MINUTE = timedelta(minutes=1)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """Which clients' commands are taken, by how their sender is known."""

    sealer: Sealer | None = None
    """Tells who was authenticated; without it nobody is taken to be."""
    asserted: bool = True
    """Whether those are taken whose sender merely says who they are."""
    skew: timedelta | None = None
    """By which clocks may differ: the present is told by whoever calls, and is held to this worker's own clock, and to
    when an authenticated command was sealed. None where time is skipped."""

    def refusal(self, command: Command, at: datetime) -> Rejected | ApplicationError | None:
        """Why the command is not taken as of `at`; None if it is. What workflows ask for is no client's.

        An error, of type ClocksDisagree, where it would be taken but for what some clock says: what is decided by a
        wrong clock is no answer to who sent it.
        """
        if command.by_system:
            return None
        match command.identity.kind:
            case "authenticated":
                sealed_at = self.sealer.sealed_at(command) if self.sealer is not None else None
                if self.sealer is None or sealed_at is None:
                    message = (
                        "nothing proves that its sender was authenticated; send it through the API"
                    )
                else:
                    return self._out_of_time(self.sealer, sealed_at, at)
            case "asserted":
                if self.asserted:
                    return None
                message = "its sender only says who they are, which is not enough here; send it through the API"
            case "system":  # refused by the command itself
                message = "no client is the system"
        return rejected(Code.IDENTITY_NOT_PROVEN, message, "identity")

    def _out_of_time(
        self, sealer: Sealer, sealed_at: datetime, at: datetime
    ) -> ApplicationError | None:
        if not sealer.holds(sealed_at):
            return clocks_disagree(
                f"the command was sealed at {sealed_at.isoformat()}, more than {GOOD_FOR // _MINUTE} minutes away "
                "from this worker's clock, unless it was merely under way for so long"
            )
        if self.skew is not None and at < sealed_at - self.skew:
            return clocks_disagree(
                f"the command was sealed at {sealed_at.isoformat()}, and would be recorded as of before that, "
                f"{at.isoformat()}"
            )
        return None


_ANYBODY = Admission()


class RecordActivity:
    def __init__(
        self,
        handler: CommandHandler,
        courier: Courier,
        client: Client,
        task_queue: str,
        admission: Admission = _ANYBODY,
    ) -> None:
        """`courier` delivers at once what the command gives notice of."""
        self._handler = handler
        self._courier = courier
        self._client = client
        self._task_queue = task_queue
        self._admission = admission

    @activity.defn(name=RECORD)
    async def record(self, command: RawValue, at: datetime) -> RecordResult:
        """A refusal is a result like any other; only an unreachable log fails, and is retried.

        Raises `ApplicationError`, never retried: of type NotACommand for JSON that makes no command, ClocksDisagree
        for an `at` that is yet to come, or for a seal that is out of its time.
        """
        require_present(at, self._admission.skew)
        try:
            decoded = _COMMANDS.validate_json(command.payload.data)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            raise ApplicationError(
                f"this is no command: {'; '.join(_sentence(one) for one in wrong)}",
                type=NOT_A_COMMAND,
                non_retryable=True,
            ) from None  # its text would repeat what was entered
        refusal = self._admission.refusal(decoded, at)
        if refusal is not None:
            return RecordResult(outcome=await self._unless_recorded(decoded, refusal))
        beside: list[StreamId] = []
        outcome = await self._handler.handle(
            decoded, at, given=self._courier.take, beside=beside.append
        )
        await self._conduct(beside)
        return RecordResult(outcome=outcome)

    async def _unless_recorded(
        self, command: Command, refusal: Rejected | ApplicationError
    ) -> Outcome:
        """What an attempt before has recorded is not refused by this one: the clock it goes by may be another.

        Raises `ApplicationError` while such an attempt may still be about to, and the refusal if it is one.
        """
        known = await self._handler.recorded(command)
        if known is not None:
            return known
        if isinstance(refusal, ApplicationError):
            raise refusal
        if activity.info().attempt > 1:
            raise ApplicationError(
                f"{refusal.message}; whether an attempt before recorded it is not known"
            )
        return refusal

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
