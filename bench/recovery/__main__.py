"""Lose Temporal under OPEN instructions, and put two Temporals on one log: `make recovery`. SEED chooses other moments,
`python -m bench.recovery lost` or `twofold` one of them.

Takes some minutes. Ends with status 1 if a due moment or an acknowledged command was lost or recorded twice.
"""

import asyncio
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.table import Table

from bench.recovery.lost import Lost, delays, lose_temporal
from bench.recovery.twofold import Twofold, two_temporals
from cli.output import console

_DUE_OF_ALL = 20
"""One of so many falls due during the run."""
_CONDUCTED_OF_ALL = 10
"""One of so many is conducted by two Temporals."""
_TIME_FOR_EACH = timedelta(seconds=0.6)
"""For its three due moments, which both look at: commands are to come through beside them."""
_STARTED_IN_A_SECOND = 40
"""Workflows, on a slow machine, by which some moments fall due after all run again: lost.py reckons with fewer, where none may be early."""


def _recovery(found: Lost) -> Table:
    table = Table("what", "first", "after the loss", title="Recovery", title_justify="left")
    both = (found.first, found.again)
    table.add_row("open instructions", *(f"{of.instructions:,}" for of in both))
    table.add_row("`remit recover`, s", *(f"{of.ended:.0f}" for of in both))
    table.add_row("workflows started in a second", *(f"{of.rate:.0f}" for of in both))
    table.add_row("half counted as running, s", *(f"{of.counted(0.5):.0f}" for of in both))
    table.add_row("all counted as running, s", *(f"{of.running:.0f}" for of in both))
    looked = found.looked
    for what, place in (("half", 0.5), ("99 %", 0.99), ("the last of the sample", 1)):
        at = looked[min(len(looked) - 1, int(len(looked) * place))]
        table.add_row(f"has looked at the log: {what}, s", "", f"{at:.0f}")
    return table


def _moments(found: Lost) -> Table:
    table = Table("due moments", "count", "should be", title_justify="left")
    of = found.moments
    table.add_row("on record", f"{of.fired:,}", f"{of.expected:,}")
    table.add_row("lost", f"{of.lost:,}", "0")
    table.add_row("doubled", f"{of.doubled:,}", "0")
    table.add_row("of instructions with nothing due", f"{of.unexpected:,}", "0")
    table.add_row("late and not said to be, or said to be and not", f"{found.wrongly_said:,}", "0")
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


async def _run(which: Sequence[str]) -> bool:
    instructions, seed = int(os.environ.get("OPEN", "10000")), int(os.environ.get("SEED", "1"))
    well = True

    def told(step: str) -> None:
        console.print(f"{datetime.now(UTC):%H:%M:%S} {step}")

    if "lost" in which:
        lost = await lose_temporal(
            instructions=instructions,
            due=instructions // _DUE_OF_ALL,
            due_within=timedelta(minutes=4, seconds=instructions / _STARTED_IN_A_SECOND),
            seed=seed,
            told=told,
        )
        console.print(_recovery(lost), _moments(lost))
        well = lost.is_well
    if "twofold" in which:
        conducted = instructions // _CONDUCTED_OF_ALL
        twofold = await two_temporals(
            instructions=conducted,
            due_within=conducted * _TIME_FOR_EACH,
            seed=seed,
            told=told,
        )
        console.print(_twofold(twofold))
        for error in twofold.errors[:10]:
            console.print(error, style="red")
        well = well and twofold.is_well
    return well


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    if not asyncio.run(_run(sys.argv[1:] or ("lost", "twofold"))):
        sys.exit(1)


if __name__ == "__main__":
    main()
