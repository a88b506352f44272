"""What `remit recover` does: every open instruction from the log alone, and what looks again by itself."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from temporalio.service import RPCError

from activities.keyring import SecretKey, make_keys
from activities.nudge import nudge, nudge_unfinished
from bench.opening import SOON, open_instructions
from cli.devstack import EmbeddedTemporal
from cli.operations import start_unfinished
from cli.session import open_session
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from settings import Settings
from tests import staging as s
from tests.conftest import TEMPORAL_FOR_TESTS
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make

_FAR = timedelta(days=30)
_TOO_LONG = f"recurrence-{'x' * 90}"
_OLD, _NEW = (SecretKey(id=name, secret=name[:1].encode() * 32) for name in ("old", "new"))


@pytest.fixture
def server(server_dir: Path) -> Iterator[EmbeddedTemporal]:
    """One that takes the ids of instructions, and no longer ones."""
    with EmbeddedTemporal(
        server_dir / f"t{uuid4().hex[:8]}",
        headless=True,
        dynamic_config={**TEMPORAL_FOR_TESTS, "limit.maxIDLength": "80"},
    ) as server:
        yield server


async def test_progress_is_told_up_to_all_that_is_open(log: Log, conductor: Conductor) -> None:
    numbers = await open_instructions(log.store, [datetime.now(UTC) + _FAR] * 5, policy=SOON)
    told: list[tuple[int, int]] = []
    count = await nudge_unfinished(
        log.store,
        conductor.client,
        conductor.task_queue,
        progress=lambda done, total: told.append((done, total)),
    )
    assert count == len(numbers)
    assert (told[0], told[-1]) == ((0, 5), (5, 5))


async def test_what_is_overdue_is_woken_before_all_else(log: Log, conductor: Conductor) -> None:
    numbers = await open_instructions(log.store, [datetime.now(UTC) + _FAR] * 5, policy=SOON)
    *others, last = sorted(instruction_id(number) for number in numbers)
    await _execute(
        log,
        "update remit.streams set next_wake = now() - interval '1 hour' where stream_id = $1",
        last,
    )
    assert await nudge_unfinished(log.store, conductor.client, conductor.task_queue) == len(numbers)
    began = [(await conductor.handle(each).describe()).start_time for each in (last, *others)]
    assert began[0] == min(began)


async def test_what_looks_again_by_itself_is_scheduled_though_a_workflow_could_not_be_started(
    log: Log, server: EmbeddedTemporal
) -> None:
    """Temporal refuses the id of one instruction: its stream is put into the log by hand."""
    (number,) = await open_instructions(log.store, [datetime.now(UTC) + _FAR], policy=SOON)
    await _execute(
        log,
        "insert into remit.streams (stream_id, version, next_wake, closed) values ($1, 1, null, false)",
        _TOO_LONG,
    )
    settings = Settings(database_url=log.database_url, temporal_address=server.address)
    async with open_session(settings) as session:
        with pytest.raises(RPCError):
            await start_unfinished(session)
    client = (await Conductor.of(server)).client
    for schedule in ("watchdog", "postman", "digests"):
        await client.get_schedule_handle(schedule).describe()
    await client.get_workflow_handle(instruction_id(number)).describe()


async def _execute(log: Log, statement: str, stream: str) -> None:
    connection = await asyncpg.connect(log.database_url)
    try:
        await connection.execute(statement, stream)
    finally:
        await connection.close()


async def test_after_the_encryption_keys_are_lost_runs_are_begun_anew_from_the_log(
    log: Log, server: EmbeddedTemporal, number: str
) -> None:
    before = await Conductor.of(server, keys=[_OLD])
    async with before.working(log):
        assert isinstance(await before.sender.send(issue(number)), Recorded)
    after = await Conductor.of(server, before.task_queue, keys=[_NEW])
    comment = make(c.Comment, s.ISSUER, number, text="after the loss")
    async with after.working(log):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await after.sender.send(comment)
        await after.handle(instruction_id(number)).terminate("the encryption keys are lost")
        await nudge(after.client, after.task_queue, [instruction_id(number)])
        assert isinstance(await after.sender.send(comment), Recorded)
    events = await log.store.read_stream(instruction_id(number))
    assert [event.type for event in events].count("Commented") == 1


async def test_after_the_encryption_keys_are_lost_the_schedules_are_made_anew(
    log: Log, server: EmbeddedTemporal, tmp_path: Path
) -> None:
    """Each run of a schedule is handed what the last one answered: nobody can read that any more."""
    files = [tmp_path / "old.keys", tmp_path / "new.keys"]
    queue = f"remit-{uuid4()}"
    before, after = [await Conductor.of(server, queue, keys=[make_keys(file)]) for file in files]
    settings = [
        Settings(
            database_url=log.database_url,
            temporal_address=server.address,
            temporal_task_queue=queue,
            temporal_encryption_keys_file=file,
        )
        for file in files
    ]
    async with before.working(log), open_session(settings[0]) as session:
        await start_unfinished(session)
        await _look(before)
    async with after.working(log), open_session(settings[1]) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await _look(after)
        for schedule in ("watchdog", "postman", "digests"):
            await after.client.get_schedule_handle(schedule).delete()
        async for run in after.client.list_workflows("ExecutionStatus = 'Running'"):
            await after.client.get_workflow_handle(run.id).terminate("the encryption keys are lost")
        await start_unfinished(session)
        await _look(after)


async def _look(conductor: Conductor) -> None:
    """Have the watchdog look, and wait until one more look has ended."""
    ended = "WorkflowType = 'Watchdog' AND ExecutionStatus = 'Completed'"
    before = (await conductor.client.count_workflows(ended)).count
    await conductor.client.get_schedule_handle("watchdog").trigger()
    while (await conductor.client.count_workflows(ended)).count <= before:  # noqa: ASYNC110 - as in test_attention.py
        await asyncio.sleep(0.2)
