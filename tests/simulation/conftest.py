"""A small story and what it came to, lived through once for the module that asks."""

import asyncio

import pytest

from settings import use_bundled_time_zones
from simulation.checks import Books, books
from simulation.discrete import Run, live
from simulation.lives import story

SEED, MEASURES = 7, 22


@pytest.fixture(scope="session")
def run() -> Run:
    """A year of 22 measures, one of each plot at least."""
    told = story(SEED, MEASURES, years=1)
    return asyncio.run(live(told, tzdata=use_bundled_time_zones()))


@pytest.fixture(scope="session")
def found(run: Run) -> Books:
    return asyncio.run(books(run))
