"""What the workflows of all streams with due moments have in common: commands, checks and the timer."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import (
        CLOCKS_DISAGREE,
        NOT_A_COMMAND,
        NUDGE,
        RECORD,
        SUBMIT,
        RecordResult,
    )
    from domain.attribution import Command
    from domain.outcomes import Outcome, Recorded
    from workflows.contracts import (
        DRAINING,
        ENCRYPTED,
        NOT_DECRYPTABLE,
        NOT_THIS_STREAM,
        OUTCOME_UNKNOWN,
    )
    from workflows.wake_timer import WakeTimers

_APPEND_TIMEOUT = timedelta(seconds=10)
_APPEND_TIMEOUT_WITH_RETRIES = timedelta(seconds=60)
_APPEND_RETRIES = RetryPolicy(maximum_interval=timedelta(seconds=4))
"""Once the log is back nobody waits for it longer than that; by default up to 32 s."""
BACK_OFF = timedelta(seconds=30)
TO_THE_CURRENT_WORKERS = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
"""The next run does not stay with the version of the workers that this one is with."""


class Conducting:
    """Waits for a command or for the next due moment, and has either recorded.

    - update `submit`: one command; answers `Recorded` or `Rejected`. Refused with `Draining` while a run
      makes way for the next one: send it again.
    - signal `nudge`: look at the log again, somebody suspects that a due moment was missed.

    The run ends when the stream is closed (or empty); the next command starts another one. It never fails:
    a record that times out leaves the outcome unknown, so it looks at the log again and goes on.
    """

    def __init__(self, addressee: str, field: str, commands: frozenset[str]) -> None:
        """Args:
        addressee: whose commands these are, as their field names it.
        field: the field of a command that names it.
        commands: the types of command that clients may send.
        """
        self._addressee = addressee
        self._field = field
        self._commands = commands
        self._one_at_a_time = asyncio.Lock()
        self._latest: Recorded | None = None
        """The log's latest answer: how the stream stands. None if that is not known."""
        self._nudges = 0
        self._timers = WakeTimers()
        self._draining = False

    async def _conduct(self, check: Callable[[], Command], go_on: Callable[[], NoReturn]) -> None:
        """Go on until it is over.

        Args:
            check: makes the command that has recorded what fell due.
            go_on: continues as new.
        """
        while True:
            if self._is_over():
                return
            if self._is_to_move_on():
                await self._drain()
                go_on()
            elif self._is_due():
                await self._check(check)
            else:
                await self._until_something_happens()

    @workflow.update(name=SUBMIT)
    async def submit(self, command: RawValue) -> Outcome:
        """Record one client's command, as JSON; commands are taken one at a time."""
        async with self._one_at_a_time:
            return await self._record(command)

    @submit.validator
    def _accepts(self, command: RawValue) -> None:
        addressee = self._addressee_of(command)
        if addressee != self._addressee:
            raise ApplicationError(
                f"{addressee} was sent to the workflow of {self._addressee}",
                type=NOT_THIS_STREAM,
                non_retryable=True,
            )
        if self._draining:
            raise ApplicationError("this run makes way for the next: send it again", type=DRAINING)

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        self._nudges += 1
        self._latest = None

    def _is_due(self) -> bool:
        """Whether to look at the log: it is not known how the stream stands, or something fell due."""
        if self._latest is None:
            return True
        wake = self._latest.next_wake
        return wake is not None and wake <= workflow.now()

    async def _check(self, check: Callable[[], Command]) -> None:
        async with self._one_at_a_time:
            if not self._is_due():
                return  # a command recorded meanwhile told how the stream stands
            before = self._latest
            with suppress(ApplicationError):  # the log is out of reach
                await self._record(check())
            stalled = self._latest == before
        if stalled:
            await workflow.sleep(BACK_OFF)  # nothing moved: no hurry

    async def _record(self, command: Command | RawValue) -> Outcome:
        """Raises `ApplicationError` of type OutcomeUnknown when the log did not answer in time or clocks disagree, of
        type NotACommand when the JSON makes none.
        """
        nudges = self._nudges
        try:
            result = await workflow.execute_activity(
                RECORD,
                args=[command, workflow.now()],
                result_type=RecordResult,
                start_to_close_timeout=_APPEND_TIMEOUT,
                schedule_to_close_timeout=_APPEND_TIMEOUT_WITH_RETRIES,
                retry_policy=_APPEND_RETRIES,
            )
        except ActivityError as error:
            failed, why = error.cause, "the log did not answer"
            if isinstance(failed, ApplicationError) and failed.type == NOT_A_COMMAND:
                raise failed from None
            if isinstance(failed, ApplicationError) and failed.type == CLOCKS_DISAGREE:
                why = failed.message
            self._latest = None
            raise ApplicationError(
                f"{why}; the command may be recorded all the same. "
                "Send the same command again, with the same command id",
                type=OUTCOME_UNKNOWN,
            ) from error
        outcome = result.outcome
        if isinstance(outcome, Recorded):
            # Nudged meanwhile, somebody knows of more than this answer may have seen.
            self._latest = outcome if self._nudges == nudges else None
        return outcome

    async def _until_something_happens(self) -> None:
        """A record, a timer, the end of it all, a history that has grown long, or newer workers."""
        latest = self._latest
        self._timers.arm(latest.next_wake if latest else None)
        fired = self._timers.fired
        await workflow.wait_condition(
            lambda: (
                self._latest is not latest
                or self._timers.fired != fired
                or self._is_over()
                or self._is_to_move_on()
            )
        )

    def _is_over(self) -> bool:
        latest = self._latest
        at_rest = latest is not None and (latest.closed or latest.version == 0)
        return at_rest and workflow.all_handlers_finished()

    def _is_to_move_on(self) -> bool:
        """Whether the next run should take over: its history has grown long, or newer workers are there."""
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.is_target_worker_deployment_version_changed()
        )

    async def _drain(self) -> None:
        """Take no more commands, and let those under way finish."""
        self._draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)

    def _addressee_of(self, command: RawValue) -> str:
        """Whom a client's command is for: all that the workflow reads of it."""
        if command.payload.metadata.get("encoding") == ENCRYPTED:
            raise ApplicationError(
                "the command is encrypted, and this worker has no keys: set "
                "REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE for all workers alike",
                type=NOT_DECRYPTABLE,
                non_retryable=True,
            )
        try:
            fields: Any = json.loads(command.payload.data)
            kind, addressee = fields["type"], fields[self._field]
        except (ValueError, TypeError, KeyError):
            kind, addressee = None, ""
        if not isinstance(kind, str) or kind not in self._commands:
            raise ApplicationError(
                f"{kind} is no command that a client may send",
                type=NOT_A_COMMAND,
                non_retryable=True,
            )
        return addressee
