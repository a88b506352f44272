"""A log, and workers that conduct instructions on the shared Temporal server, where time can skip."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Replayer, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.keyring import SecretKey
from activities.record import Admission
from cli.devstack import EmbeddedTemporal
from domain.identifiers import InstructionId
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from notifications.channel import Channel
from notifications.log import LogChannel
from readmodels.projector import open_projection_pool
from settings import Serving
from tests import staging
from tests.workflows.recorded_histories import record_all
from worker import DRAIN, WORKFLOWS, conducting
from workflows.client import CommandSender, connect
from workflows.converter import data_converter

ANYBODY = Admission()


@dataclass(frozen=True, kw_only=True)
class Log:
    """An event log with the staged directory, and the people in it."""

    database_url: str
    store: PostgresEventStore
    persons: PersonStore
    handler: CommandHandler


@asynccontextmanager
async def staged_log(staged_url: str) -> AsyncGenerator[Log]:
    async with (
        PostgresEventStore.open(staged_url) as store,
        PostgresPersonStore.open(staged_url) as persons,
    ):
        handler = CommandHandler(store, tzdata=staging.TZDATA)
        yield Log(database_url=staged_url, store=store, persons=persons, handler=handler)


@pytest.fixture
async def log(staged_url: str) -> AsyncIterator[Log]:
    async with staged_log(staged_url) as staged:
        yield staged


@dataclass(frozen=True, kw_only=True)
class Conductor:
    """A Temporal server seen from a test: commands to it, and its instructions' own clocks."""

    client: Client
    skipper: TimeSkipper
    task_queue: str = field(default_factory=lambda: f"remit-{uuid4()}")

    @classmethod
    async def of(
        cls,
        server: EmbeddedTemporal,
        task_queue: str | None = None,
        *,
        keys: Sequence[SecretKey] = (),
    ) -> "Conductor":
        client = await connect(server.address, keys=keys)
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        queue = task_queue or f"remit-{uuid4()}"
        return cls(client=skipper.client, skipper=skipper, task_queue=queue)

    @property
    def sender(self) -> CommandSender:
        return CommandSender(self.client, self.task_queue)

    def handle(self, instruction: InstructionId) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(instruction)

    async def advance(self, instruction: InstructionId, to: datetime) -> None:
        """Let the instruction's time run on to a moment, firing what falls due on the way."""
        handle = self.handle(instruction)
        now = await self.skipper.get_current_time(handle)
        if to - now > timedelta(seconds=1):
            await self.skipper.fast_forward(handle, to - now)

    @asynccontextmanager
    async def working(
        self,
        log: Log,
        *,
        channels: Sequence[Channel] = (LogChannel(),),
        max_cached_workflows: int = 100,
        drain: timedelta = DRAIN,
        serves: Collection[Serving] = get_args(Serving),
        admission: Admission = ANYBODY,
        version: WorkerDeploymentVersion | None = None,
    ) -> AsyncGenerator[None]:
        """A worker in this process, for as long as the block runs."""
        async with (
            open_projection_pool(log.database_url, pool_size=2) as pool,
            conducting(
                self.client,
                log.store,
                log.persons,
                pool,
                channels,
                task_queue=self.task_queue,
                tzdata=staging.TZDATA,
                max_cached_workflows=max_cached_workflows,
                drain=drain,
                serves=serves,
                admission=admission,
                version=version,
            ),
        ):
            yield


@pytest.fixture
async def conductor(temporal_server: EmbeddedTemporal) -> AsyncIterator[Conductor]:
    conductor = await Conductor.of(temporal_server)
    yield conductor
    if folder := os.environ.get("REMIT_RECORD_HISTORIES"):
        await record_all(conductor.client, conductor.task_queue, Path(folder))


@pytest.fixture
def number() -> str:
    """An instruction's number nobody else uses: tests share the Temporal server."""
    return f"N-{uuid4()}"


def replayer(keys: Sequence[SecretKey] = (), *, runner: WorkflowRunner | None = None) -> Replayer:
    """By default within the sandbox, which finds what is not the same each time."""
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=runner or SandboxedWorkflowRunner(),
        data_converter=data_converter(keys),
    )
