"""Whom a change of the directory may concern among what is open: they look at it at once, not when they next wake."""

from collections.abc import Sequence
from typing import Literal

import asyncpg

from activities.nudge import unfinished
from domain.attribution import Command
from domain.directory.commands import FollowCalendar, MoveBody, PublishCalendar, ReorganiseBody
from domain.directory.state import Directory
from domain.identifiers import RECURRENCE_PREFIX, StreamId
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


async def all_open(store: EventStore) -> Sequence[StreamId]:
    return [stream async for stream in unfinished(store)]


async def open_by_calendars(
    store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]", directory: Directory
) -> Sequence[StreamId]:
    """Those instructions, and every recurrence. Catch the register up first."""
    touched = await touched_by_calendars(pool, directory)
    recurrences = [stream async for stream in unfinished(store, (RECURRENCE_PREFIX,))]
    return [*touched, *recurrences]
