"""PostgreSQL, and what the log in it says of those who work on it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import asyncpg

from cli.checks.diagnosis import (
    PATIENCE,
    Check,
    Diagnosis,
    carried_out,
    failed,
    ok,
    rounded,
    warning,
)
from eventstore.connections import DATABASE_LOST
from eventstore.migrate import against_the_migrations
from monitoring.findings import OVERDUE_LIMIT

OLDEST_SERVER = 16
"""Its roles can be granted with `set` alone, which the migrations do."""
CLOCK_TOLERANCE = timedelta(seconds=2)
CLOCK_LIMIT = timedelta(minutes=1)
UNDELIVERED_LIMIT = timedelta(minutes=5)
LAG_LIMIT = timedelta(minutes=1)

_VERSION = (
    "select current_setting('server_version_num')::int / 10000, current_setting('server_version')"
)
_NOT_SETTABLE = """
    select wanted from unnest(array['remit_appender', 'remit_projector', 'remit_auditor']) wanted
    left join pg_catalog.pg_roles r on r.rolname = wanted
    where r.oid is null or not pg_has_role(current_user, r.oid, 'SET')
    order by wanted
"""
_LOGIN = "select current_user::text"
_CLOCK = "select clock_timestamp()"
_BEHIND = """
    select c.projection, k.position - c.position as behind, c.epoch <> k.epoch as other_epoch,
        clock_timestamp() - (
            select e.recorded_at from remit.events e where e.position = c.position + 1
        ) as since
    from remit.checkpoints c cross join remit.counter k
    order by c.projection
"""
_HEAD = "select position from remit.counter"
_OVERDUE = """
    select count(*) as streams, clock_timestamp() - min(next_wake) as since from remit.streams
    where not closed and next_wake < clock_timestamp() - $1::interval
"""
_UNDELIVERED = """
    select count(*) as notices, clock_timestamp() - min(coalesce(o.send_after, e.recorded_at)) as since
    from remit.outbox o join remit.events e on e.stream_id = o.stream_id and e.version = o.version
    where o.settled_at is null
        and coalesce(o.send_after, e.recorded_at) < clock_timestamp() - $1::interval
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_Questions: TypeAlias = Mapping[str, Callable[[Connection], Awaitable[Diagnosis]]]


async def database(url: str, *, way_out: str) -> list[Diagnosis]:
    """PostgreSQL, and if it answers what is in it. `way_out`: how to start one."""
    (found,) = await carried_out({"PostgreSQL": server(url, way_out=way_out)})
    if found.status == "failed":
        return [found]
    asked: _Questions = {
        "database clock": clock,
        "schema": schema,
        "roles": roles,
    }
    first = await _asked(url, asked)
    if any(f.status == "failed" and f.name in ("schema", "roles") for f in first):
        return [found, *first]  # the log cannot be read
    of_the_log: _Questions = {
        "projections": projections,
        "due moments": due_moments,
        "notices": notices,
    }
    return [found, *first, *await _asked(url, of_the_log, role="remit_appender")]


async def _asked(
    url: str,
    asked: _Questions,
    role: str | None = None,
) -> list[Diagnosis]:
    checks: dict[str, Check] = {
        name: with_connection(url, role, check) for name, check in asked.items()
    }
    return await carried_out(checks)


async def with_connection(
    url: str, role: str | None, check: Callable[[Connection], Awaitable[Diagnosis]]
) -> Diagnosis:
    """What the check finds, with a connection of its own."""
    connection = await asyncpg.connect(url, timeout=PATIENCE, command_timeout=PATIENCE)
    try:
        if role is not None:
            await connection.execute(f"set role {role}")
        return await check(connection)
    finally:
        connection.terminate()


async def server(url: str, *, way_out: str) -> Diagnosis:
    try:
        connection = await asyncpg.connect(url, timeout=PATIENCE / 2)
    except (OSError, TimeoutError, *DATABASE_LOST) as error:
        reason = str(error) or type(error).__name__
        return failed("PostgreSQL", f"does not answer: {reason}", way_out)
    except (ValueError, asyncpg.PostgresError) as error:
        return failed(
            "PostgreSQL", f"refuses: {error}", "put REMIT_DATABASE_URL right, or the login's rights"
        )
    try:
        row = await connection.fetchrow(_VERSION)
    finally:
        connection.terminate()
    assert row is not None
    major, version = row
    if major < OLDEST_SERVER:
        return failed("PostgreSQL", f"{version} is too old", f"move to {OLDEST_SERVER} or newer")
    return ok("PostgreSQL", version)


async def schema(connection: Connection) -> Diagnosis:
    way_out = "`remit migrate` brings it up to date"
    try:
        found = await against_the_migrations(connection)
    except asyncpg.InsufficientPrivilegeError:
        login: str = await connection.fetchval(_LOGIN)
        return warning(
            "schema",
            f"{login} may not read which migrations are applied",
            f'as owner: grant select on public._pogo_migration to "{login}"',
        )
    if found.applied == 0:
        return failed("schema", "this database has none", way_out)
    if found.missing:
        return failed("schema", f"not applied: {', '.join(found.missing)}", way_out)
    if found.unknown:
        newer = f"made by a newer Remit: {', '.join(found.unknown)}"
        return warning("schema", newer, "install that version here as well")
    return ok("schema", f"{found.applied} migrations applied")


async def roles(connection: Connection) -> Diagnosis:
    missing: list[str] = [row["wanted"] for row in await connection.fetch(_NOT_SETTABLE)]
    if missing:
        login: str = await connection.fetchval(_LOGIN)
        grants = "; ".join(f'grant {role} to "{login}"' for role in missing)
        return failed(
            "roles", f"{login} may not work as {', '.join(missing)}", f"as owner: {grants}"
        )
    return ok("roles", "appender, projector and auditor")


async def clock(connection: Connection) -> Diagnosis:
    before = datetime.now(UTC)
    theirs: datetime = await connection.fetchval(_CLOCK)
    after = datetime.now(UTC)
    apart = max(before - theirs, theirs - after, timedelta())
    message = f"{apart.total_seconds():.1f} s apart from this machine's"
    if apart > CLOCK_TOLERANCE:
        found = failed if apart > CLOCK_LIMIT else warning
        return found("database clock", message, "set both clocks by NTP")
    return ok("database clock", message)


async def projections(connection: Connection, limit: timedelta = LAG_LIMIT) -> Diagnosis:
    rows = await connection.fetch(_BEHIND)
    way_out = "is a worker running (`remit worker`)? its log says why it stands still"
    if not rows:
        if await connection.fetchval(_HEAD) == 0:
            return ok("projections", "the log is empty")
        return warning("projections", "none has read anything yet", way_out)
    late = [
        f"{row['projection']} is {row['behind']} events behind, since {rounded(row['since'])}"
        for row in rows
        if row["other_epoch"] or (row["since"] or timedelta()) > limit
    ]
    if late:
        return warning("projections", "; ".join(late), way_out)
    behind = max(row["behind"] for row in rows)
    return ok("projections", f"{len(rows)}, at most {behind} events behind")


async def due_moments(connection: Connection) -> Diagnosis:
    row = await connection.fetchrow(_OVERDUE, OVERDUE_LIMIT)
    assert row is not None
    if row["streams"]:
        return failed(
            "due moments",
            f"{row['streams']} instructions wait to be woken, the longest for {rounded(row['since'])}",
            "see that a worker runs, then `remit recover`",
        )
    return ok("due moments", "none overdue")


async def notices(connection: Connection, limit: timedelta = UNDELIVERED_LIMIT) -> Diagnosis:
    row = await connection.fetchrow(_UNDELIVERED, limit)
    assert row is not None
    if row["notices"]:
        return warning(
            "notices",
            f"{row['notices']} undelivered, the oldest for {rounded(row['since'])}",
            "look at the mail server and the worker's log; the watchdog has them sent again",
        )
    return ok("notices", "none undelivered for long")
