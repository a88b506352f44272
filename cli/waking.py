"""Telling what is open that the directory has changed in a way that may concern it."""

from activities.nudge import nudge, unfinished
from cli.errors import OutOfReach
from cli.output import errors
from cli.session import Session, connect_temporal


async def wake_all(session: Session, otherwise: str) -> int | None:
    """Have every unfinished instruction look at the directory; how many there are.

    None if Temporal is away: then it says so, and what happens instead (`otherwise`).
    """
    open_ones = [i async for i in unfinished(session.store)]
    if not open_ones:
        return 0
    try:
        client = await connect_temporal(session.settings)
    except OutOfReach as error:
        errors.print(f"[yellow]{error}[/]; {otherwise}", soft_wrap=True)
        return None
    return await nudge(client, session.settings.temporal_task_queue, open_ones)
