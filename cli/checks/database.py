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
from eventstore.codec import FORMAT
from eventstore.connections import DATABASE_LOST
from eventstore.migrate import against_the_migrations
from monitoring.findings import OVERDUE_LIMIT
from monitoring.standing import Standing, standing

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
        "projections": _of_standing(projections),
        "due moments": _of_standing(due_moments),
        "notices": _of_standing(notices),
    }
    return [found, *first, *await _asked(url, of_the_log, role="remit_auditor")]


async def _asked(
    url: str,
    asked: _Questions,
    role: str | None = None,
) -> list[Diagnosis]:
    checks: dict[str, Check] = {
        name: with_connection(url, role, check) for name, check in asked.items()
    }
    return await carried_out(checks)


def _of_standing(
    check: Callable[[Standing], Diagnosis],
) -> Callable[[Connection], Awaitable[Diagnosis]]:
    async def asked(connection: Connection) -> Diagnosis:
        return check(await standing(connection))

    return asked


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
    if found.log_format is not None and found.log_format > FORMAT:
        newer = f"the log is written in format {found.log_format}; this Remit knows {FORMAT}"
        return failed(
            "schema", newer, "run the newer version here: older ones cannot read the log any more"
        )
    if found.unknown:
        newer = f"made by a newer Remit: {', '.join(found.unknown)}"
        return warning("schema", newer, "install that version here as well")
    if found.log_format != FORMAT:
        return warning(
            "schema",
            f"the log is still written in format {found.log_format}, as versions before this one do",
            "once none of these runs: `remit migrate --finish`",
        )
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


def projections(found: Standing) -> Diagnosis:
    late = [
        f"{one.projection} is {one.lag} events behind, since {_rounded(one.seconds)}"
        for one in found.lags
        if one.epoch_over or one.seconds > LAG_LIMIT.total_seconds()
    ]
    if late:
        way_out = "is a worker running (`remit worker`)? its log says why it stands still"
        return warning("projections", "; ".join(late), way_out)
    behind = max(one.lag for one in found.lags)
    return ok("projections", f"{len(found.lags)}, at most {behind} events behind")


def due_moments(found: Standing) -> Diagnosis:
    overdue = found.overdue
    if overdue.seconds > OVERDUE_LIMIT.total_seconds():
        return failed(
            "due moments",
            f"{overdue.count} instructions and recurrences are past their due moment, the longest by {_rounded(overdue.seconds)}",
            "see that a worker runs, then `remit recover`",
        )
    return ok("due moments", "none overdue")


def notices(found: Standing) -> Diagnosis:
    unsent = found.unsent
    if unsent.seconds > UNDELIVERED_LIMIT.total_seconds():
        return warning(
            "notices",
            f"{unsent.count} undelivered, the oldest for {_rounded(unsent.seconds)}",
            "look at the mail server and the worker's log; the watchdog has them sent again",
        )
    return ok("notices", "none undelivered for long")


def _rounded(seconds: float) -> timedelta:
    return rounded(timedelta(seconds=seconds))
