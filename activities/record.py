"""The Temporal door to `handle`."""

from temporalio import activity

from activities.contracts import RECORD, RecordRequest, RecordResult
from eventstore.handle import CommandHandler


class RecordActivity:
    def __init__(self, handler: CommandHandler) -> None:
        self._handler = handler

    @activity.defn(name=RECORD)
    async def record(self, request: RecordRequest) -> RecordResult:
        """A refusal is a result like any other; only an unreachable log fails, and is retried."""
        return RecordResult(outcome=await self._handler.handle(request.command, request.at))
