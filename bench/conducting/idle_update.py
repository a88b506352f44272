"""How long one command takes when nothing else happens, next to an Update of a bare workflow."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bench.conducting import lives
from bench.conducting.bare import bare_worker, start_with_update, update
from bench.conducting.ground import Ground
from bench.conducting.history import eager_share
from bench.results import Line, Result, spread
from domain.identifiers import instruction_id

_INSTRUCTIONS = 16
_WARM_UP = 2
_UPDATES = 6
"""To each: an instruction is as long then as one usually is."""
_PAUSE = 0.05
TARGET = 1.25
_Sent = TypeVar("_Sent")


async def measure(ground: Ground, progress: Callable[[int, int], None]) -> Result:
    """In both modes of dispatch: with the answer to the workflow task (eager), and by the task queue.

    The two take turns, command by command.
    """
    lines: list[Line] = []
    details: dict[str, object] = {}
    for done, mode in enumerate(("eager", "queued")):
        eager = mode == "eager"
        async with (
            ground.working(eager=eager) as sender,
            bare_worker(ground.client, eager=eager) as queue,
        ):
            took_ours, took_bare = list[float](), list[float]()
            shares_ours, shares_bare = list[float](), list[float]()
            for turn in range(_INSTRUCTIONS):
                number = lives.new_number()
                await sender.send(lives.issue(number))
                await sender.send(lives.assign(number))
                ours = ground.client.get_workflow_handle(instruction_id(number))
                bare = await start_with_update(ground.client, queue, 2 * _UPDATES)
                for _ in range(_UPDATES):
                    one = await _timed(sender.send, lives.comment(number))
                    other = await _timed(update, bare)
                    if turn >= _WARM_UP:
                        took_ours.append(one)
                        took_bare.append(other)
                shares_ours.append(eager_share(await ours.fetch_history()))
                shares_bare.append(eager_share(await bare.fetch_history()))
                await ours.terminate()
                await bare.terminate()
                progress(done * _INSTRUCTIONS + turn + 1, 2 * _INSTRUCTIONS)
        mine, others = spread(took_ours), spread(took_bare)
        lines.append(
            Line(
                what=f"idle Update, {mode}: ours / bare",
                value=round(mine["median"] / others["median"], 3),
                unit="×",
                target=TARGET,
            )
        )
        details[mode] = {
            "ours_ms": mine,
            "bare_ms": others,
            "eager_share": {
                "ours": statistics.mean(shares_ours),
                "bare": statistics.mean(shares_bare),
            },
        }
    return Result(lines=lines, details=details)


async def _timed(send: Callable[[_Sent], Awaitable[object]], what: _Sent) -> float:
    """Milliseconds, after a pause."""
    await asyncio.sleep(_PAUSE)
    began = time.perf_counter()
    await send(what)
    return (time.perf_counter() - began) * 1000
