"""Rows and checkpoint move together, whoever dies or interferes on the way."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import asyncpg
import pytest

from cli.devstack import EmbeddedPostgres
from eventstore.migrate import migrate
from eventstore.protocol import PositionGap
from readmodels.projector import open_projection_pool
from readmodels.register import RegisterRow
from tests.polling import Polling
from tests.readmodels.conftest import Desk, open_desk
from tests.readmodels.lives import COMPLETED, EVERY_STAGE, IN_PROGRESS, id_of, row_by_fold
from tests.readmodels.watched import Died, Watched


async def _rows_by_fold(desk: Desk, until: int | None = None) -> list[RegisterRow]:
    """What the rows must be, once the log is applied up to this position, or its end."""
    rows: list[RegisterRow] = []
    for measure in EVERY_STAGE:
        events = await desk.store.read_streams([id_of(measure)], until_position=until)
        rows += [row_by_fold(events)] if events else []
    return rows


async def test_catching_up_makes_the_rows_what_replay_says(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    assert await desk.projector().catch_up() == await desk.store.head()
    assert await desk.checkpoint() == await desk.store.head()
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_the_batches_it_comes_in_make_no_difference(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    watched = Watched()
    await desk.projector(watched, batch_size=3).catch_up()
    assert watched.applied == list(range(1, await desk.store.head() + 1))
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_catching_up_again_applies_only_what_is_new(desk: Desk) -> None:
    await desk.enter(IN_PROGRESS | {"number": "N-5"})
    watched = Watched()
    projector = desk.projector(watched)
    before = await projector.catch_up()
    assert await projector.catch_up() == before
    await desk.enter(COMPLETED)
    await projector.catch_up()
    assert watched.applied == list(range(1, await desk.store.head() + 1))
    (row,) = await desk.register.page()
    assert row.phase == "Completed"
    assert row == row_by_fold(await desk.store.read_stream(id_of(COMPLETED)))


async def test_where_there_is_nothing_new_nothing_is_written(desk: Desk) -> None:
    await desk.enter(COMPLETED)
    await desk.projector().catch_up()
    row = "select xmin::text, xmax::text, ctid::text from remit.checkpoints"
    before = await desk.pool.fetch(row)
    await desk.projector().catch_up()
    assert await desk.pool.fetch(row) == before


async def test_projectors_at_once_take_turns_and_lose_nothing(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    watched = [Watched() for _ in range(3)]
    await asyncio.gather(*(desk.projector(one, batch_size=5).catch_up() for one in watched))
    applied = sorted(position for one in watched for position in one.applied)
    assert applied == list(range(1, await desk.store.head() + 1))
    assert await desk.checkpoint() == await desk.store.head()
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_a_death_between_rows_and_checkpoint_undoes_the_rows(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    with pytest.raises(Died):
        await desk.projector(Watched(dies_after=1)).catch_up()
    assert await desk.register.page() == []
    assert await desk.checkpoint() in (None, 0)
    await desk.projector().catch_up()
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_a_death_in_a_later_batch_keeps_the_batches_before_it(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    batch = await desk.store.head() - 5
    with pytest.raises(Died):
        await desk.projector(Watched(dies_after=2), batch_size=batch).catch_up()
    assert await desk.checkpoint() == batch
    assert await desk.register.page() == await _rows_by_fold(desk, until=batch)
    resumed = Watched()
    await desk.projector(resumed).catch_up()
    assert resumed.applied[0] == batch + 1
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_a_cancelled_projector_leaves_what_the_next_one_can_go_on_from(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    for patience in range(0, 40, 4):
        task = asyncio.create_task(desk.projector(batch_size=4).catch_up())
        await asyncio.sleep(patience / 1000)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await desk.projector().catch_up()
    assert await desk.register.page() == await _rows_by_fold(desk)


async def test_in_another_epoch_it_starts_over(desk: Desk) -> None:
    """What the rows were made of may be in the log no longer; all of it is read again."""
    await desk.enter(COMPLETED)
    await desk.projector().catch_up()
    before = await desk.register.page()
    await desk.as_superuser("update readmodel.register set text = 'of the old epoch'")
    await desk.as_superuser("select remit.begin_epoch()")
    await desk.projector().catch_up()
    assert await desk.register.page() == before
    assert await desk.checkpoint() == await desk.store.head()


async def test_a_projection_that_fails_is_tried_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """It must not stop the worker it runs in."""
    await desk.enter(COMPLETED)
    await desk.as_superuser("alter table readmodel.register rename to hidden")
    running = asyncio.create_task(desk.projector().run(Polling(), poll_interval=0.01))
    try:
        async with asyncio.timeout(60):
            while caplog.text.count("stands still") < 2:
                assert not running.done()
                await asyncio.sleep(0.01)
        await desk.as_superuser("alter table readmodel.hidden rename to register")
        await _has_caught_up(desk, running)
    finally:
        running.cancel()


async def test_a_log_shorter_than_what_was_applied_is_not_passed_over(desk: Desk) -> None:
    await desk.enter(COMPLETED)
    head = await desk.projector().catch_up()
    await desk.as_superuser(f"update remit.checkpoints set position = {head + 1}")
    with pytest.raises(PositionGap, match=f"{head + 2} was expected, {head} came"):
        await desk.projector().catch_up()


async def test_it_runs_on_after_its_connection_was_cut(desk: Desk) -> None:
    await desk.projector().catch_up()
    running = asyncio.create_task(desk.projector().run(Polling(), poll_interval=0.01))
    superuser = await asyncpg.connect(desk.database_url)
    try:
        async with superuser.transaction():
            await superuser.execute("lock remit.checkpoints in access exclusive mode")
            await _end_one_that_waits(desk)
        await desk.enter(COMPLETED)
        await _has_caught_up(desk, running)
    finally:
        await superuser.close()
        running.cancel()
    assert [row.number for row in await desk.register.page()] == ["N-5"]


async def test_it_runs_on_after_the_server_was_restarted(server_dir: Path) -> None:
    server = EmbeddedPostgres(server_dir / "restarted-under-a-projector", durable=False)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(server.__enter__)
        stack.callback(server.__exit__)
        await migrate(server.database_url)
        desk = await stack.enter_async_context(open_desk(server.database_url))
        running = asyncio.create_task(desk.projector().run(Polling(), poll_interval=0.001))
        stack.callback(running.cancel)
        await asyncio.to_thread(server.__exit__)
        await asyncio.to_thread(server.__enter__)
        await desk.enter(COMPLETED)
        await _has_caught_up(desk, running)


async def _has_caught_up(desk: Desk, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(60):
        while await desk.checkpoint() != await desk.store.head():
            assert not running.done()
            await asyncio.sleep(0.01)


async def _end_one_that_waits(desk: Desk) -> None:
    """Wait until a session of the projector's waits for a lock, and end it."""
    connection = await asyncpg.connect(desk.database_url)
    try:
        async with asyncio.timeout(60):
            while True:
                ended = await connection.fetch(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where datname = current_database() and wait_event_type = 'Lock'"
                )
                if ended:
                    return
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def test_what_only_reads_asks_nothing_more_when_it_is_done(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        async with open_projection_pool(
            database_url, pool_size=1, role="remit_auditor", reads_only=True
        ) as pool:
            pid = await pool.fetchval("select pg_backend_pid()")
            last = "select query from pg_stat_activity where pid = $1"
            assert await connection.fetchval(last, pid) == "select pg_backend_pid()"
    finally:
        await connection.close()
