"""Where the stories begin: logs that hold the example's directory, and its measures.

Each is set up once and copied for every test, by PostgreSQL itself.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import pytest
import pytest_asyncio

from cli.devstack import EmbeddedPostgres
from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from readmodels.projector import open_projection_pool
from tests.acceptance.story import Story, noon
from tests.conftest import WITH_SCHEMA, fresh_database
from tests.programmes import EXAMPLE_DIRECTORY, EXAMPLE_MEASURES, read_rows, set_up

BEGINNING = "2024-01-15"
EVE_OF_THE_MEETING = "2025-12-14"
_numbers = count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def with_directory(postgres: EmbeddedPostgres) -> str:
    """The name of a database with the directory of examples/ and the programme it adopts."""
    name = await _copy(postgres, WITH_SCHEMA)
    async with PostgresEventStore.open(postgres.url_of(name)) as store:
        await set_up(store, EXAMPLE_DIRECTORY.read_bytes(), at=noon(BEGINNING))
    return name


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def with_measures(postgres: EmbeddedPostgres, with_directory: str) -> str:
    """The same with the programme's 310 measures, entered on the eve of the council's meeting."""
    name = await _copy(postgres, with_directory)
    async with _told_in(postgres.url_of(name), EVE_OF_THE_MEETING) as story:
        await story.enters(read_rows(EXAMPLE_MEASURES))
    return name


@pytest.fixture
async def story(postgres: EmbeddedPostgres, with_directory: str) -> AsyncIterator[Story]:
    """Begins in January 2024: nobody is charged with anything yet."""
    async with _story(postgres, with_directory, BEGINNING) as begun:
        yield begun


@pytest.fixture
async def story_of_310_measures(
    postgres: EmbeddedPostgres, with_measures: str
) -> AsyncIterator[Story]:
    """Begins on the eve of the council's meeting in December 2025."""
    async with _story(postgres, with_measures, EVE_OF_THE_MEETING) as begun:
        yield begun


@asynccontextmanager
async def _story(postgres: EmbeddedPostgres, template: str, day: str) -> AsyncGenerator[Story]:
    """Told in a copy of the database."""
    async with fresh_database(postgres, template) as url, _told_in(url, day) as begun:
        yield begun


@asynccontextmanager
async def _told_in(database_url: str, day: str) -> AsyncGenerator[Story]:
    async with (
        PostgresEventStore.open(database_url, pool_size=4) as store,
        open_projection_pool(database_url, pool_size=2) as pool,
    ):
        handler = CommandHandler(store, tzdata="2026a")
        yield Story(store=store, handler=handler, pool=pool, now=noon(day))


async def _copy(postgres: EmbeddedPostgres, template: str) -> str:
    name = f"story_{next(_numbers)}"
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


async def _execute(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
