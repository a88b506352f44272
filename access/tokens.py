"""API tokens: a person's, for programs. `remit_`, an id that may be told, and a secret that is kept nowhere."""

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from access.scopes import Scope, known
from access.secret import LENGTH, hashed, new_secret
from domain.identifiers import PersonId

PREFIX = "remit_"
LONGEST = timedelta(days=366)
"""No token is made for longer."""
_ID_BYTES = 6
_FORM = re.compile(rf"{PREFIX}[0-9a-f]{{{2 * _ID_BYTES}}}_[A-Za-z0-9_-]{{{LENGTH}}}")
_SEEN_TO = timedelta(hours=1)

_CREATE = """
    insert into remit.api_tokens (token_hash, id, person_id, label, scopes, expires_at)
    values ($1, $2, $3, $4, $5, $6)
"""
_REVOKE = """
    update remit.api_tokens set revoked_at = clock_timestamp()
    where id = $1 and revoked_at is null and ($2::text is null or person_id = $2)
    returning person_id
"""
_IN_USE = "select exists (select from remit.api_tokens where id = $1 and revoked_at is null)"
_LIST = """
    select id, person_id, label, scopes, created_at, expires_at, revoked_at, last_used_at
    from remit.api_tokens where $1::text is null or person_id = $1
    order by created_at, id
"""
# A row that is used a thousand times a minute is written once an hour.
_FIND = """
    with found as (
        select token_hash, id, person_id, scopes, expires_at, last_used_at from remit.api_tokens
        where token_hash = $1 and revoked_at is null and expires_at > clock_timestamp()
    ), used as (
        update remit.api_tokens as t set last_used_at = clock_timestamp() from found
        where t.token_hash = found.token_hash
          and (t.last_used_at is null or t.last_used_at < clock_timestamp() - $2::interval)
    )
    select id, person_id, scopes, expires_at from found
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """A token as it is listed: it can be told from others, and not be used."""

    id: str
    person_id: PersonId
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenInUse:
    """What a token that holds stands for."""

    id: str
    person: PersonId
    scopes: frozenset[Scope]
    expires_at: datetime


class ApiTokens:
    """The table `remit.api_tokens`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """`pool` is one of `open_access_pool`."""
        self._pool = pool

    async def create(
        self, person: PersonId, *, label: str, scopes: Collection[Scope], expires_at: datetime
    ) -> str:
        """A new token, which is told this once.

        Args:
            scopes: one at least.
            expires_at: later than now, and not by more than `LONGEST`.

        Raises `asyncpg.CheckViolationError` for others.
        """
        token = f"{PREFIX}{secrets.token_hex(_ID_BYTES)}_{new_secret()}"
        await self._pool.execute(
            _CREATE, hashed(token), api_token_id(token), person, label, sorted(scopes), expires_at
        )
        return token

    async def revoke(self, id_: str, *, of: PersonId | None = None) -> PersonId | None:
        """End a token by its id, if it is of this person, where one is named; answers whose it was, or None if no
        such token is in use.
        """
        return await self._pool.fetchval(_REVOKE, id_, of)

    async def in_use(self, id_: str) -> bool:
        """Whether there is such a token that was not ended, whosever it is."""
        return await self._pool.fetchval(_IN_USE, id_)

    async def all(self, person: PersonId | None = None) -> Sequence[ApiToken]:
        """Every token, of everybody or of one person, the oldest first."""
        rows = await self._pool.fetch(_LIST, person)
        return [_listed(dict(row)) for row in rows]

    async def find(self, token: str) -> TokenInUse | None:
        """What it stands for; None if it is unknown, revoked or expired."""
        if not _FORM.fullmatch(token):
            return None
        row = await self._pool.fetchrow(_FIND, hashed(token), _SEEN_TO)
        if row is None:
            return None
        return TokenInUse(
            id=row["id"],
            person=row["person_id"],
            scopes=known(row["scopes"]),
            expires_at=row["expires_at"],
        )


def api_token_id(token: str) -> str:
    """The id of a token that `ApiTokens.create` made."""
    return token[len(PREFIX) : len(PREFIX) + 2 * _ID_BYTES]


def _listed(row: dict[str, Any]) -> ApiToken:
    scopes = known(row.pop("scopes"))
    return ApiToken(scopes=scopes, **row)
