"""Whom a change of the directory may concern among what is open: they look at it at once, not when they next wake."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import asyncpg

from activities.nudge import unfinished
from domain.attribution import Command
from domain.directory.commands import FollowCalendar, MoveBody, PublishCalendar, ReorganiseBody
from domain.directory.state import Directory
from domain.identifiers import RECURRENCE_PREFIX, StreamId
from domain.outcomes import Outcome, Recorded
from eventstore.protocol import EventStore
from readmodels.calendar_touched import touched_by_calendars

Concerned = Literal["all", "by-calendars"]
"""All that is open; or what counts by another calendar, or an earlier version of it, than it was planned by."""


def concerned(command: Command) -> Concerned | None:
    """Whom a command of the directory may concern; None for nobody that does not look by itself."""
    match command:
        case ReorganiseBody():
            return "all"
        case MoveBody() | FollowCalendar() | PublishCalendar():
            return "by-calendars"
        case _:
            return None


async def recorded_and_woken(
    command: Command,
    record: Callable[[], Awaitable[Outcome]],
    wake: Callable[[Concerned, int], None],
) -> tuple[Outcome, bool]:
    """Have a command of the directory recorded, and whom it may concern woken. Answers whether there are any.

    Args:
        record: what it raises leaves the outcome unknown.
        wake: begins to wake them; given the position of the change in the log.
    """
    # Whoever asked may be gone before the log has answered: whom it concerns is told all the same.
    return await asyncio.shield(_recorded(command, record, wake))


async def _recorded(
    command: Command,
    record: Callable[[], Awaitable[Outcome]],
    wake: Callable[[Concerned, int], None],
) -> tuple[Outcome, bool]:
    outcome, touched = await record(), concerned(command)
    if touched is None or not isinstance(outcome, Recorded) or outcome.position == 0:
        return outcome, False
    wake(touched, outcome.position)
    return outcome, True


async def all_open(store: EventStore) -> Sequence[StreamId]:
    return [stream async for stream in unfinished(store)]


async def open_by_calendars(
    store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]", directory: Directory
) -> Sequence[StreamId]:
    """Those instructions, and every recurrence. Catch the register up first."""
    touched = await touched_by_calendars(pool, directory)
    recurrences = [stream async for stream in unfinished(store, (RECURRENCE_PREFIX,))]
    return [*touched, *recurrences]
