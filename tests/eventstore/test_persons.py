"""What the log commits to is found again, whoever else wrote of the same person, until it is erased."""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from eventstore.addresses import new_webhook_secret
from eventstore.migrate import MIGRATIONS
from eventstore.persons import MemoryPersonStore, Person, PersonStore, PostgresPersonStore

ANNA = Person(person_id="p1", name="Анна", email="anna@example.org", salt=b"\x00" * 16)
ANNA_AGAIN = Person(person_id="p1", name="Анна", email="anna@example.org", salt=b"\x02" * 16)
RENAMED = Person(person_id="p1", name="Анна Б.", email=None, salt=ANNA.salt)
REACHED = Person(
    person_id="p3",
    name="Вера",
    email="vera@example.org",
    webhook_url="https://example.org/hooks/3",
    webhook_secret=new_webhook_secret(),
    apprise_url="ntfys://example.org/vera",
    salt=b"\x03" * 16,
)
BORIS = Person(person_id="p2", name="Борис", email=None, salt=b"\x01" * 16)


@pytest.fixture
async def postgres_persons(log_url: str) -> AsyncIterator[PostgresPersonStore]:
    async with PostgresPersonStore.open(log_url) as persons:
        yield persons


@pytest.fixture(params=["memory", "postgres"])
def persons(request: pytest.FixtureRequest) -> PersonStore:
    if request.param == "memory":
        return MemoryPersonStore()
    return request.getfixturevalue("postgres_persons")


def _held(*persons: Person) -> dict[str, str]:
    """The commitments of a log that took these."""
    return {person.person_id: person.commitment for person in persons}


async def test_a_person_is_known_by_their_commitment_until_erased(persons: PersonStore) -> None:
    await persons.put(ANNA)
    await persons.put(BORIS)
    log = _held(ANNA, BORIS) | {"p3": "0" * 64}
    assert await persons.get(log) == {"p1": ANNA, "p2": BORIS}
    assert await persons.get({"p1": BORIS.commitment}) == {}
    assert await persons.erase("p1")
    assert not await persons.erase("p1")
    assert await persons.get(log) == {"p2": BORIS}


async def test_all_addresses_are_kept_each_under_the_commitment(persons: PersonStore) -> None:
    await persons.put(REACHED)
    assert await persons.get(_held(REACHED)) == {"p3": REACHED}
    for name in ("webhook_url", "webhook_secret", "apprise_url"):
        other = replace(REACHED, **{name: None})
        assert other.commitment != REACHED.commitment
        assert await persons.get(_held(other)) == {}


def test_a_person_s_secrets_are_not_shown() -> None:
    shown = repr(REACHED)
    assert "hooks/3" not in shown
    assert "whsec_" not in shown
    assert "ntfys" not in shown


async def test_whoever_writes_last_the_commitment_of_the_log_has_its_salt(
    persons: PersonStore,
) -> None:
    for loader in (ANNA, ANNA_AGAIN, ANNA):
        await persons.put(loader)
    for taken in (ANNA, ANNA_AGAIN):
        assert await persons.get(_held(taken)) == {"p1": taken}


async def test_another_name_is_kept_beside_the_one_before(persons: PersonStore) -> None:
    await persons.put(ANNA)
    await persons.put(RENAMED)
    assert await persons.get(_held(ANNA)) == {"p1": ANNA}
    assert await persons.get(_held(RENAMED)) == {"p1": RENAMED}


async def test_what_the_log_did_not_take_is_taken_back_alone(persons: PersonStore) -> None:
    await persons.put(ANNA)
    await persons.put(RENAMED)
    await persons.take_back(RENAMED)
    assert await persons.get(_held(RENAMED)) == {}
    assert await persons.get(_held(ANNA)) == {"p1": ANNA}


async def test_erasing_takes_every_name_and_salt_there_ever_was(persons: PersonStore) -> None:
    for person in (ANNA, ANNA_AGAIN, RENAMED):
        await persons.put(person)
    assert await persons.erase("p1")
    for person in (ANNA, ANNA_AGAIN, RENAMED):
        assert await persons.get(_held(person)) == {}


async def test_what_is_kept_can_be_counted_of_all_and_of_one(persons: PersonStore) -> None:
    for person in (ANNA, RENAMED, BORIS):
        await persons.put(person)
    assert await persons.kept() == {"p1": 2, "p2": 1}
    assert await persons.kept("p2") == {"p2": 1}
    await persons.erase("p1")
    assert await persons.kept() == {"p2": 1}
    assert await persons.kept("p1") == {}


async def test_a_row_cannot_be_changed(log_url: str) -> None:
    async with PostgresPersonStore.open(log_url) as persons:
        await persons.put(ANNA)
    connection = await asyncpg.connect(log_url, server_settings={"role": "remit_appender"})
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update remit.persons set name = 'Other'")
    finally:
        await connection.close()


async def test_the_migration_computes_commitments_as_the_domain_does(log_url: str) -> None:
    [migration] = MIGRATIONS.glob("*_persons_by_commitment.sql")
    text = migration.read_text(encoding="utf-8")
    update = text[text.index("update remit.persons") :].partition(";")[0]
    async with PostgresPersonStore.open(log_url) as persons:
        await persons.put(ANNA)
        await persons.put(BORIS)
        connection = await asyncpg.connect(log_url)
        try:
            await connection.execute("update remit.persons set commitment = person_id")
            await connection.execute(update)
        finally:
            await connection.close()
        assert await persons.get(_held(ANNA, BORIS)) == {"p1": ANNA, "p2": BORIS}
