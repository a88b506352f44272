"""Tokens that let whoever has one read a person's calendar. Only their hashes are kept.

A token is found by its hash: how long that takes says nothing about a token that is nearly right.
"""

import hashlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import asyncpg

from domain.identifiers import PersonId
from eventstore.connections import SESSION, untouched

_ID_CHARACTERS = 12
_BYTES = 32

_CREATE = """
    insert into remit.feed_tokens (token_hash, person_id, language) values ($1, $2, $3)
"""
_REVOKE = """
    update remit.feed_tokens set revoked_at = clock_timestamp()
    where left(encode(token_hash, 'hex'), $2) = $1 and revoked_at is null
      and ($3::text is null or person_id = $3)
    returning person_id
"""
_IN_USE = """
    select exists (
        select from remit.feed_tokens
        where left(encode(token_hash, 'hex'), $2) = $1 and revoked_at is null
    )
"""
_LIST = """
    select left(encode(token_hash, 'hex'), $2) as id, person_id, language, created_at, revoked_at
    from remit.feed_tokens where $1::text is null or person_id = $1
    order by created_at, token_hash
"""
_FIND = """
    select person_id, language from remit.feed_tokens where token_hash = $1 and revoked_at is null
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedToken:
    """A token as it is listed: it can be told from others, and not be used."""

    id: str
    """The first characters of its hash."""
    person_id: PersonId
    language: str
    created_at: datetime
    revoked_at: datetime | None


class FeedTokens:
    """The table `remit.feed_tokens`; a pool under the role `remit_auditor` only reads it."""

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str) -> AsyncGenerator[Self]:
        """Connect, to make and revoke them."""
        async with asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=1,
            server_settings={"role": "remit_appender", **SESSION},
            reset=untouched,
        ) as pool:
            yield cls(pool)

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def create(self, person: PersonId, language: str) -> str:
        """A new token, which is told this once."""
        token = secrets.token_urlsafe(_BYTES)
        await self._pool.execute(_CREATE, _hash(token), person, language)
        return token

    async def revoke(self, token_id: str, *, of: PersonId | None = None) -> PersonId | None:
        """End a token by its id, if it is of this person, where one is named; answers whose it was, or None if no
        such token is in use.
        """
        return await self._pool.fetchval(_REVOKE, token_id, _ID_CHARACTERS, of)

    async def in_use(self, token_id: str) -> bool:
        """Whether there is such a token that was not ended, whosever it is."""
        return await self._pool.fetchval(_IN_USE, token_id, _ID_CHARACTERS)

    async def all(self, person: PersonId | None = None) -> Sequence[FeedToken]:
        """Every token, of everybody or of one person, the oldest first."""
        rows = await self._pool.fetch(_LIST, person, _ID_CHARACTERS)
        return [FeedToken(**row) for row in rows]

    async def find(self, token: str) -> tuple[PersonId, str] | None:
        """Whose calendar it opens, and in which language; None if it is unknown or revoked."""
        row = await self._pool.fetchrow(_FIND, _hash(token))
        return None if row is None else (row["person_id"], row["language"])


def feed_token_id(token: str) -> str:
    """The id of a token that `FeedTokens.create` made."""
    return _hash(token).hex()[:_ID_CHARACTERS]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
