"""Figures that PostgreSQL counts are those that replay comes to, now and as of any moment of either kind."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from domain.programme.membership import standings
from domain.programme.report import Measure, figures
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import StoredEvent
from eventstore.replay import NOW, AsOf, read_as_of
from readmodels.figures import Discipline, FiguresByCount
from readmodels.programme_report import measures_as_of
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector, open_projection_pool
from readmodels.register import Register
from tests import staging
from tests.readmodels.random_lives import BEGIN, PROGRAMMES, lead_lives, set_up_programmes
from tests.registered import measures_registered

_TICK = timedelta(microseconds=1)
_LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(4))
async def test_counted_and_replayed_figures_agree(database_url: str, seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - for choosing, not for secrets
    async with (
        PostgresEventStore.open(database_url, pool_size=4) as store,
        open_projection_pool(database_url, pool_size=4) as pool,
    ):
        handler = CommandHandler(store, tzdata=staging.TZDATA)
        await staging.stage(handler, MemoryPersonStore())
        await set_up_programmes(handler)
        assert await lead_lives(handler, rng, lives=12, steps=120) > 100
        for projection in PROJECTIONS:
            await Projector(store, pool, projection, batch_size=rng.randrange(5, 80)).catch_up()
        events = [e async for batch in store.read_all() for e in batch]
        lives = [e for e in events if e.stream_id.startswith("instruction-")]
        seen = Counter(event.type for event in lives)
        for type_ in ("Corrected", "CarriedOver", "Suspended", "Resumed", "ReturnedForRework"):
            assert seen[type_], f"no {type_} among the lives: nothing is shown of it"

        register, counted = Register(pool), FiguresByCount(store, pool)
        for as_of in (NOW, *_moments(rng, lives)):
            at = as_of.occurred or as_of.recorded or _LATER
            every_one = await _all_measures(store, register, as_of)
            for by in ("body", "person"):
                found = await counted.discipline(None, by, as_of, at)
                assert found == _discipline(every_one, by, at)
            for programme in PROGRAMMES:
                measures = await measures_as_of(store, register, programme, as_of)
                found = await counted.of_programme(programme, as_of, at)
                assert found == figures(measures, at), as_of
                if as_of == NOW:
                    assert measures == await measures_registered(pool, programme)
                for by in ("body", "person"):
                    discipline = await counted.discipline(programme, by, as_of, at)
                    assert discipline == _discipline(measures, by, at)
        for position in rng.sample(range(1, len(events) + 1), 10):
            for programme in PROGRAMMES:
                measures = await measures_as_of(
                    store, register, programme, NOW, until_position=position
                )
                found = await counted.of_programme(programme, NOW, _LATER, until_position=position)
                assert found == figures(measures, _LATER)


async def test_both_limits_at_once_take_replay(database_url: str) -> None:
    async with (
        PostgresEventStore.open(database_url) as store,
        open_projection_pool(database_url) as pool,
    ):
        counted = FiguresByCount(store, pool)
        both = AsOf(occurred=BEGIN, recorded=BEGIN)
        assert await counted.of_programme("first", both, BEGIN) is None
        pinned = AsOf(occurred=BEGIN)
        assert await counted.of_programme("first", pinned, BEGIN, until_position=7) is None


def _moments(rng: Random, lives: Sequence[StoredEvent]) -> list[AsOf]:
    """Just at, before and after what happened, and any other time."""
    occurred = [e.occurred_at + rng.choice((-_TICK, timedelta(0), _TICK)) for e in lives]
    others = [BEGIN + timedelta(hours=rng.randrange(-100, 24 * 900)) for _ in range(15)]
    recorded = [e.recorded_at + rng.choice((-_TICK, timedelta(0))) for e in lives]
    return [
        *(AsOf(occurred=moment) for moment in (*rng.sample(occurred, 30), *others)),
        *(AsOf(recorded=moment) for moment in rng.sample(recorded, 30)),
    ]


async def _all_measures(
    store: PostgresEventStore, register: Register, as_of: AsOf
) -> list[Measure]:
    """Each instruction's measure where it is, in a programme or in none."""
    found: list[Measure] = []
    for row in await register.page():
        last = list(
            standings(row.instruction, read_as_of(await store.read_stream(row.instruction), as_of))
        )
        if last:
            found += [m for m in last[-1][1].values() if m.departure is None]
    return found


def _discipline(measures: Sequence[Measure], by: str, at: datetime) -> list[Discipline]:
    names: dict[str | None, list[Measure]] = {}
    for measure in measures:
        if measure.counted:
            name = measure.lead if by == "body" else measure.acting
            names.setdefault(name, []).append(measure)
    return [
        Discipline(
            name=name,
            total=len(found),
            completed_late=sum(m.timing.closed and bool(m.lateness(at).behind_by) for m in found),
            open_late=sum(not m.timing.closed and bool(m.lateness(at).behind_by) for m in found),
        )
        for name, found in sorted(names.items(), key=lambda item: item[0] or "")
    ]
