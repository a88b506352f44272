"""Replay of what was imported agrees with the plain calculation over the raw rows."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstore.memory import MemoryEventStore
from tests import oracle
from tests.importing.conftest import Imported
from tests.programmes import (
    AFTER_ALL,
    SMALL_ZONES,
    Row,
    example_zones,
    figures_of,
    import_rows,
    numbers,
    report_by_fold,
    set_up,
)
from tests.random_measures import measures, moments

MEETING = datetime(2025, 12, 15, 12, tzinfo=ZoneInfo("Europe/Minsk"))
MONTHS = [
    datetime(year, month, 1, tzinfo=ZoneInfo("Europe/Moscow"))
    for year in (2024, 2025, 2026)
    for month in range(1, 13)
    if (year, month) < (2026, 12)
]


@pytest.mark.parametrize("at", [*MONTHS, MEETING], ids=lambda at: f"{at:%Y-%m-%d}")
async def test_the_example_comes_to_the_same_figures(example: Imported, at: datetime) -> None:
    by_fold = await report_by_fold(example.store, numbers(example.rows), at)
    assert figures_of(by_fold) == oracle.figures(example.rows, example_zones(), at)


@given(data=st.data(), rows=measures())
@settings(max_examples=100, deadline=None)
def test_random_programmes_come_to_the_same_figures(data: st.DataObject, rows: list[Row]) -> None:
    looked_at = data.draw(st.lists(moments(rows), min_size=1, max_size=8))
    asyncio.run(_agree(rows, looked_at))


async def _agree(rows: list[Row], looked_at: list[datetime]) -> None:
    store = MemoryEventStore()
    handler = await set_up(store, at=AFTER_ALL)
    result = await import_rows(store, handler, rows, at=AFTER_ALL)
    assert result.problems == ()
    for at in (*looked_at, AFTER_ALL):
        by_fold = await report_by_fold(store, numbers(rows), at.astimezone(UTC))
        assert figures_of(by_fold) == oracle.figures(rows, SMALL_ZONES, at)
