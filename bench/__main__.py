"""Run benchmarks: all, or those named. BENCH_SCALE=full takes the sizes of the record: 10,000 reminders due
at once, 10⁶ events, 10⁶ instructions, 10⁵ behind the web; otherwise a tenth of that.

Figures go to bench/results, a file for what conducting costs, one for many reminders due at once, one for the
log and one for the web, each with a chart beside it; a run for the record is copied to docs/bench.
"""

import asyncio
import json
import logging
import os
import sys
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.chart import chart
from bench.conducting import actions, due_latency, idle_update, lifecycles, memory
from bench.conducting.ground import ground
from bench.due import at_once
from bench.due.ground import due_ground
from bench.log import appending, bulk, reading, rebuilding, reports, size, tailing
from bench.log.ground import log_ground
from bench.results import Line, Result, machine
from bench.web import commanding, killing, pages
from bench.web import reading as web_reading
from bench.web.ground import web_ground
from cli.output import console
from cli.progress import progress_bar
from settings import use_bundled_time_zones

Measure = Callable[[Any, Callable[[int, int], None]], Awaitable[Result]]
"""Takes the family's ground, and tells how far it is."""

_RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True, kw_only=True)
class Family:
    """Benchmarks on the same ground, whose figures go to one file."""

    name: str
    ground: Callable[[], AbstractAsyncContextManager[Any]]
    benchmarks: Mapping[str, Measure]


def _families() -> Sequence[Family]:
    full = os.environ.get("BENCH_SCALE") == "full"
    million = 1_000_000 if full else 100_000
    return (
        Family(
            name="temporal",
            ground=ground,
            benchmarks={
                "idle-update": idle_update.measure,
                "lifecycles": lifecycles.measure,
                "actions": actions.measure,
                "memory": memory.measure,
                "due-latency": due_latency.measure,
            },
        ),
        Family(
            name="due",
            ground=due_ground,
            benchmarks={
                "due-at-once": partial(at_once.measure, count=10_000 if full else 1_000),
            },
        ),
        Family(
            name="log",
            ground=log_ground,
            benchmarks={
                "append": appending.measure,
                "tail": partial(tailing.measure, events=million),
                "bulk": bulk.measure,
                "reading": reading.measure,
                "size": partial(size.measure, instructions=100_000 if full else 10_000),
                "rebuild": partial(rebuilding.measure, most=million),
                "as-of": partial(reports.measure, most=million),
            },
        ),
        Family(
            name="web",
            ground=partial(web_ground, 100_000 if full else 10_000),
            benchmarks={
                "web-reading": web_reading.measure,
                "web-pages": pages.measure,
                "web-commands": commanding.measure,
                "web-kills": killing.measure,
            },
        ),
    )


async def _run(family: Family, names: Sequence[str]) -> None:
    async with family.ground() as up:
        for name in names:
            before = machine()
            with progress_bar(name) as progress:
                result = await family.benchmarks[name](up, progress)
            _show(name, result.lines)
            _keep(family, name, {"measured": before, **asdict(result)})


def _show(name: str, lines: Sequence[Line]) -> None:
    table = Table(title=name, title_justify="left", show_header=False)
    for line in lines:
        limit = "≤" if line.better == "lower" else "≥"
        aim = "" if line.target is None else f"{limit} {line.target:g}"
        verdict = {None: "", True: "met", False: "missed"}[line.met]
        table.add_row(line.what, f"{line.value:g} {line.unit}", aim, verdict)
    console.print(table)


def _keep(family: Family, name: str, result: dict[str, Any]) -> None:
    """In the place of an earlier run of the same benchmark."""
    _RESULTS.mkdir(exist_ok=True)
    file = _RESULTS / f"{family.name}.json"
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    kept[name] = result
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    lines = [
        Line(**line) for each in family.benchmarks if each in kept for line in kept[each]["lines"]
    ]
    file.with_suffix(".svg").write_text(chart(lines))


def main() -> None:
    families = _families()
    known = [name for family in families for name in family.benchmarks]
    if unknown := set(sys.argv[1:]) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")  # time skipping is experimental, and says so each time
    use_bundled_time_zones()
    for family in families:
        names = [name for name in family.benchmarks if name in (sys.argv[1:] or known)]
        if names:
            asyncio.run(_run(family, names))
    console.print(f"kept in {_RESULTS}")


if __name__ == "__main__":
    main()
