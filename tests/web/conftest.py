"""One bureau for all tests of a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.conftest import fresh_database
from tests.web.bureau import Bureau, bureau


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bureau]:
    """Its tests run in the loop of their file: `pytestmark = pytest.mark.asyncio(loop_scope="module")`."""
    folder: Path = tmp_path_factory.mktemp("bureau")
    async with (
        fresh_database(postgres) as url,
        bureau(url, temporal_server.address, folder) as opened,
    ):
        yield opened
