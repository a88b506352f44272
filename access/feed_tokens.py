"""Tokens that let whoever has one read a person's calendar. Only their hashes are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from access.secret import ID_LENGTH, hashed, id_by, new_secret
from domain.identifiers import PersonId

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
    """The table `remit.feed_tokens`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """`pool` is one of `open_access_pool`; one as `remit_auditor` will do for `all`, `find` and `in_use`."""
        self._pool = pool

    async def create(self, person: PersonId, language: str) -> str:
        """A new token, which is told this once."""
        token = new_secret()
        await self._pool.execute(_CREATE, hashed(token), person, language)
        return token

    async def revoke(self, token_id: str, *, of: PersonId | None = None) -> PersonId | None:
        """End a token by its id, if it is of this person, where one is named; answers whose it was, or None if no
        such token is in use.
        """
        return await self._pool.fetchval(_REVOKE, token_id, ID_LENGTH, of)

    async def in_use(self, token_id: str) -> bool:
        """Whether there is such a token that was not ended, whosever it is."""
        return await self._pool.fetchval(_IN_USE, token_id, ID_LENGTH)

    async def all(self, person: PersonId | None = None) -> Sequence[FeedToken]:
        """Every token, of everybody or of one person, the oldest first."""
        rows = await self._pool.fetch(_LIST, person, ID_LENGTH)
        return [FeedToken(**row) for row in rows]

    async def find(self, token: str) -> tuple[PersonId, str] | None:
        """Whose calendar it opens, and in which language; None if it is unknown or revoked."""
        row = await self._pool.fetchrow(_FIND, hashed(token))
        return None if row is None else (row["person_id"], row["language"])


def feed_token_id(token: str) -> str:
    """The id of a token that `FeedTokens.create` made."""
    return id_by(hashed(token))
