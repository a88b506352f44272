"""Register, replay and the plain calculation over the raw rows agree, whatever befell the projector."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.programme.report import report
from eventstore.replay import AsOf
from readmodels.programme_report import measures_as_of
from tests import oracle
from tests.drawing import drawn
from tests.polling import Polling
from tests.programmes import (
    AFTER_ALL,
    PROGRAMME,
    SMALL_DIRECTORY,
    SMALL_ZONES,
    Row,
    figures_of,
    import_rows,
    set_up,
)
from tests.random_measures import measures, moments
from tests.readmodels.conftest import Desk
from tests.readmodels.watched import Died, Watched
from tests.registered import measures_registered

_examples = count(1)


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process's share of the projecting: it is stopped after some time, or dies by itself."""

    batch_size: int
    milliseconds: int
    dies_after: int
    """Batches; 0 for never. It dies within the transaction, its rows written."""

    async def live(self, desk: Desk) -> None:
        projection = Watched(dies_after=self.dies_after)
        projector = desk.projector(projection, batch_size=self.batch_size)
        running = asyncio.create_task(projector.run(Polling(), poll_interval=0.001))
        await asyncio.wait([running], timeout=self.milliseconds / 1000)
        running.cancel()
        with suppress(asyncio.CancelledError, Died):
            await running


_LIVES = st.lists(
    st.builds(
        Life,
        batch_size=st.integers(1, 20),
        milliseconds=st.integers(0, 60),
        dies_after=st.integers(0, 4),
    ),
    max_size=8,
)


@given(data=st.data(), rows=measures(at_most=6), lives=_LIVES)
@settings(
    max_examples=drawn(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_register_and_replay_come_to_the_figures_of_the_raw_rows(
    desk: Desk, data: st.DataObject, rows: list[Row], lives: list[Life]
) -> None:
    looked_at = data.draw(st.lists(moments(rows), min_size=1, max_size=6))
    await _agree(desk, _as_another_programme(rows), lives, looked_at)


def _as_another_programme(rows: Sequence[Row]) -> list[Row]:
    """The same measures under ids of their own: all examples share one log."""
    example = next(_examples)
    return [
        row | {"number": f"{example}/{row['number']}", "programme": f"programme-{example}"}
        for row in rows
    ]


async def _agree(
    desk: Desk, rows: list[Row], lives: Sequence[Life], looked_at: Sequence[datetime]
) -> None:
    programme = rows[0]["programme"]
    directory = SMALL_DIRECTORY.replace(PROGRAMME.encode(), programme.encode())
    handler = await set_up(desk.store, directory)
    importing = asyncio.create_task(import_rows(desk.store, handler, rows, at=AFTER_ALL))
    for life in lives:
        await life.live(desk)
    assert (await importing).problems == ()
    await desk.projector().catch_up()

    now = await measures_registered(desk.pool, programme)
    for at in (*_later_than_all(rows, looked_at), AFTER_ALL):
        assert figures_of(report(now, at)) == oracle.figures(rows, SMALL_ZONES, at)
    for at in (*looked_at, AFTER_ALL):
        as_of = AsOf(occurred=at.astimezone(UTC))
        then = await measures_as_of(desk.store, desk.register, programme, as_of)
        assert figures_of(report(then, at)) == oracle.figures(rows, SMALL_ZONES, at)


def _later_than_all(rows: Sequence[Row], looked_at: Sequence[datetime]) -> list[datetime]:
    """Moments after the last fact, about which the register as it stands now can be asked as well."""
    days = [cell for row in rows for name, cell in row.items() if name.endswith("_on")]
    after = datetime.fromisoformat(max(days)).replace(tzinfo=UTC) + timedelta(days=2)
    return [at for at in looked_at if at > after] + [
        after + timedelta(days=n) for n in (0, 60, 200)
    ]
