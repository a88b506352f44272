"""The burn-up that PostgreSQL counts is what the measures of replay come to, and ends in the figures."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from domain.programme.membership import standings
from domain.programme.report import Measure
from eventstore.replay import NOW, AsOf, read_as_of
from readmodels.burn_up import Month, burn_up
from readmodels.figures import FiguresByCount
from readmodels.programme_report import measures_as_of
from readmodels.register import Register
from tests.readmodels.random_lives import BEGIN, PROGRAMMES
from tests.readmodels.staged import Staged, staged

_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)
_LATER = datetime(2030, 1, 1, tzinfo=UTC)


def _as_of() -> Sequence[AsOf]:
    moments = [BEGIN + n * _DAY for n in (1, 30, 75, 130, 250, 600)]
    return [NOW, *(AsOf(occurred=moment) for moment in moments)]


@pytest.mark.parametrize("seed", [3, 5])
async def test_it_is_what_replay_comes_to_and_ends_in_the_figures(
    staged_url: str, seed: int
) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=20, steps=60)
        await at.catch_up()
        register, counted = Register(at.pool), FiguresByCount(at.store, at.pool)
        submitted = 0
        rng = Random(seed)  # noqa: S311 - for choosing, not for secrets
        events = [event async for batch in at.store.read_all() for event in batch]
        recorded = [AsOf(recorded=event.recorded_at) for event in rng.sample(events, 6)]
        for as_of in (*_as_of(), *recorded):
            moment = as_of.occurred or as_of.recorded or _LATER
            every_one = await _all_measures(at, as_of)
            months = await burn_up(at.store, at.pool, None, as_of, moment)
            assert months == _expected(every_one, moment)
            for programme in PROGRAMMES:
                measures = await measures_as_of(at.store, register, programme, as_of)
                months = await burn_up(at.store, at.pool, programme, as_of, moment)
                assert months == _expected(measures, moment), (programme, as_of)
                figures = await counted.of_programme(programme, as_of, moment)
                assert figures is not None
                assert bool(months) == bool(figures.total)
                for last in months[-1:]:
                    assert last.planned == last.due == figures.total
                    assert last.submitted == figures.implemented
                    submitted += last.submitted
        assert submitted > 20


async def _all_measures(at: Staged, as_of: AsOf) -> list[Measure]:
    """Each instruction's measure where it was, in a programme or in none."""
    found: list[Measure] = []
    for row in await Register(at.pool).page():
        events = read_as_of(await at.store.read_stream(row.instruction), as_of)
        for _, measures in list(standings(row.instruction, events))[-1:]:
            found += [m for m in measures.values() if m.departure is None]
    return found


def _expected(measures: Sequence[Measure], at: datetime) -> Sequence[Month]:
    counted = [measure for measure in measures if measure.counted]
    planned = [m.timing.original_deadline for m in counted]
    due = [m.timing.deadline for m in counted]
    submitted = [m.timing.submitted_at for m in counted if m.implemented and m.timing.submitted_at]
    if not counted:
        return []
    first = min(map(_month, (*planned, *due, *submitted)))
    last = max(map(_month, (*planned, *due, *submitted, at)))
    return [
        Month(
            first_day=date(number // 12, number % 12 + 1, 1),
            planned=sum(_month(moment) <= number for moment in planned),
            due=sum(_month(moment) <= number for moment in due),
            submitted=sum(_month(moment) <= number for moment in submitted),
        )
        for number in range(first, last + 1)
    ]


def _month(moment: datetime) -> int:
    """Counted from the year 0; its very end is in it."""
    inside = moment.astimezone(UTC) - _TICK
    return inside.year * 12 + inside.month - 1


async def test_a_month_ends_with_its_last_moment_in_the_zone(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(3, lives=20, steps=60)
        await at.catch_up()
        end = datetime(2024, 6, 30, 21, tzinfo=UTC)  # of June in Minsk
        row = "instruction = (select min(instruction) from readmodel.register where programme = 'first')"
        for deadline, month in (
            (end, date(2024, 6, 1)),
            (end + _TICK, date(2024, 7, 1)),
            (end - _TICK, date(2024, 6, 1)),
        ):
            await at.as_superuser(
                "update readmodel.register set original_deadline = $1, phase = 'Issued',"
                f" cancelled_at = null where {row}",
                deadline,
            )
            before = await burn_up(at.store, at.pool, "first", NOW, _LATER, zone="Europe/Minsk")
            await at.as_superuser(
                f"update readmodel.register set original_deadline = '2040-01-01Z' where {row}"
            )
            after = await burn_up(at.store, at.pool, "first", NOW, _LATER, zone="Europe/Minsk")
            was, now = ({m.first_day: m.planned for m in months} for months in (before, after))
            assert min(m for m in was if was[m] != now.get(m, 0)) == month
