"""Many commands to their workflows, several side by side."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from domain.instruction.commands import ClientCommand
from domain.outcomes import Outcome
from workflows.client import CommandSender, NoAnswer
from workflows.encryption import NotDecryptable

Progress = Callable[[int, int], None]
"""Told how many are done, and how many there are."""

_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What became of them, by their places."""

    outcomes: Mapping[int, Outcome]
    unanswered: Mapping[int, str]
    """Why the outcome of these is unknown. After the first, no more were sent."""


async def send_all(
    sender: CommandSender,
    commands: Sequence[ClientCommand],
    progress: Progress,
    *,
    patience: timedelta = timedelta(seconds=60),
    within: timedelta | None = None,
) -> Sent:
    """Send each, until one gets no answer for so long; those under way then are waited for.

    The others are in neither mapping. Sending all again under the same command ids is safe.

    Args:
        within: all are to be done by then: no more are sent, and none is waited for much longer.
    """
    end = None if within is None else time.monotonic() + within.total_seconds()
    outcomes: dict[int, Outcome] = {}
    unanswered: dict[int, str] = {}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def send(nth: int, command: ClientCommand) -> None:
        async with turn:
            left = patience if end is None else timedelta(seconds=end - time.monotonic())
            if unanswered or left <= timedelta(0):
                return
            try:
                outcomes[nth] = await sender.send(command, patience=min(patience, left))
            except (NoAnswer, RPCError, WorkflowUpdateFailedError, NotDecryptable) as error:
                unanswered[nth] = str(error)
        progress(len(outcomes), len(commands))

    async with asyncio.TaskGroup() as group:
        for nth, command in enumerate(commands):
            group.create_task(send(nth, command))
    return Sent(outcomes=outcomes, unanswered=unanswered)
