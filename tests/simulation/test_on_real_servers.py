"""Three lives on real servers with skipped time: PostgreSQL and Temporal tell them as the simulation does."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import instruction_id
from settings import use_bundled_time_zones
from simulation.account import account
from simulation.acts import Life
from simulation.checks import on_real_servers
from simulation.comparing import TOLERANCE
from simulation.discrete import Run
from simulation.real import DYNAMIC_CONFIG, RealRun, live_really
from simulation.tellings import answered_alike, compared
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
    comparisons = await compared(run, sample, real)
    assert [what for one in comparisons for what in one.differences] == []
    assert set(real.streams) >= {instruction_id(life.number) for life in sample}
    assert {one.stream for one in comparisons} == real.streams.keys()
    assert answered_alike(run, sample, real).findings == []
    await _what_is_not_there_is_found(run, sample, real)
    for stream in real.streams.values():
        assert account(stream, run.story.ends, tolerance=TOLERANCE).findings == []


async def _what_is_not_there_is_found(run: Run, sample: Sequence[Life], real: RealRun) -> None:
    """As if the real servers had refused the first command, or the simulation."""
    life = sample[0]
    stream, first = instruction_id(life.number), f"{life.number}.1"
    untold = replace(
        real,
        streams={one: events for one, events in real.streams.items() if one != stream},
        outcomes={one: outcome for one, outcome in real.outcomes.items() if one != first},
    )
    [(of, differences)] = [
        (one.stream, one.differences)
        for one in await compared(run, sample, untold)
        if one.differences
    ]
    assert (of, differences[0].startswith("event 1: simulated ['InstructionIssued'")) == (
        stream,
        True,
    )
    [finding] = answered_alike(run, sample, untold).findings
    assert finding.startswith(f"{first}: simulated recorded, real None")
    beside = replace(real, streams={"instruction-x": real.streams[stream]})
    [invented] = await compared(run, [], beside)
    assert invented.differences[0].startswith("event 1: simulated [], real ['InstructionIssued'")
    assert "nothing was compared" in str(on_real_servers([], run.story.ends, [])[0].findings)
