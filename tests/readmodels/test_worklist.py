"""Operators' lists on a real PostgreSQL: what SQL chooses is what the filter says, whatever befell."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.programme.report import report
from eventstore.protocol import StoredEvent
from eventstore.replay import AsOf
from readmodels.attention import AttentionProjection, Standing
from readmodels.late_as_of import late_as_of
from readmodels.programme_report import measures_as_of
from readmodels.rebuild import Rebuild
from readmodels.register import Register
from readmodels.worklist import After, Filter, Work, Worklist
from tests import staging as s
from tests.readmodels.random_lives import BEGIN, PROGRAMMES
from tests.readmodels.staged import Staged, staged

_DAY = timedelta(days=1)
_LATE = Filter(late_by=timedelta(0))
_EVERY: frozenset[Standing] = frozenset({"open", "acknowledged", "silenced", "ended"})


async def _all(at: Staged) -> Sequence[Work]:
    """Every instruction there is, closed ones too."""
    numbers = await at.pool.fetch("select number from readmodel.register")
    named = Filter(numbers=frozenset(row["number"] for row in numbers))
    return await Worklist(at.pool).every(named, BEGIN)


def _filters() -> Sequence[Filter]:
    standings: Sequence[Standing] = ("open", "acknowledged", "silenced", "ended")
    return [
        Filter(),
        Filter(programme="first"),
        Filter(leads=frozenset({s.MINISTRY})),
        Filter(leads=frozenset()),
        Filter(sector="customs"),
        Filter(issuer=s.COUNCIL, controller=s.CONTROL),
        _LATE,
        replace(_LATE, late_by=30 * _DAY, programme="next"),
        *(Filter(standings=frozenset({standing})) for standing in standings),
        Filter(standings=frozenset({"open", "silenced"}), late_by=timedelta(0)),
        Filter(extension_asked=True),
        Filter(numbers=frozenset({"R-0", "R-3", "nowhere"})),
    ]


@pytest.mark.parametrize("seed", [2, 5])
async def test_what_a_filter_chooses_in_sql_is_what_it_says(staged_url: str, seed: int) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=40, steps=25)
        await at.operators_act(seed, BEGIN + 120 * _DAY, lives=40)
        await at.catch_up()
        everything, lists = await _all(at), Worklist(at.pool)
        assert len(everything) > 30
        found_any: set[Filter] = set()
        for moment in (BEGIN + n * _DAY for n in (60, 125, 400)):
            for chosen in _filters():
                expected = [work for work in everything if chosen.chooses(work, moment)]
                assert await lists.every(chosen, moment) == expected, chosen
                assert await lists.every(chosen, moment, most=2) == expected[:2], chosen
                assert await lists.count(chosen, moment, most=1000) == len(expected), chosen
                assert await lists.count(chosen, moment, most=2) == min(len(expected), 2), chosen
                found_any |= {chosen} if expected else set()
        empty = {Filter(leads=frozenset())}
        assert set(_filters()) - found_any <= empty, "every other filter was put to the test"


async def test_pages_hold_all_that_is_late_in_order_and_totals_count_them(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(3, lives=40, steps=25)
        await at.operators_act(3, BEGIN + 120 * _DAY, lives=40)
        await at.catch_up()
        lists, moment = Worklist(at.pool), BEGIN + 300 * _DAY
        late = [work for work in await _all(at) if _LATE.chooses(work, moment)]
        expected = sorted(late, key=lambda work: (work.row.deadline, work.row.number))
        assert len(expected) > 4
        paged: list[Work] = []
        while page := await lists.late(_LATE, moment, limit=3, after=_end(paged)):
            paged += page
        assert paged == expected
        totals = await lists.totals(_LATE, moment)
        assert totals.whole.instructions == len(expected)
        assert totals.whole.first_deadline == expected[0].row.deadline
        assert sum(part.instructions for part in totals.by_lead) == len(expected)
        opened = [work for work in expected if work.attention.standing(moment) == "open"]
        assert totals.whole.escalated == len(opened)
        never = [work for work in expected if work.attention.heard_at is None]
        assert totals.whole.never_heard == len(never)


def _end(paged: Sequence[Work]) -> After:
    if not paged:
        return After(BEGIN - 1000 * _DAY, "")
    return After(paged[-1].row.deadline, paged[-1].row.number)


async def test_the_queue_of_escalations_is_in_order_of_how_long_they_stand(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(4, lives=40, steps=25)
        await at.operators_act(4, BEGIN + 120 * _DAY, lives=40)
        await at.catch_up()
        lists, moment = Worklist(at.pool), BEGIN + 125 * _DAY
        chosen = Filter(standings=_EVERY)
        expected = [work for work in await _all(at) if chosen.chooses(work, moment)]
        assert len(expected) > 4
        paged: list[Work] = []
        after = After(BEGIN - 1000 * _DAY, "")
        while page := await lists.escalated(chosen, moment, limit=3, after=after):
            paged += page
            since = page[-1].attention.since
            assert since is not None
            after = After(since, page[-1].row.number)
        assert paged == sorted(expected, key=lambda work: (work.attention.since, work.row.number))
        everything = await _all(at)
        for those in (chosen, *(Filter(standings=frozenset({one})) for one in _EVERY)):
            stand = [work for work in everything if those.chooses(work, moment)]
            assert stand, those
            assert await lists.count_escalated(those, moment) == len(stand), those


@pytest.mark.parametrize("seed", [5, 6])
async def test_what_was_late_as_of_a_moment_is_what_replay_counts(
    staged_url: str, seed: int
) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=20, steps=40)
        await at.catch_up()
        for programme in PROGRAMMES:
            for days in (40, 90, 200):
                moment = BEGIN + days * _DAY
                as_of = AsOf(occurred=moment)
                chosen = replace(_LATE, programme=programme)
                found = await late_as_of(at.store, at.pool, chosen, as_of, moment)
                measures = await measures_as_of(at.store, Register(at.pool), programme, as_of)
                here = [measure for measure in measures if measure.departure is None]
                assert len(found) == report(here, moment).behind_schedule
                assert all(work.row.timing.lateness(moment).behind_schedule for work in found)


async def test_made_anew_the_rows_are_the_same(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(9, lives=20, steps=25)
        await at.operators_act(9, BEGIN + 120 * _DAY, lives=20)
        await at.catch_up()
        columns = "count(raised_since), count(silenced_at), count(ended_at), count(warned_at)"
        (there,) = await at.pool.fetch(f"select {columns} from readmodel.attention")
        assert all(there.values())
        (rebuilt,) = await Rebuild(
            at.database_url, at.store, at.pool, [AttentionProjection()], processes=1
        ).check()
        assert (rebuilt.compared, rebuilt.differences) == (True, [])


async def test_as_of_now_is_as_the_lists_say(staged_url: str) -> None:
    looked_at_in = set[int]()

    class Telling(Filter):
        def chooses(self, work: Work, at: datetime) -> bool:
            looked_at_in.add(threading.get_ident())
            return super().chooses(work, at)

    async with staged(staged_url) as at:
        await at.lives(7, lives=30, steps=25)
        await at.catch_up()
        moment = BEGIN + 2000 * _DAY
        now = await Worklist(at.pool).late(_LATE, moment)
        assert now
        those = Telling(late_by=_LATE.late_by)
        then = await late_as_of(at.store, at.pool, those, AsOf(occurred=moment), moment)
        assert [_as_known(work) for work in then] == [_as_known(work) for work in now]
        assert threading.get_ident() not in looked_at_in, "it serves the requests"
        recorded = AsOf(recorded=(await _last(at)).recorded_at)
        known = await late_as_of(at.store, at.pool, _LATE, recorded, moment)
        assert [_as_known(work) for work in known] == [_as_known(work) for work in now]


def _as_known(work: Work) -> Work:
    """The register counts corrections among the versions; an as-of view leaves them out."""
    return replace(work, row=replace(work.row, version=0))


async def _last(at: Staged) -> StoredEvent:
    head = await at.store.head()
    ((event,),) = [batch async for batch in at.store.read_all(after_position=head - 1)]
    return event


async def test_what_falls_due_and_what_was_escalated_between_two_moments(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(8, lives=40, steps=25)
        await at.operators_act(8, BEGIN + 120 * _DAY, lives=40)
        await at.catch_up()
        lists, everything = Worklist(at.pool), await _all(at)
        after, until = BEGIN + 60 * _DAY, BEGIN + 130 * _DAY
        due = await lists.due("first", after, until)
        assert due
        assert {work.row.number for work in due} == {
            work.row.number
            for work in everything
            if work.row.programme == "first" and _runs_out(work, after, until)
        }
        fired = await lists.escalations_between("first", after, until)
        assert fired
        assert all(after < one.at <= until for one in fired)
        assert len({(one.number, one.version) for one in fired}) == len(fired)


def _runs_out(work: Work, after: datetime, until: datetime) -> bool:
    row = work.row
    running = not row.closed and row.submitted_at is None and row.stopped_at is None
    return running and after < row.deadline <= until
