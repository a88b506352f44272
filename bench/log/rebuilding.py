"""All read models made anew from logs of different size; and whether the next event costs more in a big one."""

import statistics
import time
from collections.abc import Callable

from bench.log.filling import fill_log
from bench.log.ground import LogGround
from bench.log.processes import answer, client_command
from bench.results import Line, Result
from eventstore.postgres import PostgresEventStore
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild

_SECONDS = 3
_ROUNDS = 3
_EVENTS_EACH = 26
"""Of the lives that fill the log, on average."""
_CLIENTS = 64
_MILLION = 1_000_000
REBUILD_TARGET = 60.0
FLAT = 1.25
"""What an event costs at the end may be so much more than at the beginning, and count as the same."""


async def measure(ground: LogGround, progress: Callable[[int, int], None], *, most: int) -> Result:
    """Sizes from 10⁴ events, tenfold each time, up to `most`. For each append to be measured the log is
    as long as it says and some 30,000 events longer at its end.
    """
    sizes = [size for size in (10_000, 100_000, _MILLION) if size <= most]
    found: dict[int, dict[str, float]] = {}
    for done, size in enumerate(sizes):
        progress(done, len(sizes))
        found[size] = await _of_size(ground, size)
    progress(len(sizes), len(sizes))
    first, last = found[sizes[0]], found[sizes[-1]]
    seconds = last["rebuild_seconds"] * _MILLION / last["events"]
    lines = [
        Line(
            what=f"rebuild of {last['events']:,.0f} events, scaled to 10⁶",
            value=round(seconds, 1),
            unit="s",
            target=REBUILD_TARGET,
        ),
        Line(
            what=f"append 1×{_CLIENTS}, an event at {sizes[-1]:,} / at {sizes[0]:,}",
            value=round(last["append_us"] / first["append_us"], 2),
            unit="×",
            target=FLAT,
        ),
    ]
    if len(sizes) > 2:  # processes that start, and tables that are made, cost a small log the same
        lines.append(
            Line(
                what=f"rebuild, an event at {sizes[-1]:,} / at {sizes[1]:,}",
                value=round(last["rebuild_us"] / found[sizes[1]]["rebuild_us"], 2),
                unit="×",
                target=FLAT,
            )
        )
    return Result(
        lines=lines,
        details={
            f"{size:,}": {k: round(v, 2) for k, v in of.items()} for size, of in found.items()
        },
    )


async def _of_size(ground: LogGround, size: int) -> dict[str, float]:
    append_us: list[float] = []
    rebuilt: list[float] = []
    events = 0
    for _ in range(_ROUNDS if size < _MILLION else 1):
        async with ground.database() as url:
            filled = await fill_log(url, [("programme", size // _EVENTS_EACH)], with_commands=True)
            events = filled.events
            async with (
                PostgresEventStore.open(url, role="remit_projector") as store,
                open_projection_pool(url) as pool,
            ):
                began = time.perf_counter()
                await Rebuild(url, store, pool, PROJECTIONS).run()
                rebuilt.append(time.perf_counter() - began)
            for _ in range(1 if size < _MILLION else _ROUNDS):
                await ground.checkpoint()
                appended = await answer(client_command("ours", url, _CLIENTS, _SECONDS))
                append_us.append(appended["seconds"] * 1e6 / len(appended["took_ms"]))
    took = statistics.median(rebuilt)
    return {
        "events": events,
        "rebuild_seconds": took,
        "rebuild_us": took * 1e6 / events,
        "append_us": statistics.median(append_us),
    }
