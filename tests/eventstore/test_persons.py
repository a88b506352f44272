from collections.abc import AsyncIterator

import pytest

from eventstore.persons import MemoryPersonStore, Person, PersonStore, PostgresPersonStore

ANNA = Person(person_id="p1", name="Анна", email="anna@example.org", salt=b"\x00" * 16)
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


async def test_a_person_is_known_until_erased(persons: PersonStore) -> None:
    await persons.put(ANNA)
    await persons.put(BORIS)
    assert await persons.get(["p1", "p2", "p3"]) == {"p1": ANNA, "p2": BORIS}
    assert await persons.erase("p1")
    assert not await persons.erase("p1")
    assert await persons.get(["p1", "p2"]) == {"p2": BORIS}


async def test_what_is_known_of_a_person_can_be_replaced(persons: PersonStore) -> None:
    await persons.put(ANNA)
    renamed = Person(person_id="p1", name="Анна Б.", email=None, salt=ANNA.salt)
    await persons.put(renamed)
    assert await persons.get(["p1"]) == {"p1": renamed}
