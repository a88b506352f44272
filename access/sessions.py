"""Sessions of people who signed in by a browser. They end by themselves, by `end`, and with the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from access.secret import ID_LENGTH, hashed, id_by, new_secret
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
        select session_hash, person_id from remit.sessions
        where session_hash = $1 and expires_at > clock_timestamp()
          and last_seen_at > clock_timestamp() - $2::interval
    ), seen as (
        update remit.sessions as s set last_seen_at = clock_timestamp() from found
        where s.session_hash = found.session_hash
          and s.last_seen_at < clock_timestamp() - $3::interval
    )
    select person_id from found
"""
_LOOK = """
    select person_id from remit.sessions
    where session_hash = $1 and expires_at > clock_timestamp()
      and last_seen_at > clock_timestamp() - $2::interval
"""
_END = "delete from remit.sessions where session_hash = $1 returning session_hash, person_id"
_IS_THERE = """
    select exists (
        select from remit.sessions where left(encode(session_hash, 'hex'), $2) = $1
    )
"""
_LIST = """
    select session_hash, person_id, created_at, last_seen_at, expires_at from remit.sessions
    where ($1::text is null or person_id = $1) and expires_at > clock_timestamp()
      and last_seen_at > clock_timestamp() - $2::interval
    order by created_at, session_hash
"""
_END_NAMED = """
    delete from remit.sessions
    where ($1::text is null or person_id = $1)
      and ($2::text is null or left(encode(session_hash, 'hex'), $3) = $2)
    returning session_hash, person_id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionListed:
    """One that holds, as it is listed: it can be told from others, and not be used."""

    id: str
    """Of its hash: whoever has that has no session."""
    person: PersonId
    created_at: datetime
    last_seen_at: datetime
    """To the minute."""
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionEnded:
    """One that does not hold any more."""

    id: str
    person: PersonId


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

    async def find(self, secret: str, *, seen: bool = True) -> PersonId | None:
        """Whose it is; None if it is unknown, or over.

        Args:
            seen: whether something happens in it now, so that it goes on; not if it is only looked at.
        """
        if seen:
            return await self._pool.fetchval(_FIND, hashed(secret), self._idle, _SEEN_TO)
        return await self._pool.fetchval(_LOOK, hashed(secret), self._idle)

    async def end(self, secret: str) -> SessionEnded | None:
        """At once, on every machine. Answers which it was; None if there is none."""
        row = await self._pool.fetchrow(_END, hashed(secret))
        return _ended(row) if row else None

    async def is_there(self, id_: str) -> bool:
        """Whether there is one that is called so, whosever it is."""
        return await self._pool.fetchval(_IS_THERE, id_, ID_LENGTH)

    async def all(self, person: PersonId | None = None) -> Sequence[SessionListed]:
        """Those that hold, of everybody or of one person, the oldest first."""
        return [
            SessionListed(
                id=id_by(row["session_hash"]),
                person=row["person_id"],
                created_at=row["created_at"],
                last_seen_at=row["last_seen_at"],
                expires_at=row["expires_at"],
            )
            for row in await self._pool.fetch(_LIST, person, self._idle)
        ]

    async def end_those(
        self, *, of: PersonId | None, named: str | None = None
    ) -> Sequence[SessionEnded]:
        """End all of this person, or the one that is named so, at once; of None, whosever they are. Answers which."""
        return [_ended(row) for row in await self._pool.fetch(_END_NAMED, of, named, ID_LENGTH)]


def id_of(secret: str) -> str:
    """What the session is called where it is listed."""
    return id_by(hashed(secret))


def _ended(row: asyncpg.Record) -> SessionEnded:
    return SessionEnded(id=id_by(row["session_hash"]), person=row["person_id"])
