"""A reader that follows the log while four processes write to it: no position may be skipped."""

import asyncio
import time
from collections.abc import Callable

from bench.log.ground import LogGround
from bench.log.processes import answers, client_command
from bench.results import Line, Result
from eventstore.postgres import PostgresEventStore
from eventstore.subscription import follow, listening

_WRITERS = 4
_CLIENTS = 64
_SLICE = 10.0
"""Seconds that the writers write before they are started again, until there are events enough."""


async def measure(
    ground: LogGround, progress: Callable[[int, int], None], *, events: int
) -> Result:
    """The reader counts what it sees, against what the writers say they wrote."""
    async with (
        ground.database() as url,
        PostgresEventStore.open(url, role="remit_projector") as store,
    ):
        seen: list[int] = []
        reader = asyncio.create_task(_read(url, store, seen))
        written, began = 0, time.perf_counter()
        while written < events:
            command = client_command("ours", url, _CLIENTS, _SLICE)
            found = await answers([command] * _WRITERS)
            written += sum(len(one["took_ms"]) for one in found)
            progress(min(written, events), events)
        took = time.perf_counter() - began
        reader.cancel()
        (ended,) = await asyncio.gather(reader, return_exceptions=True)
        if not isinstance(ended, asyncio.CancelledError):
            raise RuntimeError("the reader ended") from ended
        followed = len(seen)
        async for batch in store.read_all(after_position=followed):  # what came last
            seen += [event.position for event in batch]
    skipped = written - len(seen)
    gaps = sum(1 for place, position in enumerate(seen, start=1) if place != position)
    return Result(
        lines=[
            Line(
                what=f"positions skipped or out of order, {_WRITERS} writers",
                value=abs(skipped) + gaps,
                unit=f"of {written:,}",
                target=0,
            )
        ],
        details={
            "events": written,
            "seconds": round(took, 1),
            "followed_while_writing": followed,
            "seen": len(seen),
        },
    )


async def _read(url: str, store: PostgresEventStore, seen: list[int]) -> None:
    async with listening(url) as wakeup:
        epoch = await store.epoch()
        async for batch in follow(store, epoch=epoch, after_position=0, wakeup=wakeup):
            seen += [event.position for event in batch]
