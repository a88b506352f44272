"""Many changes of the directory at once: one waking for all that came while the one before was under way."""

import asyncio
from typing import Any

from domain.directory.state import Directory
from eventstore.memory import MemoryEventStore
from eventstore.protocol import StreamHead
from web.waking import Waking, merged


class _Held(MemoryEventStore):
    """Counts how often it is looked for what is open, and holds the first look."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.looked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def open_streams(self, **asked: Any) -> list[StreamHead]:
        del asked
        self.looks += 1
        self.looked.set()
        await self.go_on.wait()
        return []


async def _nobody() -> Directory:
    return Directory()


def test_two_changes_wake_whom_either_concerns() -> None:
    assert merged(None, ("by-calendars", 7)) == ("by-calendars", 7)
    assert merged(("by-calendars", 9), ("by-calendars", 7)) == ("by-calendars", 9)
    assert merged(("by-calendars", 9), ("all", 7)) == ("all", 9)
    assert merged(("all", 7), ("by-calendars", 9)) == ("all", 9)


async def test_what_was_entered_is_looked_for_among_what_is_open_once_for_all() -> None:
    store = _Held()
    nobody: Any = None
    async with asyncio.timeout(30):
        async with Waking.open(nobody, "queue", store, nobody, _nobody) as waking:
            waking.attend(["instruction-1"])
            await store.looked.wait()
            for n in range(2, 50):
                waking.attend([f"instruction-{n}"])
            store.go_on.set()
    assert store.looks == 2 * 2  # of each, for instructions and for recurrences


async def test_two_hundred_changes_are_two_wakings() -> None:
    store = _Held()
    nobody: Any = None
    async with asyncio.timeout(30):
        async with Waking.open(nobody, "queue", store, nobody, _nobody) as waking:
            waking.begin("all", 1)
            await store.looked.wait()
            for position in range(2, 201):
                waking.begin("all", position)
            store.go_on.set()
    assert store.looks == 2 * 2  # of each, for instructions and for recurrences
