"""Names and addresses of people, kept outside the log so that a person can be erased.

The log holds opaque ids and salted commitments; erasing a person takes names and salts, and every
proof over the log still holds.

What is kept of a person is never changed: another name is another row, with a salt of its own. Which
row counts is for the log to say: the one that opens the commitment it holds. So whoever writes at the
same time, or stops half-way, no commitment of the log is left without its salt.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

import asyncpg

from domain.directory.commitment import addresses_elsewhere, commitment
from domain.identifiers import PersonId
from eventstore.connections import SESSION, untouched

_PUT = """
    insert into remit.persons (
        person_id, commitment, name, email, webhook_url, webhook_secret, apprise_url, salt
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (person_id, commitment) do nothing
"""
_GET = """
    select p.person_id, p.name, p.email, p.webhook_url, p.webhook_secret, p.apprise_url, p.salt
    from unnest($1::text[], $2::text[]) as asked (person_id, commitment)
    join remit.persons as p using (person_id, commitment)
"""
_TAKE_BACK = "delete from remit.persons where person_id = $1 and commitment = $2"
# Who is erased has no calendar any more, and comes in no more.
_ERASE = """
    with calendars as (delete from remit.feed_tokens where person_id = $1),
        tokens as (delete from remit.api_tokens where person_id = $1),
        sessions as (delete from remit.sessions where person_id = $1),
        views as (delete from remit.saved_views where person_id = $1)
    delete from remit.persons where person_id = $1 returning person_id
"""
_KEPT = """
    select person_id, count(*) as names from remit.persons
    where $1::text is null or person_id = $1
    group by person_id
"""
_CALL_TIMEOUT = 30
"""Seconds that one statement may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who an opaque id stands for, and where they are reached."""

    person_id: PersonId
    name: str
    email: str | None
    salt: bytes
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    apprise_url: str | None = field(default=None, repr=False)

    @property
    def commitment(self) -> str:
        """What the log holds of this name and these addresses; the salt opens it."""
        return commitment(self.salt, self.name, self.email, self.elsewhere)

    @property
    def elsewhere(self) -> bytes:
        """What stands in the commitment for the addresses beside e-mail."""
        return addresses_elsewhere(
            self.salt,
            {
                "webhook_url": self.webhook_url,
                "webhook_secret": self.webhook_secret,
                "apprise_url": self.apprise_url,
            },
        )


class PersonStore(Protocol):
    async def put(self, person: Person) -> None:
        """Keep it, beside what is kept of the person already. Before the log takes the commitment."""
        ...

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Person]:
        """Answer, of each person, what opens the commitment; an erased person is not among them."""
        ...

    async def take_back(self, person: Person) -> None:
        """Forget what was put, but the log did not take."""
        ...

    async def erase(self, person_id: PersonId) -> bool:
        """Forget all of a person for good; False if nothing was kept of them."""
        ...

    async def kept(self, person_id: PersonId | None = None) -> Mapping[PersonId, int]:
        """How many names are kept of each person, or of this one; of nobody else than they are kept of.

        More than one is kept where a name has changed, and where whoever put one stopped half-way.
        """
        ...


class MemoryPersonStore:
    """A `PersonStore` that forgets everything with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[PersonId, str], Person] = {}

    async def put(self, person: Person) -> None:
        self._kept.setdefault((person.person_id, person.commitment), person)

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Person]:
        return {key[0]: self._kept[key] for key in commitments.items() if key in self._kept}

    async def take_back(self, person: Person) -> None:
        self._kept.pop((person.person_id, person.commitment), None)

    async def erase(self, person_id: PersonId) -> bool:
        erased = [key for key in self._kept if key[0] == person_id]
        for key in erased:
            del self._kept[key]
        return bool(erased)

    async def kept(self, person_id: PersonId | None = None) -> Mapping[PersonId, int]:
        return Counter(person for person, _ in self._kept if person_id in (None, person))


class PostgresPersonStore:
    """A `PersonStore` in the table `remit.persons`. Made by `open`."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database_url: str, *, pool_size: int = 2, role: str = "remit_appender"
    ) -> AsyncGenerator[Self]:
        """Connect with so many connections at most; `remit_auditor` is a role that only reads."""
        async with asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=pool_size,
            command_timeout=_CALL_TIMEOUT,
            server_settings={"role": role, **SESSION},
            reset=untouched,
        ) as pool:
            yield cls(pool)

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def put(self, person: Person) -> None:
        head = (person.person_id, person.commitment, person.name, person.email)
        elsewhere = (person.webhook_url, person.webhook_secret, person.apprise_url)
        await self._pool.execute(_PUT, *head, *elsewhere, person.salt)

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Person]:
        rows = await self._pool.fetch(_GET, list(commitments), list(commitments.values()))
        return {row["person_id"]: Person(**row) for row in rows}

    async def take_back(self, person: Person) -> None:
        await self._pool.execute(_TAKE_BACK, person.person_id, person.commitment)

    async def erase(self, person_id: PersonId) -> bool:
        return await self._pool.fetchval(_ERASE, person_id) is not None

    async def kept(self, person_id: PersonId | None = None) -> Mapping[PersonId, int]:
        rows = await self._pool.fetch(_KEPT, person_id)
        return {row["person_id"]: row["names"] for row in rows}
