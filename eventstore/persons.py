"""Names and addresses of people, kept outside the log so that a person can be erased.

The log holds opaque ids and salted commitments; erasing a person takes the name and the salt, and every
proof over the log still holds.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, Self

import asyncpg

from domain.identifiers import PersonId

_PUT = """
    insert into remit.persons (person_id, name, email, salt) values ($1, $2, $3, $4)
    on conflict (person_id) do update set
        name = excluded.name, email = excluded.email, salt = excluded.salt
"""
_GET = "select person_id, name, email, salt from remit.persons where person_id = any ($1)"
_ERASE = "delete from remit.persons where person_id = $1 returning person_id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who an opaque id stands for."""

    person_id: PersonId
    name: str
    email: str | None
    salt: bytes
    """Opens the commitment that the log holds of this person."""


class PersonStore(Protocol):
    async def put(self, person: Person) -> None:
        """Add a person, or replace what is known of one."""
        ...

    async def get(self, person_ids: Iterable[PersonId]) -> Mapping[PersonId, Person]:
        """Answer those known; an erased person is not among them."""
        ...

    async def erase(self, person_id: PersonId) -> bool:
        """Forget a person for good; False if nobody was known by this id."""
        ...


class MemoryPersonStore:
    """A `PersonStore` that forgets everything with the process."""

    def __init__(self) -> None:
        self._persons: dict[PersonId, Person] = {}

    async def put(self, person: Person) -> None:
        self._persons[person.person_id] = person

    async def get(self, person_ids: Iterable[PersonId]) -> Mapping[PersonId, Person]:
        return {key: self._persons[key] for key in person_ids if key in self._persons}

    async def erase(self, person_id: PersonId) -> bool:
        return self._persons.pop(person_id, None) is not None


class PostgresPersonStore:
    """A `PersonStore` in the table `remit.persons`. Made by `open`."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database_url: str, *, pool_size: int = 2, role: str = "remit_appender"
    ) -> AsyncGenerator[Self]:
        """Connect with so many connections at most; `remit_auditor` is a role that only reads."""
        async with asyncpg.create_pool(
            database_url, min_size=1, max_size=pool_size, server_settings={"role": role}
        ) as pool:
            yield cls(pool)

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def put(self, person: Person) -> None:
        await self._pool.execute(_PUT, person.person_id, person.name, person.email, person.salt)

    async def get(self, person_ids: Iterable[PersonId]) -> Mapping[PersonId, Person]:
        rows = await self._pool.fetch(_GET, list(person_ids))
        return {row["person_id"]: Person(**row) for row in rows}

    async def erase(self, person_id: PersonId) -> bool:
        return await self._pool.fetchval(_ERASE, person_id) is not None
