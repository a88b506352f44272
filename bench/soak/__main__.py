"""Have clients work for half an hour and print by how much memory grew: `make soak`. MINUTES and CLIENTS choose others.

The first third is warm-up. Figures and a picture go to bench/results/soak.json and soak.svg.
"""

import asyncio
import json
import logging
import os
import warnings
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from rich.table import Table

from bench.results import machine
from bench.soak.picture import picture
from bench.soak.soaking import Sample, Soaked, soak
from cli.output import console
from cli.progress import progress_bar

_EVERY = timedelta(seconds=5)
_RESULTS = Path(__file__).parents[1] / "results"


async def _run(duration: timedelta, clients: int) -> Soaked:
    with progress_bar("seconds") as progress:

        def told(sample: Sample) -> None:
            progress(round(sample.seconds), round(duration.total_seconds()))

        return await soak(
            duration=duration,
            warm_up=duration / 3,
            every=_EVERY,
            clients=clients,
            progress=told,
        )


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    minutes, clients = float(os.environ.get("MINUTES", "30")), int(os.environ.get("CLIENTS", "8"))
    soaked = asyncio.run(_run(timedelta(minutes=minutes), clients))
    _RESULTS.mkdir(exist_ok=True)
    slopes = {name: soaked.slope(name) for name in soaked.samples[0].resident}
    (_RESULTS / "soak.svg").write_text(picture(soaked))
    (_RESULTS / "soak.json").write_text(
        json.dumps(
            {
                "machine": machine(),
                "clients": clients,
                "commands_a_second": round(soaked.rate, 1),
                "megabytes_per_10000_commands": {n: round(v, 3) for n, v in slopes.items()},
                "samples": [asdict(one) for one in soaked.samples],
            },
            indent=1,
        )
    )
    first, last = soaked.after_warm_up[0], soaked.after_warm_up[-1]
    table = Table("after the warm-up", *slopes, title="Soak", title_justify="left")
    table.add_row("MB at its end", *(f"{first.resident[name]:.1f}" for name in slopes))
    table.add_row("MB at last", *(f"{last.resident[name]:.1f}" for name in slopes))
    table.add_row("MB per 10,000 commands", *(f"{slope:+.2f}" for slope in slopes.values()))
    console.print(table)
    console.print(
        f"{last.commands - first.commands:,} commands after {first.commands:,}, {soaked.rate:.1f} a second"
    )


if __name__ == "__main__":
    main()
