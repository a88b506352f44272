"""Three years on real servers, undisturbed and disturbed: the log tells the same story.

A worker that was killed is missed only after ten seconds, so all are told side by side, once for the module.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHistory

from activities.contracts import NudgeRequest
from activities.courier import GRACE
from activities.nudge import NudgeActivity, nudge, unfinished
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import InstructionId, instruction_id
from domain.outcomes import Recorded
from eventstore.protocol import StoredEvent
from tests.conftest import TEMPORAL_FOR_TESTS, fresh_database
from tests.workflows.conftest import Conductor, Log, replayer, staged_log
from tests.workflows.disturbances import WorkerProcess, appends_held_up, reset, terminate
from tests.workflows.recorded_histories import write
from tests.workflows.story import (
    DAY,
    DUE_MOMENTS,
    Step,
    command_of,
    fired,
    story,
    told,
    told_by_simulation,
)

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

_SENT_WITHIN = timedelta(seconds=3)
"""What is sent at all; the sending itself writes a line to a log."""
Send = Callable[[Step], Awaitable[None]]
Disturb = Callable[[Step, Send], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One instruction whose story is told: where, and since when."""

    conductor: Conductor
    log: Log
    number: str
    base: datetime

    @classmethod
    def by(cls, conductor: Conductor, log: Log) -> "Telling":
        return cls(conductor=conductor, log=log, number=f"story-{uuid4()}", base=datetime.now(UTC))

    @property
    def instruction(self) -> InstructionId:
        return instruction_id(self.number)

    async def advance(self, day: int) -> None:
        await self.conductor.advance(self.instruction, self.base + day * DAY)

    async def send(self, step: Step) -> None:
        command = command_of(step, self.instruction, self.base)
        outcome = await self.conductor.sender.send(command)
        assert isinstance(outcome, Recorded), outcome

    async def play(self, disturb: Disturb | None = None) -> "Told":
        """Send the story's commands, each on its day; `disturb` may do so in its own way."""
        for step in story(self.number):
            if step.day:
                await self.advance(step.day)
            await (disturb(step, self.send) if disturb else self.send(step))
        await self.conductor.handle(self.instruction).result()
        await self._all_delivered()
        return Told(
            telling=self,
            stream=await self.log.store.read_stream(self.instruction),
            histories=await self._histories(),
        )

    async def _all_delivered(self) -> None:
        """Of what a killed worker left, the watchdog's look is brought forward: it has to wait so long
        only because others might be sending."""
        deadline = datetime.now(UTC) + _SENT_WITHIN
        while await self.log.store.undelivered(self.instruction):
            await asyncio.sleep(0.2)
            if (now := datetime.now(UTC)) > deadline:
                client, queue = self.conductor.client, self.conductor.task_queue
                dog = NudgeActivity(self.log.store, client, queue)
                await dog.nudge_unattended(NudgeRequest(at=now + GRACE))
                deadline = now + _SENT_WITHIN

    async def _histories(self) -> list[WorkflowHistory]:
        """Of every run, oldest first."""
        found: list[WorkflowHistory] = []
        run_id: str | None = (await self.conductor.handle(self.instruction).describe()).run_id
        while run_id:
            handle = self.conductor.client.get_workflow_handle(self.instruction, run_id=run_id)
            history = await handle.fetch_history()
            found.insert(0, history)
            started = history.events[0].workflow_execution_started_event_attributes
            run_id = started.continued_execution_run_id or None
        return found


@dataclass(frozen=True, kw_only=True)
class Told:
    telling: Telling
    stream: Sequence[StoredEvent]
    histories: Sequence[WorkflowHistory]

    async def is_the_story(self) -> None:
        telling = self.telling
        assert fired(self.stream, telling.base) == list(DUE_MOMENTS)
        simulated = await told_by_simulation(telling.number, telling.instruction)
        assert told(self.stream, telling.base) == simulated


async def _undisturbed(log: Log, server: EmbeddedTemporal) -> Told:
    conductor = await Conductor.of(server)
    async with conductor.working(log):
        return await Telling.by(conductor, log).play()


async def _without_cache(log: Log, server: EmbeddedTemporal) -> Told:
    conductor = await Conductor.of(server)
    async with conductor.working(log, max_cached_workflows=0):
        return await Telling.by(conductor, log).play()


async def _with_a_reset(log: Log, server: EmbeddedTemporal) -> Told:
    conductor = await Conductor.of(server)
    telling = Telling.by(conductor, log)

    async def disturb(step: Step, send: Send) -> None:
        if step.day == 702:
            await reset(conductor, telling.instruction)
            await telling.advance(step.day)
        await send(step)

    async with conductor.working(log):
        return await telling.play(disturb)


async def _with_killed_workers(log: Log, server: EmbeddedTemporal) -> Told:
    """Once the database goes on with the append of the dead worker, once it gives it up."""
    conductor = await Conductor.of(server)
    async with WorkerProcess(log, conductor) as worker:

        async def disturb(step: Step, send: Send) -> None:
            if step.day not in (341, 995):
                await send(step)
                return
            async with asyncio.TaskGroup() as sending:
                async with appends_held_up(log) as blocked:
                    sending.create_task(_sent(send, step))
                    backend = await blocked()
                    await worker.kill()
                    if step.day == 995:
                        await terminate(log, backend)
                await worker.start()

        return await Telling.by(conductor, log).play(disturb)


async def _sent(send: Send, step: Step) -> None:
    await send(step)


async def _with_temporal_lost(log: Log, server: EmbeddedTemporal) -> Told:
    conductor = await Conductor.of(server)
    telling = Telling.by(conductor, log)

    async def disturb(step: Step, send: Send) -> None:
        if step.day == 702:
            server.stop()
            server.wipe()
            server.start()
            lost = [instruction async for instruction in unfinished(log.store)]
            assert lost == [telling.instruction]
            await nudge(conductor.client, conductor.task_queue, lost)
            await telling.advance(step.day)
        await send(step)

    async with conductor.working(log):
        return await telling.play(disturb)


TELLINGS: Mapping[str, Callable[[Log, EmbeddedTemporal], Coroutine[Any, Any, Told]]] = {
    "undisturbed": _undisturbed,
    "without cache": _without_cache,
    "with a reset": _with_a_reset,
    "with killed workers": _with_killed_workers,
    "with Temporal lost": _with_temporal_lost,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tellings(
    postgres: EmbeddedPostgres,
    staged_database: str,
    temporal_server: EmbeddedTemporal,
    server_dir: Path,
) -> AsyncIterator[Mapping[str, Told | BaseException]]:
    """Every telling on a log of its own; the loss of Temporal on a server of its own."""
    async with AsyncExitStack() as stack:
        doomed = stack.enter_context(
            EmbeddedTemporal(
                server_dir / "doomed", headless=True, dynamic_config=TEMPORAL_FOR_TESTS
            )
        )
        running: list[Coroutine[Any, Any, Told]] = []
        for name, tell in TELLINGS.items():
            url = await stack.enter_async_context(fresh_database(postgres, staged_database))
            log = await stack.enter_async_context(staged_log(url))
            running.append(tell(log, doomed if name == "with Temporal lost" else temporal_server))
        results = await asyncio.gather(*running, return_exceptions=True)
        yield dict(zip(TELLINGS, results, strict=True))


def _told(tellings: Mapping[str, Told | BaseException], name: str) -> Told:
    found = tellings[name]
    if isinstance(found, BaseException):
        raise found
    return found


@pytest.mark.parametrize("name", TELLINGS)
async def test_every_moment_fires_once_at_its_minute_and_every_command_is_recorded_once(
    tellings: Mapping[str, Told | BaseException], name: str
) -> None:
    await _told(tellings, name).is_the_story()


async def test_every_run_replays(tellings: Mapping[str, Told | BaseException]) -> None:
    histories = _told(tellings, "undisturbed").histories
    assert len(histories) > 1, "the story is meant to be long enough to continue as new"
    for history in histories:
        await replayer().replay_workflow(history)
    if folder := os.environ.get("REMIT_RECORD_HISTORIES"):
        for run, history in enumerate(histories, start=1):
            write(history, Path(folder) / f"three-years-{run}.json")
