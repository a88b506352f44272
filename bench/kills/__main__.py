"""Kill workers fifty times and print what became of every notice: `make kills`. KILLS and SEED choose others.

Takes about ten minutes: what a killed worker left is handed over after its grace period, as always. Ends with
status 1 if a notice was lost, or if more messages went out twice than workers were killed.
"""

import asyncio
import logging
import os
import sys
import warnings
from datetime import timedelta

from rich.table import Table

from bench.kills.findings import Findings
from bench.kills.killing import kill_while_delivering
from bench.servers import servers
from cli.output import console
from cli.progress import progress_bar
from workflows.client import connect

_SIDE_BY_SIDE = 40
_PATIENCE = timedelta(minutes=15)


async def _run(kills: int, seed: int) -> Findings:
    with servers() as (postgres, temporal, _), progress_bar("kills") as progress:
        return await kill_while_delivering(
            database_url=postgres.database_url,
            client=await connect(temporal.address),
            temporal_address=temporal.address,
            kills=kills,
            seed=seed,
            side_by_side=_SIDE_BY_SIDE,
            patience=_PATIENCE,
            progress=progress,
        )


def _table(found: Findings) -> Table:
    table = Table(title="Workers killed while they deliver", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_column("should be", justify="right")
    for what, count, aim in (
        ("notices", found.notices, ""),
        ("kills", found.kills, ""),
        ("accepted once more, under the same id", found.duplicates, f"≤ {found.kills}"),
        ("most of one kill", found.most_duplicates_of_a_kill, ""),
        ("not given, or too many", found.not_given, "0"),
        ("missing", found.missing, "0"),
        ("accepted under an id of no notice", found.unknown, "0"),
        ("without an outcome", found.without_outcome, "0"),
        ("with more than one outcome", found.outcomes_twice, "0"),
        ("recorded otherwise than accepted", found.not_as_recorded, "0"),
    ):
        table.add_row(what, f"{count:,}", aim)
    return table


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    kills, seed = int(os.environ.get("KILLS", "50")), int(os.environ.get("SEED", "1"))
    found = asyncio.run(_run(kills, seed))
    console.print(_table(found))
    if not found.nothing_lost or found.duplicates > found.kills:
        sys.exit(1)


if __name__ == "__main__":
    main()
