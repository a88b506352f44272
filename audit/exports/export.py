"""One export from its first stream to the whole file: written under another name until it is whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from audit.exports.csv_files import CsvFiles, register_file
from audit.exports.json_lines import JsonLines
from audit.exports.ocel_json import OcelJson
from audit.exports.ocel_sqlite import OcelSqlite
from audit.exports.reading import Exported, Selection, read
from audit.exports.xlsx_file import XlsxFile
from audit.new_files import new_files, writing
from eventstore.protocol import EventStore

_AT_ONCE = 50
"""Streams that are handed over at a time."""
Format = Literal["ocel-json", "ocel-sqlite", "csv", "xlsx", "jsonl"]
_T = TypeVar("_T")


class Writer(Protocol):
    """A file in one of the formats, being written."""

    def add(self, exported: Exported) -> None: ...

    def finish(self) -> dict[str, int]:
        """Complete the file and close it; how much of what it holds, by name."""
        ...

    def close(self) -> None:
        """Let go of the file, whole or not; raises nothing."""
        ...


async def export(
    store: EventStore,
    selection: Selection,
    format_: Format,
    output: Path,
    *,
    at: datetime,
    progress: Callable[[int], None],
) -> dict[str, int]:
    """Write what is selected to a new file; how much of what it holds, by name.

    Args:
        output: the new file; with CSV the register goes beside it (`register_file`).
        at: the moment lateness is measured at, where a register is written.
        progress: called with the number of events of each stream, or of each batch of the whole log.

    Raises:
        CannotWrite: the file is there already, or cannot be written.
        TooLarge: a workbook cannot hold so much.
        PositionGap: the whole log was asked for, and a position is missing.
        Exception: what reading the log raises.
    """
    with new_files(*files_of(format_, output)) as parts:
        return await write(
            store, selection, format_, parts, at=at, progress=progress, called=output
        )


async def write(
    store: EventStore,
    selection: Selection,
    format_: Format,
    parts: Sequence[Path],
    *,
    at: datetime,
    progress: Callable[[int], None] = lambda _: None,
    called: Path | None = None,
) -> dict[str, int]:
    """Fill these files, as many as `files_of` names. Raises what `export` does.

    All that is not reading happens in a thread of its own, so that whoever serves others meanwhile goes on.

    Args:
        called: what a `CannotWrite` calls the file; by default the first of them.
    """
    output = called or parts[0]
    loop = asyncio.get_running_loop()
    # One thread, and always the same: a database file does not change hands.
    thread = ThreadPoolExecutor(1, "export")

    def there(work: Callable[[], _T]) -> asyncio.Future[_T]:
        def done() -> _T:
            with writing(output):
                return work()

        return loop.run_in_executor(thread, done)

    try:
        writer = await there(lambda: _writer(format_, parts, at))
        try:
            if isinstance(writer, JsonLines) and selection.whole_log:
                async for batch in store.read_all(until_position=selection.until_position):
                    await there(partial(writer.write, batch))
                    progress(len(batch))
            else:
                async for some in _several(read(store, selection)):
                    await there(partial(_add, writer, some))
                    for exported in some:
                        progress(len(exported.stored))
            return await there(writer.finish)
        finally:
            await loop.run_in_executor(thread, writer.close)  # once what is under way has ended
    finally:
        thread.shutdown(wait=False)


def _add(writer: Writer, some: Sequence[Exported]) -> None:
    for exported in some:
        writer.add(exported)


async def _several(streams: AsyncIterator[Exported]) -> AsyncIterator[Sequence[Exported]]:
    """So many at a time as are no long wait for whoever gives up."""
    some: list[Exported] = []
    async for exported in streams:
        some.append(exported)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def files_of(format_: Format, output: Path) -> Sequence[Path]:
    """All that the export will write."""
    return (output, register_file(output)) if format_ == "csv" else (output,)


def _writer(format_: Format, parts: Sequence[Path], at: datetime) -> Writer:
    match format_:
        case "ocel-json":
            return OcelJson(parts[0])
        case "ocel-sqlite":
            return OcelSqlite(parts[0])
        case "csv":
            return CsvFiles(parts[0], parts[1], at)
        case "xlsx":
            return XlsxFile(parts[0], at)
        case "jsonl":
            return JsonLines(parts[0])
