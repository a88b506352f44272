"""The example, imported once for all tests that only look at it."""

import asyncio
from dataclasses import dataclass

import pytest

from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from importing.measures import ImportResult
from tests.programmes import (
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    Row,
    import_rows,
    read_rows,
    set_up,
)


@dataclass(frozen=True)
class Imported:
    store: MemoryEventStore
    handler: CommandHandler
    rows: list[Row]
    result: ImportResult


@pytest.fixture(scope="session")
def example() -> Imported:
    return asyncio.run(_import_example())


async def _import_example() -> Imported:
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    rows = read_rows(EXAMPLE_MEASURES)
    result = await import_rows(store, handler, rows, file_name=EXAMPLE_MEASURES.name)
    return Imported(store=store, handler=handler, rows=rows, result=result)
