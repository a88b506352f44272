"""The workflow that conducts one instruction from issuance to completion."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import (
        DELIVER,
        HAND_OVER,
        INSTRUCTION_WORKFLOW,
        NOT_A_COMMAND,
        NUDGE,
        RECORD,
        SUBMIT,
        Delivered,
        DeliverRequest,
        HandedOver,
        InstructionStart,
        RecordResult,
        UnsentNotice,
    )
    from domain.identifiers import SYSTEM
    from domain.instruction.commands import CLIENT_COMMANDS, CheckDeadlines
    from domain.outcomes import NoticeKey, Outcome, Recorded
    from workflows.contracts import DRAINING, NOT_THIS_INSTRUCTION, OUTCOME_UNKNOWN
    from workflows.wake_timer import WakeTimers

_APPEND_TIMEOUT = timedelta(seconds=10)
_APPEND_TIMEOUT_WITH_RETRIES = timedelta(seconds=60)
_BACK_OFF = timedelta(seconds=30)
_DELIVERY_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)
)
_LAST_HEARTBEAT = timedelta(seconds=60)
"""A delivery that the run before left under way ends within this time: its next heartbeat is refused.
Until then the new run sends nothing, or the same notice would go out twice."""


@workflow.defn(name=INSTRUCTION_WORKFLOW)
class InstructionWorkflow:
    """Waits for a command or for the next due moment, and has either recorded.

    - update `submit`: one command; answers `Recorded` or `Rejected`. Refused with `Draining` while a run
      makes way for the next one: send it again.
    - signal `nudge`: look at the log again, somebody suspects that a due moment was missed.
    - signal `hand_over`: send these notices, those they belonged to could not. All others are delivered
      by the process that recorded them; the workflow knows nothing of them.

    The workflow id is the instruction's stream id. The run ends when the stream is closed (or empty)
    and nothing is left of what was handed over; the next command starts another one. It never fails: a
    record that times out leaves the outcome unknown, so it looks at the log again and goes on.
    """

    @workflow.init
    def __init__(self, start: InstructionStart) -> None:
        self._start = start
        self._one_at_a_time = asyncio.Lock()
        self._latest: Recorded | None = None
        """The log's latest answer: how the stream stands. None if that is not known."""
        self._nudges = 0
        self._unsent: dict[NoticeKey, UnsentNotice] = {n.notice: n for n in start.unsent}
        """Handed over, and not settled yet as far as is known; each is in one of the deliveries."""
        self._deliveries: set[asyncio.Task[None]] = set()
        self._timers = WakeTimers()
        self._draining = False

    @workflow.run
    async def run(self, start: InstructionStart) -> None:
        if start.unsent:
            self._deliver_in_background(start.unsent, after=_LAST_HEARTBEAT)
        while True:
            if self._is_over():
                return
            if workflow.info().is_continue_as_new_suggested():
                await self._drain()
            elif self._is_due():
                await self._check_deadlines()
            else:
                await self._until_something_happens()

    @workflow.update(name=SUBMIT)
    async def submit(self, command: RawValue) -> Outcome:
        """Record one client's command, as JSON; commands are taken one at a time."""
        async with self._one_at_a_time:
            return await self._record(command)

    @submit.validator
    def _accepts(self, command: RawValue) -> None:
        instruction = _addressee(command)
        if instruction != self._start.instruction:
            raise ApplicationError(
                f"{instruction} was sent to the workflow of {self._start.instruction}",
                type=NOT_THIS_INSTRUCTION,
                non_retryable=True,
            )
        if self._draining:
            raise ApplicationError("this run makes way for the next: send it again", type=DRAINING)

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        self._nudges += 1
        self._latest = None

    @workflow.signal(name=HAND_OVER)
    def hand_over(self, handed_over: HandedOver) -> None:
        new = tuple(n for n in handed_over.notices if n.notice not in self._unsent)
        if new:
            self._unsent.update((unsent.notice, unsent) for unsent in new)
            self._deliver_in_background(new)

    def _is_due(self) -> bool:
        """Whether to look at the log: it is not known how the stream stands, or something fell due."""
        if self._latest is None:
            return True
        wake = self._latest.next_wake
        return wake is not None and wake <= workflow.now()

    async def _check_deadlines(self) -> None:
        async with self._one_at_a_time:
            if not self._is_due():
                return  # a command recorded meanwhile told how the stream stands
            command = CheckDeadlines(
                command_id=str(workflow.uuid4()), actor=SYSTEM, instruction=self._start.instruction
            )
            before = self._latest
            with suppress(ApplicationError):  # the log is out of reach
                await self._record(command)
            stalled = self._latest == before
        if stalled:
            await workflow.sleep(_BACK_OFF)  # nothing moved: no hurry

    async def _record(self, command: CheckDeadlines | RawValue) -> Outcome:
        """Raises `ApplicationError` of type OutcomeUnknown when the log did not answer in time, of type
        NotACommand when the JSON makes none.
        """
        nudges = self._nudges
        try:
            result = await workflow.execute_activity(
                RECORD,
                args=[command, workflow.now()],
                result_type=RecordResult,
                start_to_close_timeout=_APPEND_TIMEOUT,
                schedule_to_close_timeout=_APPEND_TIMEOUT_WITH_RETRIES,
            )
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == NOT_A_COMMAND:
                raise error.cause from None
            self._latest = None
            raise ApplicationError(
                "the log did not answer; it may have recorded the command all the same. "
                "Send the same command again, with the same command id",
                type=OUTCOME_UNKNOWN,
            ) from error
        outcome = result.outcome
        if isinstance(outcome, Recorded):
            # Nudged meanwhile, somebody knows of more than this answer may have seen.
            self._latest = outcome if self._nudges == nudges else None
        return outcome

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
                    result_type=Delivered,
                    start_to_close_timeout=timedelta(minutes=5),
                    heartbeat_timeout=timedelta(seconds=30),
                    retry_policy=_DELIVERY_RETRIES,
                )
            except ActivityError:
                await workflow.sleep(_BACK_OFF)
            else:
                break
        for unsent in notices:
            del self._unsent[unsent.notice]

    async def _until_something_happens(self) -> None:
        """A record, a timer, the end of it all, or a history that has grown long."""
        latest = self._latest
        self._timers.arm(latest.next_wake if latest else None)
        fired = self._timers.fired
        await workflow.wait_condition(
            lambda: (
                self._latest is not latest
                or self._timers.fired != fired
                or self._is_over()
                or workflow.info().is_continue_as_new_suggested()
            )
        )

    def _is_over(self) -> bool:
        latest = self._latest
        at_rest = latest is not None and (latest.closed or latest.version == 0)
        return at_rest and not self._unsent and workflow.all_handlers_finished()

    async def _drain(self) -> None:
        """Take no more commands, let those under way finish, and go on in a new run.

        A delivery under way is not waited for: it records its own outcomes, and the new run tries again
        what may be left.
        """
        self._draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            InstructionStart(
                instruction=self._start.instruction, unsent=tuple(self._unsent.values())
            )
        )


def _addressee(command: RawValue) -> str:
    """The instruction that a client's command is for: all that the workflow reads of it."""
    try:
        fields: Any = json.loads(command.payload.data)
        kind, instruction = fields["type"], fields["instruction"]
    except (ValueError, TypeError, KeyError):
        kind, instruction = None, ""
    if not isinstance(kind, str) or kind not in CLIENT_COMMANDS:
        raise ApplicationError(
            f"{kind} is no command that a client may send", type=NOT_A_COMMAND, non_retryable=True
        )
    return instruction
