"""Who may do what to the log in PostgreSQL."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from eventstore.migrate import migrate
from eventstore.postgres import PostgresEventStore
from tests.eventstore.appends import append, notice, write

_LOG = ["events", "streams", "commands", "claims", "outbox", "counter"]


@pytest.fixture
async def written_url(log_url: str) -> str:
    async with PostgresEventStore.open(log_url) as store:
        await store.append(append("c1", write(notices=[notice(1)]), claims=["number:1"]))
    return log_url


@asynccontextmanager
async def _as(
    url: str, role: str | None = None
) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url, server_settings={"role": role} if role else None)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["remit_appender", "remit_projector", "remit_auditor"])
async def test_a_role_reads_the_log_and_cannot_write_its_tables(
    written_url: str, role: str
) -> None:
    async with _as(written_url, role) as connection:
        for table in _LOG:
            assert await connection.fetchval(f"select count(*) from remit.{table}") == 1
            column = await connection.fetchval(
                "select attname from pg_attribute where attrelid = $1::regclass and attnum = 1",
                f"remit.{table}",
            )
            for statement in (
                f"insert into remit.{table} select * from remit.{table}",
                f"update remit.{table} set {column} = {column}",
                f"delete from remit.{table}",
                f"truncate remit.{table}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)


@pytest.mark.parametrize("role", ["remit_projector", "remit_auditor"])
async def test_only_the_appender_appends(log_url: str, role: str) -> None:
    async with _as(log_url) as connection:
        allowed = await connection.fetchval(
            "select has_function_privilege($1, oid, 'execute') from pg_proc"
            " where pronamespace = 'remit'::regnamespace and proname = 'append'",
            role,
        )
    assert allowed is False


@pytest.mark.parametrize("role", [None, "remit_owner"])
@pytest.mark.parametrize("table", ["events", "commands", "claims"])
async def test_nobody_rewrites_the_log_not_even_a_superuser(
    written_url: str, table: str, role: str | None
) -> None:
    async with _as(written_url, role) as connection:
        refusal = "the log is append-only" if role is None else "permission denied"
        if role is None:
            await connection.execute("set session_replication_role = replica")
        for statement in (
            f"update remit.{table} set command_id = 'other'",
            f"delete from remit.{table}",
            f"truncate remit.{table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refusal):
                await connection.execute(statement)


async def test_the_projector_writes_checkpoints_and_its_own_schema(written_url: str) -> None:
    async with _as(written_url, "remit_projector") as projector:
        await projector.execute("insert into remit.checkpoints values ('late', 1, 1)")
        await projector.execute("create table readmodel.late (stream_id text)")
        await projector.execute("insert into readmodel.late values ('instruction-1')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await projector.fetch("select * from remit.persons")
    for reader in ("remit_auditor", "remit_appender"):
        async with _as(written_url, reader) as connection:
            assert await connection.fetchval("select count(*) from readmodel.late") == 1
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("delete from readmodel.late")


async def test_the_append_function_cannot_be_fooled_by_a_search_path(log_url: str) -> None:
    async with _as(log_url) as connection:
        rows = await connection.fetch(
            "select proname, prosecdef, proconfig, proowner::regrole::text as owner from pg_proc"
            " where pronamespace = 'remit'::regnamespace and prosecdef"
        )
    assert {row["proname"] for row in rows} == {
        "append",
        "append_bulk",
        "begin_epoch",
        "postpone",
        "raise_format",
        "take_released",
    }
    for row in rows:
        assert row["owner"] == "remit_owner"
        assert "search_path=pg_catalog, pg_temp" in row["proconfig"]


async def test_databases_of_one_server_share_the_roles(
    empty_database_url: str, postgres_url: str
) -> None:
    assert await migrate(empty_database_url)
    async with _as(postgres_url) as connection:
        found = await connection.fetchval(
            "select count(*) from pg_roles where rolname like 'remit\\_%' and not rolcanlogin"
        )
    assert found == 4
