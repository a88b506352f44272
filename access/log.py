"""The log of access: who signed in and out by a browser, who made and ended tokens and addresses of calendars, who was
refused, who read for an audit. Facts of the log itself name their actor already.

Append-only, like the log of events, and beside it: it holds opaque ids of persons, which stay when a person is erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

import asyncpg

from domain.identifiers import PersonId

Outcome = Literal["refused", "read", "command-refused", "signed-in", "signed-out"]
"""Whoever asked had no right to it; it was read; a rule refused the command; a way in was made, a session, an API token or
the address of a calendar; it was ended. Which it was, the route says.
"""

_LONGEST = 300
"""Characters of each text: what is asked for is up to whoever asks."""

_WRITE = """
    insert into remit.access_log
        (person_id, how, method, route, subject, outcome, code, request_id, remote_address)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_LATEST = """
    select id, at, person_id, how, method, route, subject, outcome, code, request_id,
           host(remote_address) as remote_address
    from remit.access_log
    where id < $1
      and ($2::text is null or person_id = $2)
      and ($3::text is null or outcome = $3)
      and ($4::timestamptz is null or at >= $4)
      and ($5::timestamptz is null or at < $5)
    order by id desc limit $6
"""
_BEYOND_ALL = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """One request, as it is to be written."""

    method: str
    route: str
    """The path as the API's document has it, such as `/api/v1/instructions/{number}`."""
    outcome: Outcome
    person_id: PersonId | None = None
    """None if nobody was signed in."""
    how: str | None = None
    """How the person was known: `session`, `api-token`, …"""
    subject: str | None = None
    """The number or id of what it was about."""
    code: str | None = None
    """Of the problem, where it ended in one."""
    request_id: str | None = None
    remote_address: str | None = None
    """An IP address; anything else is not written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accessed(Access):
    """One that was written."""

    id: int
    at: datetime


class AccessLog:
    """The table `remit.access_log`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """`pool` is one of `open_access_pool` for `write`; one as `remit_auditor` for `latest`."""
        self._pool = pool

    async def write(self, *accesses: Access) -> None:
        """Done when they are in the database, all or none: write first, then answer. Raises what PostgreSQL raises."""
        if accesses:
            await self._pool.executemany(_WRITE, [_row(access) for access in accesses])

    async def latest(
        self,
        *,
        before: int | None = None,
        person: PersonId | None = None,
        outcome: Outcome | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Accessed]:
        """The last ones, the newest first; every limit given must hold.

        Args:
            before: an id: only older ones.
            until: not included.
        """
        place = _BEYOND_ALL if before is None else before
        rows = await self._pool.fetch(_LATEST, place, person, outcome, since, until, limit)
        return [Accessed(**row) for row in rows]


def _row(access: Access) -> Sequence[object]:
    texts = (
        *(access.person_id, access.how, access.method, access.route, access.subject),
        *(access.outcome, access.code, access.request_id),
    )
    return (*map(_storable, texts), _address(access.remote_address))


def _storable(text: str | None) -> str | None:
    """As much as is kept of it; PostgreSQL takes no NUL."""
    if text is None:
        return None
    return text[:_LONGEST].replace("\0", "�").encode(errors="replace").decode()


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
