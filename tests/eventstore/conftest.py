from collections.abc import AsyncIterator

import pytest

from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from tests.eventstore.desk import Desk
from tests.staging import stage


@pytest.fixture
async def log_url(database_url: str) -> str:
    """A database with the log's schema and nothing in it."""
    return database_url


@pytest.fixture
async def postgres_store(log_url: str) -> AsyncIterator[PostgresEventStore]:
    async with PostgresEventStore.open(log_url, pool_size=4) as store:
        yield store


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> EventStore:
    if request.param == "memory":
        return MemoryEventStore()
    return request.getfixturevalue("postgres_store")


@pytest.fixture
async def desk(store: EventStore) -> Desk:
    return await _staged(store)


@pytest.fixture
async def postgres_desk(postgres_store: PostgresEventStore) -> Desk:
    return await _staged(postgres_store)


async def _staged(store: EventStore) -> Desk:
    desk = Desk(store)
    await stage(desk.handler, MemoryPersonStore())
    return desk
