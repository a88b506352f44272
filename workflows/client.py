"""Sends commands to the workflows of instructions and recurrences, and sends again what was not looked at."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import (
    Client,
    Interceptor,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from activities.contracts import NOT_A_COMMAND, SUBMIT, conducted_by
from activities.keyring import SecretKey
from domain.identifiers import StreamId, recurrence_stream
from domain.instruction.commands import ClientCommand
from domain.instruction.decisions.issuing import Founding
from domain.outcomes import Outcome
from domain.recurrence.commands import (
    RecurrenceClientCommand,
    RecurrenceCommand,
    StartRecurrence,
)
from domain.rejections import Code, rejected
from workflows.contracts import DRAINING, OUTCOME_UNKNOWN
from workflows.converter import data_converter

_OUTCOME: Any = Outcome
_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_SEND_AGAIN = frozenset({DRAINING, OUTCOME_UNKNOWN, "AcceptedUpdateCompletedWorkflow"})
_OLDER_WORKER = (
    "the worker that took it is of another version of Remit and does not know all that it says"
)
_PASSING = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.NOT_FOUND,  # the run ended between being found and being sent to
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.FAILED_PRECONDITION,  # the run took all the updates it may; the next takes more
    }
)


class NoAnswer(Exception):
    """The command's outcome is unknown: {reason}. Send it again with the same command id."""


async def connect(
    address: str,
    *,
    namespace: str = "default",
    api_key: str | None = None,
    tls: bool | TLSConfig = False,
    keys: Sequence[SecretKey] = (),
    lazy: bool = False,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client that speaks the domain's JSON, encrypted if there are `keys`, the one in use first; a `lazy` one connects
    when it is first used. `interceptors` are those of the workers that use it, too.

    Raises `RuntimeError` if no Temporal server answers at the address.
    """
    return await Client.connect(
        address,
        namespace=namespace,
        api_key=api_key,
        tls=tls,
        lazy=lazy,
        data_converter=data_converter(keys),
        interceptors=interceptors,
    )


class CommandSender:
    """Sends commands as Updates, starting the workflow they are for where none runs."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self.task_queue = task_queue

    async def send(
        self,
        command: ClientCommand | RecurrenceClientCommand,
        *,
        patience: timedelta = timedelta(seconds=60),
    ) -> Outcome:
        """The command's outcome. Sent again under the same command id until there is one.

        Each attempt is an Update with an id of its own (a failed one is remembered by its id); the
        log sees to it that the command is recorded once. What a worker of another version does not know is refused.
        Raises `NoAnswer` after `patience`.
        """
        deadline = time.monotonic() + patience.total_seconds()
        pause = _PAUSE
        while True:
            remaining = deadline - time.monotonic()
            try:
                # The SDK polls again after each RPC timeout, for as long as no worker answers.
                async with asyncio.timeout(max(remaining, 1)):
                    return await self._attempt(command, timedelta(seconds=max(remaining, 1)))
            except WorkflowUpdateFailedError as error:
                cause = error.cause
                if not isinstance(cause, ApplicationError):
                    raise
                if cause.type == NOT_A_COMMAND:
                    return rejected(Code.UPGRADE_UNFINISHED, f"{_OLDER_WORKER}: {cause.message}")
                if cause.type not in _SEND_AGAIN:
                    raise
                reason = str(cause)
            except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
                reason = f"nobody answered; is a worker running on task queue {self.task_queue}?"
            except RPCError as error:
                if error.status not in _PASSING:
                    raise
                reason = error.message
            _stop_if_cancelled()
            if time.monotonic() + pause > deadline:
                raise NoAnswer(f"the outcome of {command.command_id} is unknown: {reason}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _attempt(
        self, command: ClientCommand | RecurrenceClientCommand, rpc_timeout: timedelta
    ) -> Outcome:
        """To the running workflow where there should be one: starting one too costs the server more."""
        if not isinstance(command, Founding | StartRecurrence):
            try:
                workflow = self._client.get_workflow_handle(_stream_of(command))
                # The SDK leaves one overload's `args` untyped, here and below.
                return await workflow.execute_update(  # pyright: ignore[reportUnknownMemberType]
                    SUBMIT,
                    command,
                    id=str(uuid4()),
                    result_type=_OUTCOME,
                    rpc_timeout=rpc_timeout,
                )
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
        return await self._start_with(command, rpc_timeout)

    async def _start_with(
        self, command: ClientCommand | RecurrenceClientCommand, rpc_timeout: timedelta
    ) -> Outcome:
        stream = _stream_of(command)
        workflow, argument = conducted_by(stream)
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            workflow,
            argument,
            id=stream,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        try:
            return await self._client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]
                SUBMIT,
                command,
                start_workflow_operation=start,
                id=str(uuid4()),
                result_type=_OUTCOME,
                rpc_timeout=rpc_timeout,
            )
        except BaseException:
            # The SDK keeps the error there too, and logs it some time later if nobody looks.
            with suppress(BaseException):
                await start.workflow_handle()
            raise


def _stream_of(command: ClientCommand | RecurrenceClientCommand) -> StreamId:
    if isinstance(command, RecurrenceCommand):
        return recurrence_stream(command.recurrence)
    return command.instruction


def _stop_if_cancelled() -> None:
    """The SDK answers the caller's cancellation with an error of its own, which is not to be retried."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
