"""Workers that are killed while they deliver: what `make kills` does fifty times, done five times."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bench.kills.killing import kill_while_delivering
from cli.devstack import EmbeddedTemporal
from workflows.client import connect

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def server(server_dir: Path) -> Iterator[EmbeddedTemporal]:
    """One on which the watchdog is that of these workers."""
    with EmbeddedTemporal(server_dir / "kills", headless=True) as server:
        yield server


async def test_nothing_is_lost_and_a_kill_doubles_one_message_at_most(
    database_url: str, server: EmbeddedTemporal
) -> None:
    found = await kill_while_delivering(
        database_url=database_url,
        client=await connect(server.address),
        temporal_address=server.address,
        kills=5,
        seed=1,
        side_by_side=10,
        patience=timedelta(seconds=90),
        in_a_hurry=True,
    )
    assert found.nothing_lost, found
    assert found.kills == 5
    assert found.duplicates <= found.kills, found
