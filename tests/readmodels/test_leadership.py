"""Of several processes that feed a projection one leads; when it dies another takes over."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg

from eventstore.protocol import EventStore, StoredEvent
from readmodels.projector import Projector
from readmodels.register_projection import RegisterProjection
from readmodels.tables import LIVE, Connection
from tests.polling import Polling
from tests.readmodels.staged import Staged, staged

_POLL = 0.02
_ROOT = Path(__file__).parent.parent.parent
_OTHER_PROCESS = """
import asyncio, sys
from eventstore.postgres import PostgresEventStore
from tests.polling import Polling
from readmodels.projector import Projector, open_projection_pool
from readmodels.register_projection import RegisterProjection

async def main(url):
    async with PostgresEventStore.open(url) as store, open_projection_pool(url) as pool:
        await Projector(store, pool, RegisterProjection()).run(Polling(), poll_interval=0.02)

asyncio.run(main(sys.argv[1]))
"""


class _Seen(RegisterProjection):
    """Says what it was given, and fails if another writes at the same time."""

    writing = 0

    def __init__(self) -> None:
        self.applied: list[int] = []

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
        *,
        schema: str = LIVE,
    ) -> None:
        _Seen.writing += 1
        assert _Seen.writing == 1
        await super().apply(connection, store, events, schema=schema)
        await asyncio.sleep(0.01)
        _Seen.writing -= 1
        self.applied += [event.position for event in events]


async def _leader(at: Staged, *, other_than: int | None = None) -> int:
    async with asyncio.timeout(60):
        while True:
            lag = await at.lag("register")
            if lag.leader not in (None, other_than) and lag.lag == 0:
                return lag.leader
            await asyncio.sleep(_POLL)


async def test_one_leads_and_when_its_session_ends_another_takes_over(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(1)
        seen = [_Seen() for _ in range(3)]
        running = [
            asyncio.create_task(
                Projector(at.store, at.pool, one, batch_size=7).run(Polling(), poll_interval=_POLL)
            )
            for one in seen
        ]
        try:
            first = await _leader(at)
            assert sum(bool(one.applied) for one in seen) == 1, "the others only wait"
            await at.as_superuser("select pg_terminate_backend($1)", first)
            await at.one_more_event("after-the-first")
            second = await _leader(at, other_than=first)
            await at.as_superuser("select pg_terminate_backend($1)", second)
            await at.one_more_event("after-the-second")
            await _leader(at, other_than=second)
        finally:
            for task in running:
                task.cancel()
            await asyncio.wait(running)
        applied = sorted(position for one in seen for position in one.applied)
        assert applied == list(range(1, await at.store.head() + 1))


async def test_when_the_leaders_process_is_killed_another_takes_over(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(2)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _OTHER_PROCESS,
            staged_url,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )
        try:
            first = await _leader(at)
            waiting = asyncio.create_task(
                Projector(at.store, at.pool, RegisterProjection()).run(
                    Polling(), poll_interval=_POLL
                )
            )
            await asyncio.sleep(5 * _POLL)
            assert await _leader(at) == first
            process.send_signal(signal.SIGKILL)
            await at.one_more_event("after-the-death")
            assert await _leader(at, other_than=first) != first
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


_SETTINGS = "select name, reset_val from pg_settings where name like 'tcp_keepalives%' or name like '%timeout'"


async def test_a_session_whose_client_vanished_does_not_keep_its_locks(staged_url: str) -> None:
    """Within half a minute, and within a minute if it is in a transaction."""
    async with staged(staged_url) as at:
        settings = {row["name"]: row["reset_val"] for row in await at.pool.fetch(_SETTINGS)}
        assert settings["idle_in_transaction_session_timeout"] == "60000"
        assert settings["lock_timeout"] == "30000"
        keepalives = [settings[f"tcp_keepalives_{of}"] for of in ("idle", "interval", "count")]
        assert keepalives == ["15", "5", "3"]


async def test_the_lag_is_there_to_see(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(3)
        lag = await at.lag("register")
        assert (lag.position, lag.leader) == (0, None)
        assert lag.lag == lag.head == await at.store.head()
        assert lag.seconds > 0
        await at.catch_up()
        caught_up = await at.lag("register")
        assert (caught_up.lag, caught_up.seconds) == (0, 0)
        await at.as_superuser("select remit.begin_epoch()")
        assert (await at.lag("register")).epoch_over
