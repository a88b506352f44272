"""Two Temporal clusters conduct one log by mistake: everything is still recorded once. `make recovery` does it at a size."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import pytest

from activities.nudge import nudge
from bench.opening import DUE_MOMENTS, SOON, open_instructions
from bench.recovery.findings import commands, due_moments, fired
from cli.devstack import EmbeddedTemporal
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from tests import staging as s
from tests.conftest import TEMPORAL_FOR_TESTS
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import make

pytestmark = pytest.mark.timeout(180)

_INSTRUCTIONS = 20
_COMMENTS = 40


@pytest.fixture
async def both(
    temporal_server: EmbeddedTemporal, server_dir: Path
) -> AsyncIterator[tuple[Conductor, Conductor]]:
    with EmbeddedTemporal(
        server_dir / f"t{uuid4().hex[:8]}", headless=True, dynamic_config=TEMPORAL_FOR_TESTS
    ) as other:
        yield await Conductor.of(temporal_server), await Conductor.of(other)


async def test_due_moments_and_commands_are_recorded_once_whichever_temporal_asks(
    log: Log, both: tuple[Conductor, Conductor]
) -> None:
    first = datetime.now(UTC) + timedelta(seconds=8)
    deadlines = [first + timedelta(milliseconds=100 * n) for n in range(_INSTRUCTIONS)]
    numbers = await open_instructions(log.store, deadlines, policy=SOON)
    streams = [instruction_id(number) for number in numbers]
    acknowledged: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        for conductor in both:
            await stack.enter_async_context(conductor.working(log))
            await nudge(conductor.client, conductor.task_queue, streams)

        async def comment(conductor: Conductor, number: str) -> None:
            command = make(c.Comment, s.ISSUER, number, text="noted")
            outcome = await conductor.sender.send(command)
            assert isinstance(outcome, Recorded), outcome
            acknowledged[command.command_id] = outcome.position

        # Two at a time to the same instruction, by either cluster.
        pairs = [number for number in numbers for _ in both]
        await asyncio.gather(
            *(
                comment(conductor, number)
                for conductor, number in zip(cycle(both), pairs, strict=False)
            )
        )
        await _until_fired(log, _INSTRUCTIONS * len(DUE_MOMENTS))
        await asyncio.sleep(2)  # in which the slower cluster could fire again
    assert len(acknowledged) == _COMMENTS
    moments = due_moments(await fired(log.database_url), streams)
    assert moments.is_well, moments
    assert moments.fired == _INSTRUCTIONS * len(DUE_MOMENTS)
    told = await commands(log.database_url, acknowledged)
    assert told.is_well, told


async def test_one_command_sent_by_both_is_recorded_once(
    log: Log, both: tuple[Conductor, Conductor]
) -> None:
    far = [datetime.now(UTC) + timedelta(days=30)]
    (number,) = await open_instructions(log.store, far, policy=SOON)
    command = make(c.Comment, s.ISSUER, number, text="once")
    async with AsyncExitStack() as stack:
        for conductor in both:
            await stack.enter_async_context(conductor.working(log))
        outcomes = await asyncio.gather(*(each.sender.send(command) for each in both))
    positions = Counter(one.position for one in outcomes if isinstance(one, Recorded))
    assert [*positions.values()] == [2]
    events = await log.store.read_stream(instruction_id(number))
    assert [event.command_id for event in events].count(command.command_id) == 1


async def _until_fired(log: Log, count: int) -> None:
    while True:
        if len(await fired(log.database_url)) >= count:
            return
        await asyncio.sleep(0.2)
