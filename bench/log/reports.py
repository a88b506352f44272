"""Reports of a programme, as of now and as of any past moment, in registers of different size."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.log.filling import fill_log
from bench.log.ground import LogGround
from bench.results import Line, Result
from domain.identifiers import ProgrammeId
from eventstore.postgres import PostgresEventStore
from eventstore.replay import NOW, AsOf
from readmodels.figures import FiguresByCount
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild

_QUESTIONS = 100
_THOUSAND, _BIG, _REST = "programme-of-1000", "programme-of-100000", "programme-of-the-rest"
_FIRST, _LAST = datetime(2024, 1, 10, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
_MILLION = 1_000_000
AS_OF_TARGET_MS, NOW_TARGET_MS, BIG_TARGET_MS = 50.0, 10.0, 500.0


async def measure(ground: LogGround, progress: Callable[[int, int], None], *, most: int) -> Result:
    """Registers of 10⁴, 10⁵, 10⁶ instructions, up to `most`; a programme of 10⁵ in the last."""
    sizes = [size for size in (10_000, 100_000, _MILLION) if size <= most]
    details: dict[str, object] = {}
    lines: list[Line] = []
    for done, size in enumerate(sizes):
        progress(done, len(sizes))
        big = 100_000 if size == _MILLION else 0
        async with ground.database() as url:
            counts = {_THOUSAND: 1_000, _BIG: big, _REST: size - 1_000 - big}
            await fill_log(url, [(name, n) for name, n in counts.items() if n], short=True)
            found = await _asked(url, with_big=bool(big))
        details[f"{size:,} instructions, ms"] = found
        if size == sizes[-1]:
            lines = _lines(size, found)
    progress(len(sizes), len(sizes))
    return Result(lines=lines, details=details)


def _lines(size: int, found: dict[str, dict[str, float]]) -> list[Line]:
    among = f"among {size:,}"
    aims = {
        "thousand, as of recorded": (
            f"report of 1,000 {among}, as of recorded, p95",
            AS_OF_TARGET_MS,
        ),
        "thousand, as of occurred": (
            f"report of 1,000 {among}, as of occurred, p95",
            AS_OF_TARGET_MS,
        ),
        "thousand, now": (f"report of 1,000 {among}, now, p95", NOW_TARGET_MS),
        "big, as of recorded": (f"report of 100,000 {among}, as of recorded, p95", BIG_TARGET_MS),
        "big, as of occurred": (f"report of 100,000 {among}, as of occurred, p95", BIG_TARGET_MS),
        "big, now": (f"report of 100,000 {among}, now, p95", BIG_TARGET_MS),
    }
    return [
        Line(what=what, value=found[name]["p95"], unit="ms", target=target)
        for name, (what, target) in aims.items()
        if name in found
    ]


async def _asked(url: str, *, with_big: bool) -> dict[str, dict[str, float]]:
    async with (
        PostgresEventStore.open(url, role="remit_projector") as store,
        open_projection_pool(url) as pool,
    ):
        await Rebuild(url, store, pool, PROJECTIONS).run()
        await _settled(url)
        figures = FiguresByCount(store, pool)
        found: dict[str, dict[str, float]] = {}
        programmes: list[tuple[str, ProgrammeId]] = [("thousand", _THOUSAND)]
        if with_big:
            programmes.append(("big", _BIG))
        for name, programme in programmes:
            moments = _moments(_QUESTIONS)
            kinds = {
                "now": [NOW] * _QUESTIONS,
                "as of recorded": [AsOf(recorded=moment) for moment in moments],
                "as of occurred": [AsOf(occurred=moment) for moment in moments],
            }
            for kind, questions in kinds.items():
                found[f"{name}, {kind}"] = await _timed(figures, programme, questions)
        return found


async def _settled(url: str) -> None:
    """As autovacuum would have done in a log that grew over years."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


def _moments(count: int) -> list[datetime]:
    chosen = random.Random(1)  # noqa: S311 - the same questions each time
    return [_FIRST + chosen.random() * (_LAST - _FIRST) for _ in range(count)]


async def _timed(
    figures: FiguresByCount, programme: ProgrammeId, questions: list[AsOf]
) -> dict[str, float]:
    """Milliseconds, from a first question on that nothing was asked before."""
    took_ms = list[float]()
    for as_of in questions:
        at = as_of.recorded or as_of.occurred or _LAST + timedelta(days=1)
        began = time.perf_counter()
        counted = await figures.of_programme(programme, as_of, at)
        took_ms.append((time.perf_counter() - began) * 1000)
        assert counted is not None
    percents = statistics.quantiles(took_ms, n=100)
    return {name: round(percents[n], 2) for name, n in (("p50", 49), ("p95", 94), ("p99", 98))}
