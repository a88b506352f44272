"""Which open instructions wait for moments that a calendar published since bears on."""

from collections.abc import Sequence

import asyncpg

from domain.directory.state import Directory
from domain.identifiers import InstructionId

_RESTING = """
    select
        instruction, coalesce(lead, issuer) as charged, calendar, calendar_version, counted_first,
        counted_last
    from readmodel.register
    where not closed and counted_first is not null
"""


async def touched_by_calendars(
    pool: "asyncpg.Pool[asyncpg.Record]", directory: Directory
) -> Sequence[InstructionId]:
    """One query over those that count in working time. Catch the register up first.

    One whose policy names a calendar of its own is among them whenever its body counts by another: to look
    once too often changes nothing.
    """
    return [
        row["instruction"]
        for row in await pool.fetch(_RESTING)
        if row["calendar"] != directory.calendar_of(row["charged"]).id
        or directory.calendar_changes_since(row["calendar"], row["calendar_version"]).between(
            row["counted_first"], row["counted_last"]
        )
    ]
