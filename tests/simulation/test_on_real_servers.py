"""Three lives on real servers with skipped time: PostgreSQL and Temporal tell them as the simulation does."""

from pathlib import Path

import pytest

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import instruction_id
from settings import use_bundled_time_zones
from simulation.account import account
from simulation.comparing import TOLERANCE
from simulation.discrete import Run
from simulation.real import DYNAMIC_CONFIG, live_really
from simulation.tellings import compared
from tests.conftest import fresh_database

PLOTS = ("extension expired", "with all parts", "with a lead part")


@pytest.mark.timeout(180)
async def test_the_two_agree(postgres: EmbeddedPostgres, server_dir: Path, run: Run) -> None:
    """On a Temporal server of its own: its lives are named alike in every run."""
    sample = [next(life for life in run.story.lives if life.plot == plot) for plot in PLOTS]
    with EmbeddedTemporal(
        server_dir / "simulated", headless=True, dynamic_config=DYNAMIC_CONFIG
    ) as temporal:
        async with fresh_database(postgres) as url:
            real = await live_really(
                run.story,
                sample,
                database_url=url,
                temporal_address=temporal.address,
                tzdata=use_bundled_time_zones(),
            )
    assert [what for one in await compared(run, real) for what in one.differences] == []
    assert set(real.streams) >= {instruction_id(life.number) for life in sample}
    for command_id, outcome in real.outcomes.items():
        assert outcome.kind == run.outcomes[command_id].kind
    for stream in real.streams.values():
        assert account(stream, run.story.ends, tolerance=TOLERANCE).findings == []
