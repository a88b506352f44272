"""The workflow that conducts one instruction from issuance to completion."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import (
        DELIVER,
        HAND_OVER,
        INSTRUCTION_WORKFLOW,
        LONGEST_DELIVERY,
        Delivered,
        DeliverRequest,
        HandedOver,
        InstructionStart,
        UnsentNotice,
        deliveries_of,
    )
    from domain.identifiers import SYSTEM
    from domain.instruction.commands import CLIENT_COMMANDS, CheckDeadlines
    from domain.outcomes import NoticeKey
    from workflows.conducting import BACK_OFF, TO_THE_CURRENT_WORKERS, Conducting

_DELIVERY_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)
)
_LAST_HEARTBEAT = timedelta(seconds=60)
"""A delivery that the run before left under way ends within this time: its next heartbeat is refused.
Until then the new run sends nothing, or the same notice would go out twice."""


@workflow.defn(name=INSTRUCTION_WORKFLOW)
class InstructionWorkflow(Conducting):
    """Has commands and due moments recorded (`Conducting`), and notices sent that are handed over.

    - update `submit`, signal `nudge`: see `Conducting`.
    - signal `hand_over`: send these notices, those they belonged to could not. All others are delivered
      by the process that recorded them; the workflow knows nothing of them.

    The workflow id is the instruction's stream id. The run ends when the stream is closed (or empty)
    and nothing is left of what was handed over.
    """

    @workflow.init
    def __init__(self, start: InstructionStart) -> None:
        super().__init__(start.instruction, "instruction", CLIENT_COMMANDS)
        self._start = start
        self._unsent: dict[NoticeKey, UnsentNotice] = {n.notice: n for n in start.unsent}
        """Handed over, and not settled yet as far as is known; each is in one of the deliveries."""
        self._deliveries: set[asyncio.Task[None]] = set()

    @workflow.run
    async def run(self, start: InstructionStart) -> None:
        if start.unsent:
            self._deliver_in_background(start.unsent, after=_LAST_HEARTBEAT)
        await self._conduct(self._checking, self._continue)

    @workflow.signal(name=HAND_OVER)
    def hand_over(self, handed_over: HandedOver) -> None:
        new = tuple(n for n in handed_over.notices if n.notice not in self._unsent)
        if new:
            self._unsent.update((unsent.notice, unsent) for unsent in new)
            self._deliver_in_background(new)

    def _checking(self) -> CheckDeadlines:
        return CheckDeadlines(
            command_id=str(workflow.uuid4()), actor=SYSTEM, instruction=self._start.instruction
        )

    def _deliver_in_background(
        self, notices: Sequence[UnsentNotice], *, after: timedelta = timedelta(0)
    ) -> None:
        """Deliveries take as long as they take: outside the lock, and none waits for another."""
        delivery = asyncio.create_task(self._deliver(notices, after))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, notices: Sequence[UnsentNotice], after: timedelta) -> None:
        if after:
            await workflow.sleep(after)
        while True:
            try:
                await workflow.execute_activity(
                    DELIVER,
                    DeliverRequest(instruction=self._start.instruction, notices=tuple(notices)),
                    task_queue=deliveries_of(workflow.info().task_queue),
                    result_type=Delivered,
                    start_to_close_timeout=LONGEST_DELIVERY,
                    heartbeat_timeout=timedelta(seconds=30),
                    retry_policy=_DELIVERY_RETRIES,
                )
            except ActivityError:
                await workflow.sleep(BACK_OFF)
            else:
                break
        for unsent in notices:
            del self._unsent[unsent.notice]

    def _is_over(self) -> bool:
        return not self._unsent and super()._is_over()

    def _continue(self) -> NoReturn:
        """A delivery under way is not waited for: it records its own outcomes, and the new run tries again
        what may be left.
        """
        workflow.continue_as_new(
            InstructionStart(
                instruction=self._start.instruction, unsent=tuple(self._unsent.values())
            ),
            initial_versioning_behavior=TO_THE_CURRENT_WORKERS,
        )
