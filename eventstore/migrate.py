"""Brings a database's schema up to date. The migrations are the .sql files next door.

Those of `migrations/` only add: processes of the version before go on beside them. Those of `migrations/contracting/` take away
what only older versions need, once none of these runs any more. pogo-migrate keeps the list of those applied, in
`public._pogo_migration`.
"""

import logging
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from pogo_core.util import migrate as pogo
from pogo_core.util import sql

from eventstore.codec import FORMAT

MIGRATIONS = Path(__file__).parent / "migrations"
CONTRACTING = MIGRATIONS / "contracting"

SCHEMA = "remit"
_LOCK = 0x52454D4954  # "REMIT"
_MIGRATED = "select to_regclass('public._pogo_migration') is not null"
_HAS_FORMAT = """
    select exists (
        select from pg_attribute
        join pg_class on pg_class.oid = attrelid
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname = 'remit' and relname = 'counter' and attname = 'format'
    )
"""
_FORMAT = "select format from remit.counter"
_RAISE_FORMAT = "select remit.raise_format($1)"
_IS_EMPTY = "select position = 0 from remit.counter"
_SESSIONS = """
    select application_name, count(*) as sessions from pg_stat_activity
    where datname = current_database() and application_name ~ '^remit(,|$)'
    group by application_name order by application_name
"""
_OF_FORMAT = re.compile(r"format (\d+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """Between a database's schema and this version's, by the names of migrations."""

    applied: int
    """How many are."""
    missing: Sequence[str]
    unknown: Sequence[str]
    """Applied, and of a newer version."""
    log_format: int | None = None
    """Of the log; None where the schema does not tell."""


class OlderProcesses(RuntimeError):
    """Processes of an older version are still connected to the database: {names}."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "processes of an older version are still connected to the database, and could not read what would be written: "
            + "; ".join(names)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """What came with this version is written from now on."""

    log_format: int
    applied: Sequence[str]
    """The contracting migrations that were applied now, in order."""


class _Log(logging.LoggerAdapter[logging.Logger]):
    """pogo calls each migration it applies a warning; it is no more than information."""

    def log(self, level: int, msg: object, *args: object, **_kwargs: object) -> None:
        self.logger.log(min(level, logging.INFO), msg, *args)


_log = _Log(logging.getLogger(__name__))


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing and answer the names of the migrations applied, in order. Where nothing is, none is read.

    Processes of the version before may work on meanwhile, and afterwards. An empty log is of this version's format at once.

    Harmless to repeat, and for several processes to do at once: they go one after another. The user
    needs to own the database and to be allowed to create roles.

    Raises:
        pogo_core.error.BadMigrationError: a migration failed; it left nothing behind.
    """
    async with _alone(database_url) as connection:
        if not (await against_the_migrations(connection)).missing:
            return []
        applied = await _apply(connection, MIGRATIONS)
        async with _role(connection, "remit_owner"):
            if await connection.fetchval(_IS_EMPTY):
                await connection.execute(_RAISE_FORMAT, FORMAT)
    return applied


async def finish(database_url: str) -> Finished:
    """After all processes of older versions have ended: have events written as this version has them, and apply the contracting
    migrations. There is no way back to an older version then. Harmless to repeat.

    Raises:
        OlderProcesses: there are some.
        pogo_core.error.BadMigrationError: as `migrate`, which it does first.
    """
    await migrate(database_url)
    async with _alone(database_url) as connection:
        older = [
            f"{row['sessions']} sessions of {row['application_name']}"
            for row in await connection.fetch(_SESSIONS)
            if _format_of(row["application_name"]) < FORMAT
        ]
        if older:
            raise OlderProcesses(older)
        async with _role(connection, "remit_owner"):
            log_format = await connection.fetchval(_RAISE_FORMAT, FORMAT)
        return Finished(log_format=log_format, applied=await _apply(connection, CONTRACTING))


def _format_of(application_name: str) -> int:
    """That a process knows; the first versions did not say."""
    said = _OF_FORMAT.search(application_name)
    return int(said[1]) if said else 0


@asynccontextmanager
async def _alone(database_url: str) -> AsyncGenerator[Any]:
    """A connection, while no other process migrates."""
    # A statement that waits for a lock makes all others wait behind it: give up early instead.
    connection = await asyncpg.connect(database_url, server_settings={"lock_timeout": "10s"})
    try:
        # Held by the session, not a transaction: each migration commits by itself.
        await connection.execute("set lock_timeout = 0")
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute("reset lock_timeout")
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _role(connection: Any, role: str) -> AsyncGenerator[None]:
    """Work as one of the log's roles: a login that is a member of them may do nothing by that alone."""
    async with connection.transaction():
        before = await connection.fetchval("select current_setting('role')")
        await connection.execute(f"set local role {role}")
        yield
        await connection.execute("select set_config('role', $1, true)", before)


async def _apply(connection: Any, folder: Path) -> list[str]:
    await sql.ensure_pogo_sync(connection)
    before = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
    await pogo.apply(connection, folder, schema_name=SCHEMA, logger=_log)
    after = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
    return sorted(after - before)


async def against_the_migrations(connection: Any) -> Differences:
    """What is missing in the connection's database, and what it has that is not known here.

    Raises `asyncpg.InsufficientPrivilegeError` if the connection's role may not read which migrations are applied.
    """
    there = {file.stem for file in MIGRATIONS.glob("*.sql")}
    taken_away = {file.stem for file in CONTRACTING.glob("*.sql")}
    applied: set[str] = set()
    if await connection.fetchval(_MIGRATED):
        applied = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
    log_format = None
    if await connection.fetchval(_HAS_FORMAT):
        async with _role(connection, "remit_auditor"):
            log_format = await connection.fetchval(_FORMAT)
    return Differences(
        applied=len(applied),
        missing=sorted(there - applied),
        unknown=sorted(applied - there - taken_away),
        log_format=log_format,
    )
