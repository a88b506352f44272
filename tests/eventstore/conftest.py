from collections.abc import AsyncIterator

import pytest

from eventstore.memory import MemoryEventStore
from eventstore.migrate import migrate
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore


@pytest.fixture
async def log_url(database_url: str) -> str:
    """A database with the log's schema and nothing in it."""
    await migrate(database_url)
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
