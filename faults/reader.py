"""A reader of the log with a cursor of its own, as a process: `reader URL FILE`.

It writes down each run of positions that it was given, and goes on from the last of them, killed or not: that file is its
cursor.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from eventstore.connections import DATABASE_LOST
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import StoredEvent
from eventstore.subscription import follow, listening

READY = "reading after position"
_PAUSE = 0.2


def main() -> None:
    url, file = sys.argv[1:]
    asyncio.run(_read(url, Path(file)))


async def _read(url: str, file: Path) -> None:
    seen = await asyncio.to_thread(runs_of, file)
    cursor = seen[-1].stop - 1 if seen else 0
    _say(f"{READY} {cursor}")
    with file.open("a", encoding="ascii", buffering=1) as written:
        while True:
            try:
                async with (
                    PostgresEventStore.open(url, role="remit_projector", pool_size=2) as log,
                    listening(url) as wakeup,
                ):
                    epoch = await log.epoch()
                    async for batch in follow(
                        log, epoch=epoch, after_position=cursor, wakeup=wakeup
                    ):
                        for run in runs(batch):
                            written.write(f"{run.start} {run.stop}\n")
                        cursor = batch[-1].position
            except (TimeoutError, *DATABASE_LOST):
                await asyncio.sleep(_PAUSE)


def runs(batch: Sequence[StoredEvent]) -> Iterator[range]:
    """The positions of a batch, as runs without a gap."""
    begin = batch[0].position
    for one, after in pairwise(batch):
        if after.position != one.position + 1:
            yield range(begin, one.position + 1)
            begin = after.position
    yield range(begin, batch[-1].position + 1)


def runs_of(file: Path) -> list[range]:
    """What a reader wrote down, in its order; a line that a kill cut off was not written."""
    if not file.exists():
        return []
    whole, _, _ = file.read_text(encoding="ascii").rpartition("\n")
    return [range(*map(int, line.split())) for line in whole.splitlines()]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
