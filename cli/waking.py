"""Telling what is open that the directory has changed in a way that may concern it."""

from collections.abc import Sequence

from temporalio.service import RPCError

from activities.nudge import nudge
from cli.errors import OutOfReach
from cli.output import console, errors, plain
from cli.session import Session, connect_temporal
from domain.identifiers import StreamId
from operators.waking import all_open, open_by_calendars


async def wake_all(session: Session, otherwise: str) -> int | None:
    """Have everything unfinished look at the directory; how much there is.

    None if Temporal is away, or does not take all of it: then it says so, and what happens instead (`otherwise`).
    """
    return await wake(session, await all_open(session.store), otherwise)


async def wake_touched_by_calendars(session: Session) -> int | None:
    """The same for those that were planned by another calendar than they count by now, or by an earlier version of
    it, and for every recurrence.
    """
    await session.catch_up("register")
    directory = await session.handler.directory()
    streams = await open_by_calendars(session.store, session.pool, directory)
    return await wake(session, streams, "what is open looks at the calendar when it next wakes")


async def wake(session: Session, streams: Sequence[StreamId], otherwise: str) -> int | None:
    """The same for these."""
    if not streams:
        return 0
    try:
        client = await connect_temporal(session.settings)
        return await nudge(client, session.settings.temporal_task_queue, streams)
    except (OutOfReach, RPCError) as error:
        errors.print(f"[yellow]{plain(str(error))}[/]; {otherwise}", soft_wrap=True)
        return None


def tell_touched(woken: int | None) -> None:
    if woken:
        console.print(
            f"{woken} unfinished instructions and recurrences look whether it concerns them"
        )
