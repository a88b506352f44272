"""Run benchmarks: all, or those named. BENCH_SCALE=full has 10,000 reminders fall due at once, not 1,000.

Figures go to bench/results/temporal.json, with a chart beside them; a run for the record is copied to docs/bench.
"""

import asyncio
import functools
import json
import logging
import os
import sys
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from bench import actions, due_latency, idle_update, lifecycles, memory
from bench.chart import chart
from bench.ground import Ground, ground
from bench.results import Line, Result, machine
from cli.output import console
from cli.progress import progress_bar
from settings import use_bundled_time_zones

Measure = Callable[[Ground, Callable[[int, int], None]], Awaitable[Result]]

_RESULTS = Path(__file__).with_name("results")


def _benchmarks() -> dict[str, Measure]:
    most = 10_000 if os.environ.get("BENCH_SCALE") == "full" else 1_000
    return {
        "idle-update": idle_update.measure,
        "lifecycles": lifecycles.measure,
        "actions": actions.measure,
        "memory": memory.measure,
        "due-latency": functools.partial(due_latency.measure, most=most),
    }


async def _run(names: Sequence[str]) -> None:
    benchmarks = _benchmarks()
    async with ground() as up:
        for name in names:
            before = machine()
            with progress_bar(name) as progress:
                result = await benchmarks[name](up, progress)
            _show(name, result.lines)
            _keep(name, {"measured": before, **asdict(result)})


def _show(name: str, lines: Sequence[Line]) -> None:
    table = Table(title=name, title_justify="left", show_header=False)
    for line in lines:
        limit = "≤" if line.better == "lower" else "≥"
        aim = "" if line.target is None else f"{limit} {line.target:g}"
        verdict = {None: "", True: "met", False: "missed"}[line.met]
        table.add_row(line.what, f"{line.value:g} {line.unit}", aim, verdict)
    console.print(table)


def _keep(name: str, result: dict[str, Any]) -> None:
    """In the place of an earlier run of the same benchmark."""
    _RESULTS.mkdir(exist_ok=True)
    file = _RESULTS / "temporal.json"
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    kept[name] = result
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    lines = [Line(**line) for each in _benchmarks() if each in kept for line in kept[each]["lines"]]
    file.with_suffix(".svg").write_text(chart(lines))


def main() -> None:
    unknown = set(sys.argv[1:]) - set(_benchmarks())
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_benchmarks())}")
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")  # time skipping is experimental, and says so each time
    use_bundled_time_zones()
    asyncio.run(_run(sys.argv[1:] or list(_benchmarks())))
    console.print(f"kept in {_RESULTS}")


if __name__ == "__main__":
    main()
