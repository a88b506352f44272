"""The register as of a moment is what replay makes of each instruction then, whatever befell."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from domain.identifiers import InstructionId
from domain.programme.membership import standings
from domain.programme.report import Measure
from domain.reading import Scope
from eventstore.replay import AsOf, read_as_of
from readmodels.parties import MANY, those_in_scope
from readmodels.register import Register, RegisterRow
from readmodels.register_as_of import Stood, register_as_of
from tests import staging as s
from tests.readmodels.random_lives import BEGIN, PROGRAMMES
from tests.readmodels.staged import Staged, staged

_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)
_PHASES = ("Proposed", "Issued", "Assigned", "InProgress", "Reported", "Suspended", "Completed")


async def _moments(at: Staged, rng: Random) -> Sequence[AsOf]:
    """Just at and before what happened, and others."""
    events = [
        event
        async for batch in at.store.read_all()
        for event in batch
        if event.stream_id.startswith("instruction-")
    ]
    before = (timedelta(0), _TICK)
    return [
        *(AsOf(occurred=e.occurred_at - rng.choice(before)) for e in rng.sample(events, 8)),
        *(AsOf(occurred=BEGIN + n * _DAY) for n in (-400, 75, 200, 2000)),
        *(AsOf(recorded=e.recorded_at - rng.choice(before)) for e in rng.sample(events, 8)),
    ]


async def _expected(at: Staged, as_of: AsOf) -> list[Stood]:
    """Folded, each from its stream."""
    found: list[Stood] = []
    for row in await Register(at.pool).page():
        events = read_as_of(await at.store.read_stream(row.instruction), as_of)
        for _, measures in list(standings(row.instruction, events))[-1:]:
            found += [_stood(row, p, m) for p, m in measures.items() if m.departure is None]
    return found


def _stood(row: RegisterRow, programme: str | None, measure: Measure) -> Stood:
    timing = measure.timing
    return Stood(
        instruction=row.instruction,
        number=row.number,
        text=row.text,
        issuer=row.issuer,
        controller=row.controller,
        parent=row.parent,
        source_kind=row.source_kind,
        source_number=row.source_number,
        programme=programme,
        sector=measure.sector,
        lead=measure.lead,
        acting=measure.acting,
        phase=measure.phase,
        closed=timing.closed,
        refused=measure.refused,
        carried_from=measure.carried_from,
        original_deadline=timing.original_deadline,
        deadline=timing.deadline,
        milestone=timing.milestone,
        submitted_at=timing.submitted_at,
        cancelled_at=timing.cancelled_at,
        stopped_at=timing.stopped_at,
    )


@pytest.mark.parametrize("seed", [4, 12])
async def test_it_is_what_replay_makes_of_each(staged_url: str, seed: int) -> None:
    async with staged(staged_url) as at:
        await at.lives(seed, lives=24, steps=40)
        await at.catch_up()
        found_any = set[str]()
        rng = Random(seed)  # noqa: S311 - for choosing, not for secrets
        for as_of in await _moments(at, rng):
            expected = await _expected(at, as_of)
            moment = as_of.occurred or as_of.recorded
            assert moment is not None
            asked: list[tuple[dict[str, Any], list[Stood]]] = [
                ({}, expected),
                *(
                    ({"programme": p}, [o for o in expected if o.programme == p])
                    for p in PROGRAMMES
                ),
                *(({"phase": p}, [o for o in expected if o.phase == p]) for p in _PHASES),
                *(({"lead": b}, [o for o in expected if o.lead == b]) for b in (s.MINISTRY, "no")),
                ({"sector": "customs"}, [o for o in expected if o.sector == "customs"]),
                ({"controller": s.CONTROL}, [o for o in expected if o.controller == s.CONTROL]),
                ({"words": "R-1"}, [o for o in expected if o.number.startswith("R-1")]),
                (
                    {"behind_schedule_at": moment},
                    [o for o in expected if o.timing.lateness(moment).behind_schedule],
                ),
            ]
            for filters, those in asked:
                found = await register_as_of(at.store, at.pool, as_of, **filters)
                assert found == those, (as_of, filters)
                found_any |= {f"{filters}"} if those else set()
                paged: list[Stood] = []
                while page := await register_as_of(
                    at.store,
                    at.pool,
                    as_of,
                    **filters,
                    after_number=paged[-1].number if paged else "",
                    limit=5,
                ):
                    paged += page
                assert paged == those, (as_of, filters)
        for name in ("InProgress", "Suspended", "Reported", "customs", "behind", "first", "next"):
            assert any(name in one for one in found_any), f"nothing is shown of {name}"


async def test_who_may_see_it_now_sees_how_it_stood(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(4, lives=24, steps=40)
        await at.catch_up()
        as_of = AsOf(occurred=BEGIN + 120 * _DAY)
        everything = await register_as_of(at.store, at.pool, as_of)
        ids: Sequence[InstructionId] = [one.instruction for one in everything]
        sizes = set[int]()
        for bodies, many in product(
            (
                {"lead": frozenset({s.MINISTRY})},
                {"lead": frozenset({s.CONTROL}), "controller": frozenset({s.CONTROL})},
                {"issuer": frozenset({s.COUNCIL})},
                {},
            ),
            (1, MANY),  # asked for in either way
        ):
            scope = Scope(bodies)  # pyright: ignore[reportArgumentType]
            may = await those_in_scope(at.pool, ids, scope)
            found = await register_as_of(at.store, at.pool, as_of, scope=scope, many=many)
            assert found == [one for one in everything if one.instruction in may]
            sizes.add(len(found))
        assert len(sizes) > 2
        assert 0 in sizes
