"""Brings a database's schema up to date. The migrations are the .sql files next door.

pogo-migrate keeps the list of those applied, in `public._pogo_migration`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from pogo_core.util import migrate as pogo
from pogo_core.util import sql

MIGRATIONS = Path(__file__).parent / "migrations"

SCHEMA = "remit"
_LOCK = 0x52454D4954  # "REMIT"
_MIGRATED = "select to_regclass('public._pogo_migration') is not null"


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """Between a database's schema and this version's, by the names of migrations."""

    applied: int
    """How many are."""
    missing: Sequence[str]
    unknown: Sequence[str]
    """Applied, and of a newer version."""


class _Log(logging.LoggerAdapter[logging.Logger]):
    """pogo calls each migration it applies a warning; it is no more than information."""

    def log(self, level: int, msg: object, *args: object, **_kwargs: object) -> None:
        self.logger.log(min(level, logging.INFO), msg, *args)


_log = _Log(logging.getLogger(__name__))


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing and answer the names of the migrations applied, in order. Where nothing is, none is read.

    Harmless to repeat, and for several processes to do at once: they go one after another. The user
    needs to own the database and to be allowed to create roles.

    Raises:
        pogo_core.error.BadMigrationError: a migration failed; it left nothing behind.
    """
    # A statement that waits for a lock makes all others wait behind it: give up early instead.
    connection = await asyncpg.connect(database_url, server_settings={"lock_timeout": "10s"})
    try:
        # Held by the session, not a transaction: each migration commits by itself.
        await connection.execute("set lock_timeout = 0")
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute("reset lock_timeout")
        if not (await against_the_migrations(connection)).missing:
            return []
        await sql.ensure_pogo_sync(connection)
        before = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
        await pogo.apply(connection, MIGRATIONS, schema_name=SCHEMA, logger=_log)
        after = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
    finally:
        await connection.close()
    return sorted(after - before)


async def against_the_migrations(connection: Any) -> Differences:
    """What is missing in the connection's database, and what it has that is not known here.

    Raises `asyncpg.InsufficientPrivilegeError` if the connection's role may not read which migrations are applied.
    """
    there = {file.stem for file in MIGRATIONS.glob("*.sql")}
    applied: set[str] = set()
    if await connection.fetchval(_MIGRATED):
        applied = await sql.get_applied_migrations(connection, schema_name=SCHEMA)
    return Differences(
        applied=len(applied), missing=sorted(there - applied), unknown=sorted(applied - there)
    )
