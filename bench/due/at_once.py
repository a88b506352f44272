"""Many due at the same moment: the time until the last is out, ours next to bare timers."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.service import RPCError, RPCStatusCode

from bench.due.ground import DueGround
from bench.due.processor_time import processor_seconds
from bench.due.sides import Side, bare, ours
from bench.results import Line, Result

_FAR = timedelta(days=300)
_PROBE = 100
_MARGIN = 2
"""The set-up may take so many times as long as its probe says."""
_LONGEST_WAIT = timedelta(minutes=30)

Progress = Callable[[int, int], None]


async def measure(ground: DueGround, progress: Progress, *, count: int) -> Result:
    """Ours: from the moment at which the reminders are due until a mail server has accepted each. Bare: until
    the activity of each has run. One after the other on the same servers, each with its own worker.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, side in (("bare", bare), ("ours", ours)):
        async with side(ground) as up:
            found[name] = await _round(ground, up, count, progress)
    lines = [
        Line(
            what=f"{count:,} due at once, the last out: ours / bare",
            value=round(found["ours"]["last"] / found["bare"]["last"], 2),
            unit="×",
        )
    ]
    for name, figures in found.items():
        lines += [
            Line(what=f"{name}: {point} out after", value=round(figures[point], 1), unit="s")
            for point in ("p50", "p99", "last")
        ]
        lines += [
            Line(what=f"{name}: share of the processors, {process}", value=share, unit="%")
            for process, share in figures["processors_percent"].items()
        ]
    return Result(lines=lines, details={"at_once": count, **found})


async def _round(ground: DueGround, side: Side, count: int, progress: Progress) -> dict[str, Any]:
    probe = min(count, _PROBE)
    began = time.monotonic()
    probed = await side.wait_for(probe, datetime.now(UTC) + _FAR)
    needed = (time.monotonic() - began) * count / probe
    await _end(ground, probed)
    due = datetime.now(UTC) + timedelta(seconds=5 + _MARGIN * needed)
    waiting = await side.wait_for(count, due)
    left = (due - datetime.now(UTC)).total_seconds()
    assert left > 0, "setting up took longer than expected; run it again"
    await asyncio.sleep(left)
    before = processor_seconds(side.processes)
    arrived = await _arrived(side, count, progress)
    took = processor_seconds(side.processes)
    await _end(ground, waiting)
    return _figures(
        [moment - due.timestamp() for moment in arrived],
        {process: took[process] - before[process] for process in took},
    )


async def _arrived(side: Side, count: int, progress: Progress) -> Sequence[float]:
    async with asyncio.timeout(_LONGEST_WAIT.total_seconds()):
        while True:
            arrived = await side.counting.arrived()
            progress(len(arrived), count)
            if len(arrived) >= count:
                return sorted(arrived)
            await asyncio.sleep(0.5)


def _figures(latencies: Sequence[float], seconds: dict[str, float]) -> dict[str, Any]:
    """`seconds`: of the processors, by process. Ended half a second after the last, at most."""
    cuts, last = statistics.quantiles(latencies, n=100, method="inclusive"), latencies[-1]
    all_of_them = last * (os.cpu_count() or 1)
    return {
        "p50": cuts[49],
        "p99": cuts[98],
        "last": last,
        "per_second": round(len(latencies) / last, 1),
        "processor_seconds": {name: round(taken, 2) for name, taken in seconds.items()},
        "processors_percent": {
            name: round(100 * taken / all_of_them) for name, taken in seconds.items()
        },
    }


async def _end(ground: DueGround, workflows: Sequence[str]) -> None:
    for workflow in workflows:
        try:
            await ground.client.get_workflow_handle(workflow).terminate()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # a bare one ends by itself
                raise
