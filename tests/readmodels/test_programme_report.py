"""A programme's measures: now from the register, as of any moment by replay."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from domain.programme.report import Measure
from eventstore.replay import NOW, AsOf
from readmodels.programme_report import measures_as_of, moment_of
from tests.programmes import PROGRAMME
from tests.readmodels.conftest import Desk
from tests.readmodels.lives import COMPLETED, EVERY_STAGE, REPORTED, id_of, utc
from tests.registered import measures_registered


async def _as_of(desk: Desk, as_of: AsOf) -> Sequence[Measure]:
    await desk.projector().catch_up()
    return await measures_as_of(desk.store, desk.register, PROGRAMME, as_of)


async def _phases(desk: Desk, as_of: AsOf) -> dict[str, str]:
    return {measure.number: measure.phase for measure in await _as_of(desk, as_of)}


@pytest.mark.parametrize("page_size", [1, 4, 1000])
async def test_the_register_and_replay_agree_about_now(desk: Desk, page_size: int) -> None:
    await desk.enter(*EVERY_STAGE)
    replayed = await _as_of(desk, NOW)
    assert len(replayed) == len(EVERY_STAGE)
    assert await measures_registered(desk.pool, PROGRAMME, page_size=page_size) == replayed


async def test_as_of_a_moment_counts_what_had_occurred_by_then(desk: Desk) -> None:
    await desk.enter(COMPLETED)
    stages = {
        "2024-01-20 08:59": {},
        "2024-01-20 09:00": {"N-5": "Issued"},
        "2024-01-20 09:01": {"N-5": "Assigned"},
        "2024-01-22 09:02": {"N-5": "InProgress"},
        "2024-09-02 09:07": {"N-5": "Reported"},
        "2024-09-10 09:08": {"N-5": "InProgress"},
        "2024-10-15 09:09": {"N-5": "Reported"},
        "2024-10-15 09:10": {"N-5": "Completed"},
    }
    found = {moment: await _phases(desk, AsOf(occurred=utc(moment))) for moment in stages}
    assert found == stages


async def test_as_recorded_is_what_the_log_held_then(desk: Desk) -> None:
    before = datetime.now(UTC)
    await desk.enter(REPORTED | {"number": "N-5"})
    between = (await desk.store.read_stream(id_of(COMPLETED)))[-1].recorded_at
    await desk.enter(COMPLETED)
    assert await _phases(desk, AsOf(recorded=before)) == {}
    assert await _phases(desk, AsOf(recorded=between)) == {"N-5": "Reported"}
    assert await _phases(desk, NOW) == {"N-5": "Completed"}


async def test_both_limits_may_be_given(desk: Desk) -> None:
    await desk.enter(REPORTED | {"number": "N-5"})
    between = (await desk.store.read_stream(id_of(COMPLETED)))[-1].recorded_at
    await desk.enter(COMPLETED)
    returned = utc("2024-09-11 00:00")
    assert await _phases(desk, AsOf(occurred=returned)) == {"N-5": "InProgress"}
    as_known_then = AsOf(occurred=returned, recorded=between)
    assert await _phases(desk, as_known_then) == {"N-5": "Reported"}


def test_lateness_is_measured_at_the_moment_asked_about() -> None:
    now, occurred, recorded = (
        utc("2026-01-03 00:00"),
        utc("2025-01-01 00:00"),
        utc("2026-01-02 00:00"),
    )
    assert moment_of(NOW, now) == now
    assert moment_of(AsOf(recorded=recorded), now) == recorded
    assert moment_of(AsOf(occurred=occurred), now) == occurred
    assert moment_of(AsOf(occurred=occurred, recorded=recorded), now) == occurred
