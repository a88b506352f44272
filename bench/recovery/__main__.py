"""Lose Temporal under OPEN instructions, and put two Temporals on one log: `make recovery`. SEED chooses other moments.

Takes some minutes. Ends with status 1 if a due moment or an acknowledged command was lost or recorded twice.
"""

import asyncio
import logging
import os
import sys
import warnings
from datetime import timedelta

from rich.table import Table

from bench.recovery.lost import Lost, Recovered, delays, lose_temporal
from bench.recovery.twofold import Twofold, two_temporals
from cli.output import console

_DUE_OF_ALL = 20
"""One of so many falls due during the run."""
_STARTED_IN_A_SECOND = 25
"""Workflows, on a slow machine: some moments are to fall due after all run again."""


def _recovery(found: Lost) -> Table:
    table = Table("what", "first", "after the loss", title="Recovery", title_justify="left")

    def row(what: str, of: Recovered, also: Recovered, kind: str) -> None:
        table.add_row(what, _figure(of, kind), _figure(also, kind))

    for what, kind in (
        ("open instructions", "instructions"),
        ("`remit recover`, s", "ended"),
        ("workflows started in a second", "rate"),
        ("all counted as running, s", "running"),
        ("half counted as running, s", "half"),
        ("has looked at the log: half, s", "p50"),
        ("99 %, s", "p99"),
        ("the last of the sample, s", "last"),
    ):
        row(what, found.first, found.again, kind)
    return table


def _figure(of: Recovered, kind: str) -> str:
    looked = of.looked
    figures = {
        "instructions": f"{of.instructions:,}",
        "ended": f"{of.ended:.1f}",
        "rate": f"{of.rate:.0f}",
        "running": f"{of.running:.1f}",
        "half": f"{next(at for at, count in of.growth if count >= of.instructions / 2):.1f}",
        "p50": f"{looked[len(looked) // 2]:.1f}",
        "p99": f"{looked[len(looked) * 99 // 100]:.1f}",
        "last": f"{looked[-1]:.1f}",
    }
    return figures[kind]


def _moments(found: Lost) -> Table:
    table = Table("due moments", "count", "should be", title_justify="left")
    of = found.moments
    table.add_row("on record", f"{of.fired:,}", f"{of.expected:,}")
    table.add_row("lost", f"{of.lost:,}", "0")
    table.add_row("doubled", f"{of.doubled:,}", "0")
    table.add_row("of instructions with nothing due", f"{of.unexpected:,}", "0")
    table.add_row(
        "a minute off or more, and not said to be late", f"{found.not_said_to_be_late:,}", "0"
    )
    for when, moments in (
        ("before the loss", found.before),
        ("without Temporal, or until all ran again", found.meanwhile),
        ("after", found.after),
    ):
        median, most, longest = delays(moments)
        said = f"{len(moments):,}: {median:.1f}, {most:.1f}, {longest:.1f} s after (median, 99 %, last)"
        table.add_row(f"fell due {when}", said, "")
    return table


def _twofold(found: Twofold) -> Table:
    table = Table("two Temporals on one log", "count", "should be", title_justify="left")
    for what, count, aim in (
        ("open instructions, in both", found.instructions, ""),
        ("commands acknowledged, by either", found.acknowledged, ""),
        ("errors that clients were told", len(found.errors), "0"),
        ("acknowledged, and not recorded as told", found.commands.lost, "0"),
        ("recorded twice", found.commands.doubled, "0"),
        ("due moments on record", found.moments.fired, f"{found.moments.expected:,}"),
        ("due moments lost", found.moments.lost, "0"),
        ("due moments doubled", found.moments.doubled, "0"),
        ("notices with more than one outcome", found.commands.outcomes_doubled, "0"),
    ):
        table.add_row(what, f"{count:,}", aim)
    return table


async def _run() -> bool:
    instructions, seed = int(os.environ.get("OPEN", "10000")), int(os.environ.get("SEED", "1"))

    def told(step: str) -> None:
        console.print(f"… {step}")

    lost = await lose_temporal(
        instructions=instructions,
        due=instructions // _DUE_OF_ALL,
        due_within=timedelta(minutes=4, seconds=instructions / _STARTED_IN_A_SECOND),
        seed=seed,
        told=told,
    )
    console.print(_recovery(lost), _moments(lost))
    twofold = await two_temporals(
        instructions=instructions // 10, due_within=timedelta(minutes=3), seed=seed, told=told
    )
    console.print(_twofold(twofold))
    for error in twofold.errors[:10]:
        console.print(error, style="red")
    return lost.is_well and twofold.is_well


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    if not asyncio.run(_run()):
        sys.exit(1)


if __name__ == "__main__":
    main()
