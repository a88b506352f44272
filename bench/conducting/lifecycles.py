"""Whole lives, 32 at a time, next to bare workflows with as many Updates."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from temporalio.client import Client

from bench.conducting import lives
from bench.conducting.bare import bare_worker, start_with_update, update
from bench.conducting.ground import Ground
from bench.results import Line, Result, spread
from domain.outcomes import Recorded
from workflows.client import CommandSender

_SIDE_BY_SIDE = 32
_LIVES = 96
_ROUNDS = 5
_UPDATES = len(lives.whole_life("N"))
TARGET = 0.85


async def measure(ground: Ground, progress: Callable[[int, int], None]) -> Result:
    """Rounds of ours and of bare take turns; the first of each only warms up."""
    ours, bare = list[float](), list[float]()
    async with ground.working() as sender, bare_worker(ground.client) as queue:
        for turn in range(_ROUNDS + 1):
            one = await _per_second(lambda: _live(sender))
            other = await _per_second(lambda: _live_bare(ground.client, queue))
            if turn:
                ours.append(one)
                bare.append(other)
            progress(turn, _ROUNDS)
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
    return Result(
        lines=[
            Line(
                what=f"{_SIDE_BY_SIDE} lives at a time: ours / bare",
                value=round(ratio, 3),
                unit="×",
                target=TARGET,
                better="higher",
            )
        ],
        details={
            "updates_in_a_life": _UPDATES,
            "ours_lives_per_second": spread(ours),
            "bare_lives_per_second": spread(bare),
        },
    )


async def _per_second(live: Callable[[], Awaitable[None]]) -> float:
    left = iter(range(_LIVES))

    async def one_after_the_other() -> None:
        for _ in left:
            await live()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(_SIDE_BY_SIDE)))
    return _LIVES / (time.perf_counter() - began)


async def _live(sender: CommandSender) -> None:
    for command in lives.whole_life(lives.new_number()):
        outcome = await sender.send(command)
        assert isinstance(outcome, Recorded), outcome


async def _live_bare(client: Client, task_queue: str) -> None:
    workflow = await start_with_update(client, task_queue, _UPDATES)
    for _ in range(_UPDATES - 1):
        await update(workflow)
