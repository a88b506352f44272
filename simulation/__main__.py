"""Live a programme through and check what came of it: `make simulate SEED=1 MEASURES=310 SAMPLE=10`.

The picture goes to simulation/results; that of the record is kept in docs/img. The exit code is 1 if a check
fails, or a run cannot go on.
"""

import argparse
import asyncio
import logging
import multiprocessing
import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from cli.output import console
from cli.progress import progress_bar
from settings import use_bundled_time_zones
from simulation import tables
from simulation.acts import Story
from simulation.chart import in_terminal, svg
from simulation.checked import Check
from simulation.checks import books, checks, on_real_servers, same_again
from simulation.course import course
from simulation.discrete import Stalled, fingerprint, live
from simulation.lives import story
from simulation.real import Unmoved
from simulation.tellings import again, answered_alike, compared, really, sample_of

_PICTURE = Path(__file__).with_name("results") / "simulation.svg"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")  # time skipping is experimental, and says so each time
    tzdata = use_bundled_time_zones()
    told = story(asked.seed, asked.measures, years=asked.years)
    if asked.sample and told.begins <= datetime.now(UTC):
        sys.exit(
            f"{told.begins:%Y-%m-%d} is past, and no workflow's clock goes back; give SAMPLE=0"
        )
    began = time.monotonic()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        second = other.submit(again, asked.seed, asked.measures, asked.years)
        with progress_bar("acts, clock that jumps", quiet=asked.quiet) as progress:
            run = asyncio.run(live(told, tzdata=tzdata, progress=progress))
        lasted = time.monotonic() - began
        found = asyncio.run(books(run))
        verdicts = [*asyncio.run(checks(run, found))]
        first = fingerprint(asyncio.run(run.log()))
        sampled = sample_of(told, asked.sample)
        with progress_bar("acts, real servers", quiet=asked.quiet or not sampled) as progress:
            real = really(run, sampled, tzdata, progress) if sampled else None
        verdicts.append(same_again(first, second.result()))
    weeks = course(found, told.begins, told.ends)
    console.print(in_terminal(weeks))
    for made in (
        *tables.moments(found),
        tables.notices(found),
        tables.commands(run),
        tables.measures(run, found),
    ):
        console.print(made)
    if real is not None:
        comparisons = asyncio.run(compared(run, sampled, real))
        console.print(tables.sample(sampled, real.of_life, comparisons))
        verdicts += on_real_servers(real.streams.values(), told.ends, comparisons)
        verdicts.append(answered_alike(run, sampled, real))
    console.print(tables.verdicts(verdicts))
    _keep(asked.picture, svg(weeks, f"{asked.measures} measures lived through, seed {asked.seed}"))
    _say(told, verdicts, lasted, time.monotonic() - began)
    return exit_code(verdicts)


def exit_code(verdicts: Sequence[Check]) -> int:
    return 1 if any(check.findings for check in verdicts) else 0


def _keep(file: Path, picture: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(picture, encoding="utf-8")


def _say(told: Story, verdicts: Sequence[Check], lasted: float, all_in_all: float) -> None:
    failed = sum(bool(check.findings) for check in verdicts)
    acts = sum(len(life.acts) for life in told.lives)
    console.print(
        f"{len(told.lives)} measures, {acts} acts, {told.begins:%Y-%m-%d} to {told.ends:%Y-%m-%d}, seed "
        f"{told.seed}: lived through in {lasted:.0f} s, {all_in_all:.0f} s with all checks; "
        f"{len(verdicts) - failed} of {len(verdicts)} checks passed",
        soft_wrap=True,
    )


def _arguments() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--measures", type=int, default=310)
    made.add_argument("--years", type=int, default=3)
    made.add_argument("--sample", type=int, default=10, help="lives on real servers; 0 for none")
    made.add_argument("--picture", type=Path, default=_PICTURE, help="where it goes")
    made.add_argument("--quiet", action="store_true", help="without progress bars")
    return made


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Stalled, Unmoved) as error:
        sys.exit(str(error))
