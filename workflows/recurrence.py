"""The workflow that conducts one recurrence: each occurrence is issued at its moment."""

from typing import NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import RECURRENCE_WORKFLOW, RecurrenceStart
    from domain.identifiers import SYSTEM
    from domain.recurrence.commands import RECURRENCE_CLIENT_COMMANDS, CheckRecurrence
    from workflows.conducting import TO_THE_CURRENT_WORKERS, Conducting


@workflow.defn(name=RECURRENCE_WORKFLOW)
class RecurrenceWorkflow(Conducting):
    """Has commands and due moments recorded (`Conducting`); takes no other messages.

    The workflow id is the recurrence's stream id. What is issued has workflows of its own: whoever records
    an occurrence starts its instruction's.
    """

    @workflow.init
    def __init__(self, start: RecurrenceStart) -> None:
        super().__init__(start.recurrence, "recurrence", RECURRENCE_CLIENT_COMMANDS)
        self._start = start

    @workflow.run
    async def run(self, start: RecurrenceStart) -> None:
        del start
        await self._conduct(self._checking, self._continue)

    def _checking(self) -> CheckRecurrence:
        return CheckRecurrence(
            command_id=str(workflow.uuid4()), actor=SYSTEM, recurrence=self._start.recurrence
        )

    def _continue(self) -> NoReturn:
        workflow.continue_as_new(self._start, initial_versioning_behavior=TO_THE_CURRENT_WORKERS)
