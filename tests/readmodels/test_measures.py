"""Which measures each figure counts is what replay comes to, whatever befell them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import itemgetter
from random import Random

import pytest

from domain.programme.difference import FIGURES
from domain.programme.report import Measure, report
from eventstore.replay import NOW, AsOf
from readmodels.measures import AnyFigure, CountedMeasure, Measures, Part
from readmodels.programme_report import measures_as_of
from readmodels.register import Register
from tests.readmodels.random_lives import BEGIN, PROGRAMMES
from tests.readmodels.staged import Staged, staged

_LATER = datetime(2030, 1, 1, tzinfo=UTC)
_IS_IN: Mapping[AnyFigure, Callable[[Measure, datetime], bool]] = {
    "total": lambda one, _: one.counted,
    "implemented": lambda one, _: one.implemented,
    "behind_schedule": lambda one, at: one.behind_schedule(at),
    "at_risk": lambda one, at: one.at_risk(at),
    "carried_over": lambda one, _: one.counted and one.departure is not None,
    "proposed": lambda one, _: one.proposed,
}


async def _moments(at: Staged) -> Sequence[AsOf]:
    rng = Random(1)  # noqa: S311 - for choosing, not for secrets
    events = [event async for batch in at.store.read_all() for event in batch]
    return [
        NOW,
        *(AsOf(occurred=BEGIN + timedelta(days=days)) for days in (1, 40, 75, 130, 400)),
        *(AsOf(recorded=event.recorded_at) for event in rng.sample(events, 4)),
    ]


def _told(one: Measure) -> tuple[object, ...]:
    left = one.departure and one.departure.at
    return (one.number, one.phase, one.sector, one.lead, one.timing, left)


def _listed(one: CountedMeasure) -> tuple[object, ...]:
    return (one.number, one.phase, one.sector, one.lead, one.timing, one.departed_at)


@pytest.mark.parametrize("seed", [3, 5])
async def test_it_is_what_replay_comes_to(staged_url: str, seed: int) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=16, steps=50)
        await at.catch_up()
        asked, register = Measures(at.store, at.pool), Register(at.pool)
        met = dict.fromkeys(_IS_IN, 0)
        for as_of in await _moments(at):
            moment = as_of.occurred or as_of.recorded or _LATER
            for programme in PROGRAMMES:
                measures = await measures_as_of(at.store, register, programme, as_of)
                told = report(measures, moment)
                for figure, is_in in _IS_IN.items():
                    expected = [_told(one) for one in measures if is_in(one, moment)]
                    found = await asked.counted(programme, figure, as_of, moment, limit=100)
                    assert list(map(_listed, found)) == sorted(expected, key=itemgetter(0)), (
                        figure,
                        as_of,
                    )
                    met[figure] += len(found)
                for figure in FIGURES:
                    found = await asked.counted(programme, figure, as_of, moment, limit=100)
                    assert len(found) == getattr(told, figure), (figure, as_of)
                at_risk = sum(one.at_risk(moment) for one in measures)
                assert await asked.count(programme, "at_risk", as_of, moment) == at_risk
        assert all(met.values()), met


async def test_parts_and_pages_make_up_the_whole(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(7, lives=16, steps=50)
        await at.catch_up()
        asked, moment = Measures(at.store, at.pool), _LATER

        async def ids(part: Part | None = None, after: str = "", limit: int = 100) -> list[str]:
            found = await asked.counted(
                PROGRAMMES[0],
                "total",
                NOW,
                moment,
                part=part or Part(),
                after_number=after,
                limit=limit,
            )
            return [one.number for one in found]

        every_one = await ids()
        assert len(every_one) > 3
        sectors = [Part(sector="transport"), Part(sector="customs"), Part(no_sector=True)]
        by_sector = [await ids(part) for part in sectors]
        assert sorted(chain.from_iterable(by_sector)) == every_one
        assert sum(map(bool, by_sector)) > 1
        leads = {one.lead for one in await Register(at.pool).page(programme=PROGRAMMES[0])}
        by_lead = [
            await ids(Part(lead=lead) if lead is not None else Part(no_lead=True)) for lead in leads
        ]
        assert set(every_one) >= set(chain.from_iterable(by_lead))
        assert await ids(limit=2) + await ids(after=every_one[1]) == every_one


async def test_both_kinds_of_limit_are_refused(staged_url: str) -> None:
    async with staged(staged_url) as at:
        both = AsOf(occurred=BEGIN, recorded=BEGIN)
        with pytest.raises(ValueError, match="take replay"):
            await Measures(at.store, at.pool).count(PROGRAMMES[0], "total", both, BEGIN)
