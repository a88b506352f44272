"""The Temporal door to `handle`."""

from temporalio import activity

from activities.contracts import RECORD, RecordRequest, RecordResult
from activities.courier import Courier
from eventstore.handle import CommandHandler


class RecordActivity:
    def __init__(self, handler: CommandHandler, courier: Courier) -> None:
        """`courier` delivers at once what the command gives notice of."""
        self._handler = handler
        self._courier = courier

    @activity.defn(name=RECORD)
    async def record(self, request: RecordRequest) -> RecordResult:
        """A refusal is a result like any other; only an unreachable log fails, and is retried."""
        outcome = await self._handler.handle(request.command, request.at, given=self._courier.take)
        return RecordResult(outcome=outcome)
