"""Break everything Remit runs on, then prove that the log is as users were told: `make faults SEED=1 MINUTES=15`.

Faults are drawn for all but the last minutes, in which all settles while the store is tried alone; the planted bugs
come after that. The picture and the clients' account go to faults/results. The exit code is 1 if a check fails, or a planted bug is
not told.
"""

import argparse
import asyncio
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cli.devstack import EmbeddedPostgres
from cli.output import console, errors
from faults import tables
from faults.appending.run import StorePlan, StoreRun, run_store
from faults.asking import Lost
from faults.chart import svg
from faults.disk import NAMESPACE, may_mount
from faults.ground import Servers, ground, prepared, servers
from faults.run import Plan, Run, run
from faults.storm import Storm
from faults.trials import TRIALS, Tried, Trying
from simulation.tables import verdicts
from telemetry.temporal_core import temporal_runtime

_RESULTS = Path(__file__).with_name("results")
_CLIENTS = 96
_SETTLING = 240.0
"""Seconds of the time given that are left for what was due last, and for the store."""
_STORE_EVENTS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments().parse_args(arguments)
    if NAMESPACE not in os.environ and may_mount():
        return _with_own_mounts()
    logging.basicConfig(level=logging.CRITICAL)
    warnings.simplefilter("ignore")
    temporal_runtime()
    with (
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=errors,
            disable=asked.quiet,
        ) as progress,
        servers() as up,
    ):
        found = False
        try:
            found = asyncio.run(_all(up, asked, progress))
        except* Lost as lost:
            for one in lost.exceptions:
                console.print(f"[red]lost[/] {one}", soft_wrap=True)
    return 0 if found else 1


async def _all(up: Servers, asked: argparse.Namespace, progress: Progress) -> bool:
    async with prepared(up) as template:
        broken: list[str] = []
        if asked.minutes:
            ran, alone = await _main_run(up, template, asked, progress)
            _keep(asked.seed, ran)
            broken = _told(up, asked.seed, ran, alone)
        tried = await _trials(up, template, asked.bugs, progress)
    console.print(tables.trials(tried))
    missed = [one.trial.bug for one in tried if not one.caught]
    console.print(f"{len(tried) - len(missed)} of {len(tried)} planted bugs caught")
    return not broken and not missed


def _told(up: Servers, seed: int, ran: Run, alone: StoreRun) -> list[str]:
    """Print what the run came to; answers the invariants that are broken."""
    if up.disk is None:
        console.print("the disk was never full: only root may mount one (docs/faults.md)")
    for made in (
        tables.faults(ran),
        tables.commands(ran),
        verdicts([*ran.verdicts.values()]),
        tables.store(alone),
        verdicts([*alone.verdicts.values()]),
    ):
        console.print(made)
    checks = [*ran.verdicts.values(), *alone.verdicts.values()]
    broken = [check.what for check in checks if check.findings]
    for check in broken:
        console.print(f"[red]broken[/] {check}", soft_wrap=True)
    console.print(
        f"seed {seed}: {len(ran.storm.faults)} faults, {ran.driver.account.commands:,} commands through Temporal, "
        f"{alone.events:,} events at the store; settled in {ran.settled_in:.0f} s; {len(broken)} invariants broken",
        soft_wrap=True,
    )
    return broken


async def _main_run(
    up: Servers, template: str, asked: argparse.Namespace, progress: Progress
) -> tuple[Run, StoreRun]:
    """The store alone is tried on a server of its own, while due moments are waited for that lie ahead."""
    seconds = max(60 * asked.minutes - _SETTLING, 60 * asked.minutes / 3)
    task = progress.add_task("faults", total=seconds, told="")
    store_task = progress.add_task("store", total=asked.events, told="")
    over = asyncio.Event()

    def tell(now: float, storm: Storm) -> None:
        told = f"{len(storm.faults)} faults, {storm.driver.account.commands:,} commands"
        progress.update(task, completed=min(now, seconds), told=told)

    async def alone() -> StoreRun:
        await over.wait()
        folder = up.folder / "store"
        with EmbeddedPostgres(folder / "postgres") as postgres:
            own = replace(up, postgres=postgres, folder=folder, disk=None)
            async with prepared(own) as empty:
                return await run_store(
                    own,
                    empty,
                    StorePlan(seed=asked.seed, events=asked.events),
                    progress=lambda events: progress.update(
                        store_task, completed=events, told=f"{events:,} events"
                    ),
                )

    async with ground(up, template) as of, asyncio.TaskGroup() as group:
        store = group.create_task(alone())
        plan = Plan(seed=asked.seed, clients=asked.clients, seconds=seconds)
        ran = await run(of, plan, tell, over=over.set)
        found = await store
    return ran, found


async def _trials(
    up: Servers, template: str, chosen: Sequence[str] | None, progress: Progress
) -> Sequence[Tried]:
    wanted = [trial for trial in TRIALS if chosen is None or trial.bug in chosen]
    task = progress.add_task("planted bugs", total=len(wanted), told="")
    trying = Trying(servers=up, template=template)
    for trial in wanted:
        progress.update(task, told=trial.bug)
        one = await trying.one(trial)
        came = "caught" if one.caught else "missed"
        why = "" if one.caught else f": {one.why_missed}"
        console.print(
            f"{trial.bug}: {came} by {trial.invariant} in {one.seconds:.0f} s{why}", markup=False
        )
        progress.advance(task)
    return trying.tried


def _with_own_mounts() -> int:
    """Once more, where a disk may be mounted that only this process and its own see."""
    unshare = shutil.which("unshare")
    assert unshare is not None
    os.environ[NAMESPACE] = "1"
    own = ["--mount", "--propagation", "private"]
    os.execv(unshare, [unshare, *own, sys.executable, "-m", "faults", *sys.argv[1:]])  # noqa: S606


def _keep(seed: int, ran: Run) -> None:
    _RESULTS.mkdir(exist_ok=True)
    lines = (dumps(asdict(told)) for told in ran.driver.account.told)
    (_RESULTS / "account.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (_RESULTS / "faults.svg").write_text(svg(ran, seed), encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make faults", description=__doc__)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--minutes", type=float, default=15, help="0 for the planted bugs alone")
    made.add_argument("--clients", type=int, default=_CLIENTS)
    made.add_argument("--events", type=int, default=_STORE_EVENTS, help="at the store")
    made.add_argument(
        "--bugs",
        nargs="+",
        choices=[trial.bug for trial in TRIALS],
        help="only these of the planted ones",
    )
    made.add_argument("--quiet", action="store_true", help="without progress bars")
    return made


if __name__ == "__main__":
    sys.exit(main())
