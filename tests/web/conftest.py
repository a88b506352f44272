"""One bureau for all tests; and one of its own for a file that turns everything upside down."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.conftest import fresh_database
from tests.web.bureau import Bureau, bureau


@asynccontextmanager
async def _opened(
    postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, folder: Path
) -> AsyncGenerator[Bureau]:
    async with (
        fresh_database(postgres) as url,
        bureau(url, temporal_server.address, folder) as opened,
    ):
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(
    postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bureau]:
    """Its tests run in the loop that all share: `pytestmark = pytest.mark.asyncio(loop_scope="session")`."""
    folder: Path = tmp_path_factory.mktemp("bureau")
    async with _opened(postgres, temporal_server, folder) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_desk(
    postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bureau]:
    """For those who are asked to do whatever there is to do."""
    folder: Path = tmp_path_factory.mktemp("own-bureau")
    async with _opened(postgres, temporal_server, folder) as opened:
        yield opened
