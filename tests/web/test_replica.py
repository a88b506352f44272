"""The web reads from a replica of the database, and what it is asked for is never older than asked for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.conftest import fresh_database
from tests.replica import replica_of
from tests.web.bureau import Bureau, bureau


@pytest.fixture
async def replicated(
    postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, server_dir: Path, tmp_path: Path
) -> AsyncIterator[tuple[Bureau, str]]:
    """And the replica's URL, as its superuser."""
    async with fresh_database(postgres) as url:
        with replica_of(postgres, server_dir / f"replica-{uuid4()}") as replica:
            database = await _name(url)
            replica_url = replica.url_of(database)
            async with bureau(
                url, temporal_server.address, tmp_path, replica_url=replica_url
            ) as desk:
                yield desk, replica_url


async def test_lists_come_from_the_replica_and_wait_for_what_is_asked_for(
    replicated: tuple[Bureau, str],
) -> None:
    desk, replica_url = replicated
    seen, waited_for = f"R-{uuid4()}", f"R-{uuid4()}"
    position = await desk.issued(seen)
    assert seen in await _listed(desk, at_least=position)
    replica = await asyncpg.connect(replica_url)
    try:
        await replica.execute("select pg_wal_replay_pause()")
        position = await desk.issued(waited_for)
        assert waited_for not in await _listed(desk)
        asked = asyncio.create_task(_listed(desk, at_least=position))
        await asyncio.sleep(0.5)
        assert not asked.done()
        await replica.execute("select pg_wal_replay_resume()")
        assert waited_for in await asked
    finally:
        await replica.close()


async def _listed(desk: Bureau, **asked: int) -> list[str]:
    answer = await desk.get("p-operator", "/instructions", params={"limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def _name(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("select current_database()")
    finally:
        await connection.close()
