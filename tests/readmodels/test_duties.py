"""What waits for somebody, on a real PostgreSQL: what SQL finds is what follows from each row, whatever befell."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from domain.reading import Parties
from readmodels.duties import DUTIES, Carrying, Duties, Duty, Role
from readmodels.parties import known_parties
from readmodels.worklist import Filter, Work, Worklist
from tests import staging as s
from tests.readmodels.random_lives import BEGIN
from tests.readmodels.staged import Staged, staged

_DAY = timedelta(days=1)
_AT = BEGIN + 150 * _DAY
_FROM_THE_BEGINNING = (datetime.fromisoformat("0001-01-01T00:00:00+00:00"), "")
_BODIES = (s.COUNCIL, s.MINISTRY, s.CONTROL)
Found = tuple[str, Duty, Role]


async def _expected(at: Staged, body: str) -> Sequence[Found]:
    numbers = await at.pool.fetch("select number from readmodel.register")
    named = Filter(numbers=frozenset(row["number"] for row in numbers))
    works = await Worklist(at.pool).every(named, _AT)
    who = await known_parties(at.pool, [work.row.instruction for work in works])
    return [
        (work.row.number, duty, role)
        for work in works
        for duty, role in _waits(work, who[work.row.instruction].parties, body)
    ]


def _waits(work: Work, who: Parties, body: str) -> Iterator[tuple[Duty, Role]]:
    row, looked_at = work.row, work.attention
    leads, helps = body in who.get("lead", ()), body in who.get("co-assignee", ())
    if row.phase in ("Assigned", "InProgress") and (leads or helps):
        yield _carried(work, leads=leads), "lead" if leads else "co-assignee"
    decides: Role = "controller" if row.controller == body else "issuer"
    if row.phase == "Reported" and row.controller == body:
        yield "verdict", decides
    if row.phase == "Issued" and body in (row.issuer, row.controller):
        yield "assign", decides
    if row.phase == "Proposed" and row.issuer == body:
        yield "adopt", decides
    paused = row.closed or row.phase in ("Proposed", "Suspended")
    if looked_at.extension_until and not paused and body == (row.controller or row.issuer):
        yield "extension", decides


def _carried(work: Work, *, leads: bool) -> Carrying:
    row = work.row
    if leads and row.phase == "Assigned":
        return "acknowledge"
    if leads and row.phase == "InProgress" and work.attention.heard == "CompletionReported":
        return "returned"
    if row.behind_from < _AT:
        return "overdue"
    return "soon" if row.behind_from <= _AT + 7 * _DAY else "later"


@pytest.mark.parametrize(("seed", "steps"), [(3, 25), (5, 12)])
@pytest.mark.parametrize("many", [0, 1_000_000])
async def test_each_list_has_what_waits_so_in_the_order_of_its_dates(
    staged_url: str, seed: int, steps: int, many: int
) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=40, steps=steps)
        await at.catch_up()
        lists = Duties(at.pool, many=many)
        every: set[Duty] = set()
        for body in _BODIES:
            expected = await _expected(at, body)
            every |= {duty for _, duty, _ in expected}
            found: list[Found] = []
            for duty in DUTIES:
                lines = await lists.page([body], _AT, duty, after=_FROM_THE_BEGINNING, limit=1000)
                assert [(one.due, one.number) for one in lines] == sorted(
                    (one.due, one.number) for one in lines
                )
                found.extend((one.number, one.duty, one.role) for one in lines)
            assert sorted(found) == sorted(expected), body
            totals = {one.duty: one.total for one in await lists.first([body], _AT, limit=2)}
            assert totals == {
                duty: sum(each == duty for _, each, _ in expected)
                for duty in {duty for _, duty, _ in expected}
            }
        assert len(every) > 4, every


async def test_a_list_goes_in_pages_and_its_beginning_is_what_is_shown_first(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(5, lives=40, steps=12)
        await at.catch_up()
        lists = Duties(at.pool)
        shown = await lists.first(_BODIES, _AT, limit=3)
        longest = max(shown, key=lambda one: one.total)
        assert longest.total > 4
        whole: list[str] = []
        after = _FROM_THE_BEGINNING
        while page := await lists.page(_BODIES, _AT, longest.duty, after=after, limit=3):
            whole += [one.number for one in page]
            after = (page[-1].due, page[-1].number)
        assert len(whole) == len(set(whole)) == longest.total
        assert [one.number for one in longest.first] == whole[:3]
