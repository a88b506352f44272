"""Read models made anew beside the live ones: the same rows, or told apart; and nothing by halves."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from eventstore.protocol import PositionGap
from readmodels import beside
from readmodels.beside import RebuildUnderWay, RowDifference
from readmodels.bulk import StreamGap
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector
from readmodels.rebuild import Rebuild
from tests.polling import Polling
from tests.readmodels.staged import FIRST_LIFE, Staged, staged

_ROOT = Path(__file__).parent.parent.parent
_REBUILD = """
import asyncio, sys
from eventstore.postgres import PostgresEventStore
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild

async def main(url):
    async with PostgresEventStore.open(url) as store, open_projection_pool(url) as pool:
        await Rebuild(url, store, pool, PROJECTIONS, processes=1).run()

if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
"""


_READABLE = """
    select bool_and(has_table_privilege(role, c.oid, 'select'))
    from pg_class c, unnest(array['remit_appender', 'remit_auditor']) as role
    where c.relnamespace = 'readmodel'::regnamespace and c.relkind = 'r'
"""
_STAGES = (
    "select count(*) > 0 from pg_tables where schemaname = 'readmodel_rebuild'",
    "select count(*) > 0 from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and query like '%position <= $3%'",
    "select count(*) > 0 from pg_indexes where schemaname = 'readmodel_rebuild'",
    "select count(*) > 8 from pg_indexes where schemaname = 'readmodel_rebuild'",
)
"""How far the rebuild has come when it is killed: tables made, streams read, some indexes, most."""


def _rebuild(at: Staged) -> Rebuild:
    return Rebuild(at.database_url, at.store, at.pool, PROJECTIONS, processes=2)


async def test_what_is_made_anew_is_what_was_kept_up(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(1, lives=8, steps=80)
        await at.catch_up()
        before, indexes = await at.rows(), await _indexes(at)
        assert all(
            before[table]
            for table in (
                "register",
                "periods",
                "ledger",
                "attention",
                "agenda",
                "parties",
                "programmes",
            )
        )
        for found in (await _rebuild(at).check(), await _rebuild(at).run()):
            assert all(one.compared and not one.differences for one in found)
        assert await at.rows() == before
        assert await _indexes(at) == indexes, "by the same names: migrations speak of them"
        assert await at.pool.fetchval(_READABLE), "by those who could read the ones before"
        await at.one_more_event("later")
        await at.catch_up()
        head = await at.store.head()
        for projection in PROJECTIONS:
            assert (await at.lag(projection.name)).position == head


async def test_rows_that_are_not_what_the_log_says_are_named_and_put_right(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(2)
        await at.catch_up()
        right = await at.rows()
        await at.as_superuser("update readmodel.register set lead = 'x' where number = 'R-0'")
        await at.as_superuser("delete from readmodel.programmes where programme = 'next'")
        await at.as_superuser(
            "insert into readmodel.ledger (instruction, entry, kind, status)"
            " values ('instruction-x', 1, 'reminder', 'fired')"
        )
        expected = {
            RowDifference(table="register", key=FIRST_LIFE, what="differs"),
            RowDifference(table="programmes", key="next", what="missing"),
            RowDifference(table="ledger", key="instruction-x/1", what="superfluous"),
        }
        wrong = await at.rows()
        for rebuilt in (await _rebuild(at).check(), await _rebuild(at).check()):
            assert {d for one in rebuilt for d in one.differences} == expected
        assert await at.rows() == wrong, "a check leaves the live rows"
        rebuilt = await _rebuild(at).run()
        assert {d for one in rebuilt for d in one.differences} == expected
        assert await at.rows() == right


async def test_what_is_recorded_meanwhile_is_there_after_the_switch(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(3)
        await at.catch_up()

        async def keep_recording() -> None:
            for number in range(40):
                await at.one_more_event(f"meanwhile-{number}")
                await at.catch_up()

        recording = asyncio.create_task(keep_recording())
        rebuilt = await _rebuild(at).run()
        await recording
        assert all(one.compared and not one.differences for one in rebuilt)
        await at.catch_up()
        assert all(one.compared and not one.differences for one in await _rebuild(at).check())


async def test_an_empty_read_model_is_filled_by_a_rebuild(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(4)
        rebuilt = await _rebuild(at).run()
        assert all(one.switched and not one.compared for one in rebuilt)
        made = await at.rows()
        await at.as_superuser("truncate readmodel.register, readmodel.departures")
        await at.as_superuser("truncate readmodel.periods, readmodel.ledger, readmodel.programmes")
        await at.as_superuser("delete from remit.checkpoints")
        await at.catch_up()
        assert await at.rows() == made


async def test_a_killed_rebuild_leaves_the_live_rows_and_can_be_run_again(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(5)
        await at.catch_up()
        before = await at.rows()
        for come_so_far in _STAGES:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _REBUILD,
                staged_url,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
            )
            while True:
                if process.returncode is not None or await at.pool.fetchval(come_so_far):
                    break
                await asyncio.sleep(0.005)
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()
            assert await at.rows() == before, come_so_far
        async with asyncio.timeout(60):
            while True:  # until its session is gone
                with suppress(RebuildUnderWay):
                    rebuilt = await _rebuild(at).run()
                    break
                await asyncio.sleep(0.1)
        assert all(one.compared and not one.differences for one in rebuilt)
        assert await at.rows() == before


async def test_only_one_rebuild_at_a_time(staged_url: str) -> None:
    async with (
        staged(staged_url) as at,
        at.pool.acquire() as connection,
        beside.held(connection),
    ):
        with pytest.raises(RebuildUnderWay):
            await _rebuild(at).run()


async def test_a_stream_with_a_gap_is_not_made_into_rows(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(6)
        await at.as_superuser("alter table remit.events disable trigger all")
        await at.as_superuser(
            "delete from remit.events where stream_id = $1 and version = 1", FIRST_LIFE
        )
        with pytest.raises(StreamGap, match="lacks its event of version 1"):
            await _rebuild(at).run()


@pytest.mark.parametrize("last", ["of a stream", "of the log"])
async def test_where_a_last_event_is_missing_nothing_is_switched(
    staged_url: str, last: str
) -> None:
    async with staged(staged_url) as at:
        await at.lives(6)
        await at.catch_up()
        before, head = await at.rows(), await at.store.head()
        missing = await at.pool.fetchval(
            "select max(position) from remit.events where stream_id = $1 or position = $2",
            FIRST_LIFE,
            head if last == "of the log" else None,
        )
        await at.as_superuser("alter table remit.events disable trigger all")
        await at.as_superuser("delete from remit.events where position = $1", missing)
        with pytest.raises(PositionGap, match=f"{missing} was expected, {missing + 1} came"):
            await _rebuild(at).run()
        await at.as_superuser("select remit.begin_epoch()")
        with pytest.raises(PositionGap):
            await Projector(at.store, at.pool, PROJECTIONS[0]).catch_up()
        assert await at.rows() == before


async def test_a_log_without_a_programme_makes_read_models_without_rows(staged_url: str) -> None:
    async with staged(staged_url, programmes=False) as at:
        for rebuilt in (await _rebuild(at).check(), await _rebuild(at).run()):
            assert {one.position for one in rebuilt} == {await at.store.head()}
        await at.as_superuser("select remit.begin_epoch()")
        await at.catch_up()
        for projection in PROJECTIONS:
            lag = await at.lag(projection.name)
            assert (lag.lag, lag.epoch_over) == (0, False)
        assert not any((await at.rows()).values())


async def test_a_projection_that_is_to_start_over_waits_for_a_rebuild(
    staged_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with staged(staged_url) as at:
        await at.catch_up()
        await at.as_superuser("select remit.begin_epoch()")
        with caplog.at_level(logging.INFO, logger="readmodels.projector"):
            async with at.pool.acquire() as connection, beside.held(connection):
                projector = Projector(at.store, at.pool, PROJECTIONS[0])
                with pytest.raises(RebuildUnderWay):
                    await projector.catch_up()
                running = asyncio.create_task(projector.run(Polling(), poll_interval=0.01))
                async with asyncio.timeout(10):
                    while "waits" not in caplog.text:
                        assert not running.done()
                        await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                while (await at.lag("register")).epoch_over:
                    assert not running.done()
            running.cancel()
        ours = [one for one in caplog.records if one.name == "readmodels.projector"]
        assert not [record for record in ours if record.levelno > logging.WARNING]


async def test_a_new_epoch_is_made_anew_beside_the_rows_of_the_old(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(7)
        await at.catch_up()
        right = await at.rows()
        await at.as_superuser("update readmodel.register set lead = 'of the old epoch'")
        await at.as_superuser("update readmodel.periods set lead = 'of the old epoch'")
        await at.as_superuser("select remit.begin_epoch()")
        await asyncio.gather(  # one of them twice: the second finds it done
            *(
                Projector(at.store, at.pool, projection).catch_up()
                for projection in (*PROJECTIONS, PROJECTIONS[0])
            )
        )
        assert await at.rows() == right
        assert not (await at.lag("register")).epoch_over


async def _indexes(at: Staged) -> list[str]:
    rows = await at.pool.fetch(
        "select indexdef from pg_indexes where schemaname = 'readmodel' order by indexdef"
    )
    return [row["indexdef"] for row in rows]
