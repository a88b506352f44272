"""A database whose schema is not this version's is told of, with the way out, before anything is done."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.cli.conftest import Remit
from tests.conftest import WITH_SCHEMA


async def _database(postgres: EmbeddedPostgres, *, spoilt: str) -> str:
    """The URL of a new one, with the schema and then changed by these statements."""
    name = f"schema_{uuid4().hex}"
    server = await asyncpg.connect(postgres.database_url)
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {WITH_SCHEMA}")
    await server.close()
    url = postgres.url_of(name)
    connection = await asyncpg.connect(url)
    await connection.execute(spoilt)
    await connection.close()
    return url


@pytest.mark.parametrize(
    "spoilt",
    [
        "alter table readmodel.register drop column acting cascade",
        "drop table readmodel.register cascade",
    ],
)
def test_a_column_or_a_table_that_is_not_there(
    remit: Remit, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", asyncio.run(_database(postgres, spoilt=spoilt)))
    answer = remit("list")
    assert answer.code == 2
    assert "the schema of the database is not this Remit's" in answer.words
    assert "`remit migrate`" in answer.words


@pytest.mark.parametrize("verb", ["worker", "web"])
def test_a_worker_does_not_begin_where_migrations_are_missing(
    remit: Remit,
    postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    spoilt = "delete from public._pogo_migration where migration_id like '0018%'"
    monkeypatch.setenv("REMIT_DATABASE_URL", asyncio.run(_database(postgres, spoilt=spoilt)))
    monkeypatch.setenv("REMIT_TEMPORAL_ADDRESS", temporal_server.address)
    answer = remit(verb)
    assert answer.code == 2
    assert "the schema of the database: not applied: 0018" in answer.words
    assert "`remit migrate`" in answer.words
