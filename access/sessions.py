"""Sessions of people who signed in by a browser. They end by themselves, by `end`, and with the person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from access.secret import hashed, new_secret
from domain.identifiers import PersonId

_SEEN_TO = timedelta(minutes=1)

# Whoever comes in clears away what is over: nobody else has to.
_CREATE = """
    with over as (
        delete from remit.sessions
        where expires_at <= clock_timestamp() or last_seen_at <= clock_timestamp() - $4::interval
    )
    insert into remit.sessions (session_hash, person_id, expires_at)
    values ($1, $2, clock_timestamp() + $3::interval)
"""
_FIND = """
    with found as (
        select session_hash, person_id, created_at, expires_at from remit.sessions
        where session_hash = $1 and expires_at > clock_timestamp()
          and last_seen_at > clock_timestamp() - $2::interval
    ), seen as (
        update remit.sessions as s set last_seen_at = clock_timestamp() from found
        where s.session_hash = found.session_hash
          and s.last_seen_at < clock_timestamp() - $3::interval
    )
    select person_id, created_at, expires_at from found
"""
_END = "delete from remit.sessions where session_hash = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One that holds."""

    person: PersonId
    created_at: datetime
    expires_at: datetime


class Sessions:
    """The table `remit.sessions`."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", *, longest: timedelta, idle: timedelta
    ) -> None:
        """Args:
        pool: one of `open_access_pool`.
        longest: after which a session ends, whatever happens in it.
        idle: after which it ends if nothing happens; counted to the minute, so two minutes at least.
        """
        self._pool = pool
        self.longest = longest
        self._idle = idle

    async def create(self, person: PersonId) -> str:
        """A new session; answers the secret that the cookie is to hold, which is told this once."""
        secret = new_secret()
        await self._pool.execute(_CREATE, hashed(secret), person, self.longest, self._idle)
        return secret

    async def find(self, secret: str) -> Session | None:
        """None if it is unknown, or over."""
        row = await self._pool.fetchrow(_FIND, hashed(secret), self._idle, _SEEN_TO)
        if row is None:
            return None
        return Session(
            person=row["person_id"], created_at=row["created_at"], expires_at=row["expires_at"]
        )

    async def end(self, secret: str) -> None:
        """At once, on every machine."""
        await self._pool.execute(_END, hashed(secret))
