"""Tallies say at any time how many rows are alike; and parts of months lie in one month wherever one is."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from readmodels.beside import RowDifference
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector
from readmodels.rebuild import Rebuild
from readmodels.register_projection import REGISTER
from readmodels.tables import LIVE
from tests.readmodels.staged import Staged, staged

_ZONES = ("UTC", "Europe/Minsk", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12")
_PARTS = """
    select moment, readmodel.month_part(moment) as part,
        date_trunc('month', readmodel.month_part(moment) at time zone $2)::date as month
    from unnest($1::timestamptz[]) as asked (moment)
"""
_TICK = timedelta(microseconds=1)


async def _assert_counted(at: Staged) -> None:
    for tally in REGISTER.tallies:
        held = await at.pool.fetch(f"table {tally.within(LIVE)}")
        counted = await at.pool.fetch(tally.counted(REGISTER.within(LIVE)))
        assert {tuple(row) for row in held} == {tuple(row) for row in counted}
        assert len(held) == len(counted) > 1


async def test_they_are_kept_in_step_through_changes_and_a_rebuild(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(7, lives=10, steps=60)
        for projection in PROJECTIONS:
            await Projector(at.store, at.pool, projection, batch_size=7).catch_up()
        await _assert_counted(at)
        rebuilt = await Rebuild(at.database_url, at.store, at.pool, PROJECTIONS).run()
        assert not [one for found in rebuilt for one in found.differences]
        await at.as_superuser("update readmodel.register set lead = 'x', sector = null")
        await _assert_counted(at)
        await at.as_superuser("delete from readmodel.register where number = 'R-0'")
        await _assert_counted(at)
        await at.as_superuser("truncate readmodel.register")
        for tally in REGISTER.tallies:
            assert await at.pool.fetch(f"table {tally.within(LIVE)}") == []


async def test_one_that_is_wrong_is_named_and_put_right(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(2)
        await at.catch_up()
        await at.as_superuser("update readmodel.register_due set measures = measures + 1")
        rebuild = Rebuild(at.database_url, at.store, at.pool, PROJECTIONS)
        wrong = [RowDifference(table="register_due", key="", what="miscounted")]
        assert [one for found in await rebuild.check() for one in found.differences] == wrong
        assert [one for found in await rebuild.run() for one in found.differences] == wrong
        await _assert_counted(at)
        assert not [one for found in await rebuild.check() for one in found.differences]


async def test_without_its_triggers_none_counts_and_a_rebuild_makes_them_again(
    staged_url: str,
) -> None:
    """As when a program that knows none has made the table anew."""
    definitions = """
        select pg_get_triggerdef(oid) from pg_trigger
        where tgrelid = 'readmodel.register'::regclass and not tgisinternal order by tgname
    """
    async with staged(staged_url) as at:
        await at.lives(2)
        await at.catch_up()
        made = await at.pool.fetch(definitions)
        await at.as_superuser("drop trigger tallies_updated on readmodel.register")
        rebuild = Rebuild(at.database_url, at.store, at.pool, PROJECTIONS)
        wrong = {(tally.name, "miscounted") for tally in REGISTER.tallies}
        found = [one for each in await rebuild.check() for one in each.differences]
        assert {(one.table, one.what) for one in found} == wrong
        await rebuild.run()
        assert await at.pool.fetch(definitions) == made
        await at.as_superuser("update readmodel.register set sector = 'z'")
        await _assert_counted(at)


async def test_a_part_of_a_month_lies_in_the_month_of_each_of_its_moments(staged_url: str) -> None:
    rng = Random(1)  # noqa: S311 - for choosing, not for secrets
    ends = [datetime(2024 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(30)]
    near = [end + timedelta(minutes=15 * n) for end in ends for n in range(-80, 80)]
    moments = [
        *near,
        *(moment + _TICK for moment in near),
        *(ends[0] + timedelta(seconds=rng.randrange(900 * 86_400)) for _ in range(2000)),
    ]
    async with staged(staged_url, programmes=False) as at:
        for zone in _ZONES:
            rows = await at.pool.fetch(_PARTS, moments, zone)
            for row in rows:
                last = (row["moment"] - _TICK).astimezone(ZoneInfo(zone)).date()
                assert row["month"] == last.replace(day=1), (zone, row["moment"])
            assert len({row["part"] for row in rows}) < 32 * 110
