"""One export from its first stream to the whole file: written under another name until it is whole."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from audit.exports.csv_files import CsvFiles, register_file
from audit.exports.json_lines import JsonLines
from audit.exports.ocel_json import OcelJson
from audit.exports.ocel_sqlite import OcelSqlite
from audit.exports.reading import Exported, Selection, read
from audit.exports.xlsx_file import XlsxFile
from audit.new_files import new_files, writing
from eventstore.protocol import EventStore

Format = Literal["ocel-json", "ocel-sqlite", "csv", "xlsx", "jsonl"]


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
        with writing(output):
            writer = _writer(format_, parts, at)
        try:
            if isinstance(writer, JsonLines) and selection.whole_log:
                async for batch in store.read_all(until_position=selection.until_position):
                    with writing(output):
                        writer.write(batch)
                    progress(len(batch))
            else:
                async for exported in read(store, selection):
                    with writing(output):
                        writer.add(exported)
                    progress(len(exported.stored))
            with writing(output):
                counts = writer.finish()
        finally:
            writer.close()
    return counts


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
