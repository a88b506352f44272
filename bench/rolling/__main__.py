"""Upgrade a running Remit and print what became of everything: `make rolling`. INSTRUCTIONS and SEED choose others.

Takes some minutes: the watchdog looks once a minute. Ends with status 1 if a client was told of an error, or if anything was lost,
recorded twice, fired twice or left behind.
"""

import asyncio
import logging
import os
import sys
import warnings

from rich.table import Table

from bench.rolling.upgrading import Upgraded, upgrade
from cli.output import console

_CLIENTS = 8


def _told(found: Upgraded) -> list[Table]:
    steps = Table("step", "s", title="Upgrade", title_justify="left")
    for what, seconds in found.seconds.items():
        steps.add_row(what, f"{seconds:.1f}")
    findings = found.findings
    counts = Table("what", "count", "should be", title_justify="left")
    for what, count, aim in (
        ("open instructions", findings.instructions, ""),
        ("commands acknowledged", findings.acknowledged, ""),
        ("errors that clients were told", len(findings.errors), "0"),
        ("acknowledged, and not recorded as told", findings.lost, "0"),
        ("recorded twice", findings.recorded_twice, "0"),
        ("due moments", findings.due_moments, f"{3 * findings.instructions:,}"),
        ("due moments not on record once", findings.not_once, "0"),
        ("events of the new shape before --finish", findings.new_shape_before, "0"),
        ("events of the new shape since", findings.new_shape_after, "> 0"),
        ("last comments of the old shape", findings.old_shape_at_last, "0"),
        ("instructions that do not go on", findings.not_continued, "0"),
        ("runs with the next version", findings.moved, f"{findings.instructions:,}"),
        ("--finish refused while both ran", int(findings.refused_while_both_ran), "1"),
    ):
        counts.add_row(what, f"{count:,}", aim)
    return [steps, counts]


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    instructions = int(os.environ.get("INSTRUCTIONS", "1000"))
    found = asyncio.run(
        upgrade(
            instructions=instructions,
            clients=_CLIENTS,
            seed=int(os.environ.get("SEED", "1")),
            progress=lambda step: console.print(f"… {step}") if step else None,
        )
    )
    for table in _told(found):
        console.print(table)
    for error in found.findings.errors[:10]:
        console.print(error, style="red")
    if not found.findings.is_well:
        sys.exit(1)


if __name__ == "__main__":
    main()
