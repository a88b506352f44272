"""Tokens, sessions and the log of access, in PostgreSQL."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import asyncpg
import pytest

from access.feed_tokens import FeedTokens, feed_token_id
from access.log import Access, AccessLog
from access.sessions import SessionEnded, Sessions, id_of
from access.tokens import LONGEST, ApiTokens, TokenInUse
from eventstore.persons import Person, PostgresPersonStore

pytestmark = pytest.mark.asyncio(loop_scope="module")

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
_A_DAY, _AN_HOUR = timedelta(days=1), timedelta(hours=1)


def _in(span: timedelta) -> datetime:
    return datetime.now(UTC) + span


@asynccontextmanager
async def _as(
    url: str, role: str | None = None
) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url, server_settings={"role": role} if role else None)
    try:
        yield connection
    finally:
        await connection.close()


def _sessions(pool: Pool, idle: timedelta = _AN_HOUR) -> Sessions:
    return Sessions(pool, longest=_A_DAY, idle=idle)


async def test_a_token_is_found_by_itself_alone_and_kept_as_a_hash(pool: Pool) -> None:
    tokens = ApiTokens(pool)
    token = await tokens.create(
        "p-kept", label="Reports", scopes={"read", "audit"}, expires_at=_in(_A_DAY)
    )
    token_id = token.split("_")[1]
    found = await tokens.find(token)
    assert found is not None
    assert found == TokenInUse(
        id=token_id,
        person="p-kept",
        scopes=frozenset({"read", "audit"}),
        expires_at=found.expires_at,
    )
    row = await pool.fetchrow("select * from remit.api_tokens where person_id = 'p-kept'")
    assert row is not None
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert found.expires_at == row["expires_at"]
    assert token.split("_", 2)[2] not in repr(dict(row))
    for other in (token[:-1], token + "x", token_id, row["token_hash"].hex(), "", "\udc80", "\0"):
        assert await tokens.find(other) is None


async def test_a_token_ends_when_it_is_revoked_and_when_it_expires(
    pool: Pool, access_url: str
) -> None:
    tokens = ApiTokens(pool)
    revoked, expired, other = [
        await tokens.create("p-ends", label="x", scopes={"read"}, expires_at=_in(_A_DAY))
        for _ in range(3)
    ]
    assert await tokens.revoke(revoked.split("_")[1]) == "p-ends"
    assert await tokens.revoke(revoked.split("_")[1]) is None
    async with _as(access_url) as superuser:
        await superuser.execute(
            "update remit.api_tokens set created_at = created_at - interval '2 days',"
            " expires_at = clock_timestamp() where id = $1",
            expired.split("_")[1],
        )
    found = [await tokens.find(token) for token in (revoked, expired, other)]
    assert [one is not None for one in found] == [False, False, True]
    listed = {one.id: one for one in await tokens.all("p-ends")}
    assert listed[revoked.split("_")[1]].revoked_at is not None
    assert listed[other.split("_")[1]].last_used_at is not None


@pytest.mark.parametrize("span", [-_A_DAY, timedelta(0), LONGEST + _AN_HOUR])
async def test_no_token_is_made_for_a_time_that_is_over_or_too_long(
    pool: Pool, span: timedelta
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await ApiTokens(pool).create("p-x", label="x", scopes={"read"}, expires_at=_in(span))


async def test_when_a_token_was_used_is_written_once_an_hour(pool: Pool) -> None:
    tokens = ApiTokens(pool)
    token = await tokens.create("p-used", label="x", scopes={"read"}, expires_at=_in(_A_DAY))
    for _ in range(3):
        await tokens.find(token)
    [one] = await tokens.all("p-used")
    row = "select xmin::text from remit.api_tokens where person_id = 'p-used'"
    written = await pool.fetchval(row)
    await tokens.find(token)
    assert one.last_used_at is not None
    assert await pool.fetchval(row) == written


async def test_the_address_of_a_calendar_is_found_by_its_hash_and_called_by_the_first_of_it(
    pool: Pool,
) -> None:
    """As those are that have been handed out."""
    tokens, old = FeedTokens(pool), "x" * 43
    old_hash = hashlib.sha256(old.encode()).digest()
    insert = "insert into remit.feed_tokens (token_hash, person_id, language) values ($1, $2, 'ru')"
    await pool.execute(insert, old_hash, "p-calendar")
    assert await tokens.find(old) == ("p-calendar", "ru")
    assert feed_token_id(old) == old_hash.hex()[:12]
    new = await tokens.create("p-calendar", "en")
    assert [one.id for one in await tokens.all("p-calendar")] == [
        feed_token_id(old),
        feed_token_id(new),
    ]
    assert await tokens.revoke(feed_token_id(old), of="p-other") is None
    assert await tokens.revoke(feed_token_id(old)) == "p-calendar"
    assert [await tokens.in_use(feed_token_id(one)) for one in (old, new)] == [False, True]
    assert [await tokens.find(one) for one in (old, new)] == [None, ("p-calendar", "en")]


async def test_a_session_is_kept_as_a_hash_and_ends_at_once(pool: Pool) -> None:
    sessions = _sessions(pool)
    secret, other = await sessions.create("p-session"), await sessions.create("p-session")
    assert await sessions.find(secret) == "p-session"
    listed = await sessions.all("p-session")
    assert all(one.expires_at - one.created_at <= _A_DAY + timedelta(seconds=1) for one in listed)
    rows = await pool.fetch("select session_hash from remit.sessions where person_id = 'p-session'")
    hashes = {hashlib.sha256(one.encode()).digest() for one in (secret, other)}
    assert {row["session_hash"] for row in rows} == hashes
    await sessions.end(secret)
    assert await sessions.find(secret) is None
    assert await sessions.find(other) is not None


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
async def test_a_session_ends_by_its_age_and_by_nothing_happening(
    pool: Pool, access_url: str, column: str
) -> None:
    sessions = _sessions(pool)
    secret = await sessions.create(f"p-{column}")
    async with _as(access_url) as superuser:
        await superuser.execute(
            f"update remit.sessions set {column} = {column} - interval '1 day' where person_id = $1",
            f"p-{column}",
        )
    assert await sessions.find(secret) is None
    await sessions.create("p-next")
    count = "select count(*) from remit.sessions where person_id = $1"
    assert await pool.fetchval(count, f"p-{column}") == 0, "the next to come clears it away"


async def test_whoever_is_seen_stays_signed_in(pool: Pool, access_url: str) -> None:
    sessions = _sessions(pool)
    secret = await sessions.create("p-seen")
    async with _as(access_url) as superuser:
        await superuser.execute(
            "update remit.sessions set last_seen_at = last_seen_at - interval '59 minutes'"
            " where person_id = 'p-seen'"
        )
    assert await sessions.find(secret) is not None
    seen = await pool.fetchval(
        "select last_seen_at > clock_timestamp() - interval '1 minute' from remit.sessions"
        " where person_id = 'p-seen'"
    )
    assert seen is True


async def test_whoever_is_only_looked_at_does_not(pool: Pool, access_url: str) -> None:
    sessions = _sessions(pool)
    secret = await sessions.create("p-looked-at")
    later = (
        "update remit.sessions set last_seen_at = last_seen_at - interval '59 minutes'"
        " where person_id = 'p-looked-at' returning last_seen_at"
    )
    async with _as(access_url) as superuser:
        set_back = await superuser.fetchval(later)
        assert await sessions.find(secret, seen=False) is not None
        seen = "select last_seen_at from remit.sessions where person_id = 'p-looked-at'"
        assert await superuser.fetchval(seen) == set_back
        await superuser.execute(later)
    assert await sessions.find(secret, seen=False) is None


async def test_sessions_are_listed_by_a_name_that_opens_nothing_and_ended_by_it(
    pool: Pool, access_url: str
) -> None:
    sessions = _sessions(pool)
    one, two, over = [await sessions.create("p-listed") for _ in range(3)]
    other = await sessions.create("p-listed-too")
    async with _as(access_url) as superuser:
        await superuser.execute(
            "update remit.sessions set expires_at = clock_timestamp() where session_hash = $1",
            hashlib.sha256(over.encode()).digest(),
        )
    listed = await sessions.all("p-listed")
    assert [found.id for found in listed] == [id_of(one), id_of(two)]
    assert {found.person for found in await sessions.all()} > {"p-listed", "p-listed-too"}
    for named in (id_of(one), id_of(one) + "0", ""):
        assert await sessions.find(named) is None
    assert await sessions.end_those(of="p-listed", named=id_of(other)) == []
    ended = await sessions.end_those(of="p-listed", named=id_of(one))
    assert ended == [SessionEnded(id=id_of(one), person="p-listed")]
    assert [await sessions.find(each) is None for each in (one, two)] == [True, False]
    await sessions.end_those(of="p-listed")
    assert [await sessions.find(each) is None for each in (two, other)] == [True, False]


async def test_who_is_erased_comes_in_no_more(pool: Pool, access_url: str) -> None:
    tokens, sessions, log = ApiTokens(pool), _sessions(pool), AccessLog(pool)
    token = await tokens.create("p-erased", label="x", scopes={"read"}, expires_at=_in(_A_DAY))
    secret = await sessions.create("p-erased")
    await log.write(Access(person_id="p-erased", method="GET", route="/audit", outcome="read"))
    async with PostgresPersonStore.open(access_url) as persons:
        await persons.put(Person(person_id="p-erased", name="Erased", email=None, salt=bytes(32)))
        assert await persons.erase("p-erased")
    assert await tokens.find(token) is None
    assert await tokens.all("p-erased") == []
    assert await sessions.find(secret) is None
    async with asyncpg.create_pool(
        access_url, min_size=1, max_size=1, server_settings={"role": "remit_auditor"}
    ) as auditor:
        [kept] = await AccessLog(auditor).latest(person="p-erased")
        assert (kept.route, kept.outcome) == ("/audit", "read")
        assert await AccessLog(auditor).latest(person="p-erased", before=kept.id) == []


async def test_whatever_is_asked_for_can_be_written_down(pool: Pool, access_url: str) -> None:
    odd = "\0\udc80" + "x" * 5000
    await AccessLog(pool).write(
        Access(
            person_id="p-odd",
            how="session",
            method="GET",
            route="/instructions/{number}",
            subject=odd,
            outcome="refused",
            code="forbidden",
            request_id="r-1",
            remote_address="fe80::1%eth0",
        )
    )
    await AccessLog(pool).write(
        Access(
            person_id="p-odd", method="GET", route="/", outcome="refused", remote_address="a socket"
        )
    )
    async with _as(access_url, "remit_auditor") as auditor:
        rows = await auditor.fetch(
            "select subject, host(remote_address) as address from remit.access_log"
            " where person_id = 'p-odd' order by id"
        )
    assert [row["address"] for row in rows] == ["fe80::1", None]
    assert len(rows[0]["subject"]) == 300


@pytest.mark.parametrize("role", [None, "remit_owner", "remit_appender", "remit_auditor"])
async def test_nobody_rewrites_the_log_of_access_not_even_a_superuser(
    access_url: str, pool: Pool, role: str | None
) -> None:
    await AccessLog(pool).write(Access(method="GET", route="/", outcome="refused"))
    async with _as(access_url, role) as connection:
        refusal = "the log is append-only" if role is None else "permission denied"
        if role is None:
            await connection.execute("set session_replication_role = replica")
        for statement in (
            "update remit.access_log set person_id = 'other'",
            "delete from remit.access_log",
            "truncate remit.access_log",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refusal):
                await connection.execute(statement)


async def test_an_auditor_reads_hashes_and_makes_nothing(access_url: str) -> None:
    async with _as(access_url, "remit_auditor") as auditor:
        for table in ("api_tokens", "sessions", "access_log"):
            await auditor.fetch(f"select * from remit.{table}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await auditor.execute(f"delete from remit.{table}")
    async with _as(access_url, "remit_projector") as projector:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await projector.fetch("select * from remit.api_tokens")
