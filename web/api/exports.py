"""Files for other programs: what whoever asks may see, as tables, for process mining, or as the log has it."""

import asyncio
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path as File
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from audit.exports.export import Format, files_of, write
from audit.exports.xlsx_file import TooLarge
from domain.value import Instant
from operators.exporting import seen_by
from web.api.asked import AtLeast, wait_for
from web.api.asking import Reading
from web.api.registered import RegisteredOnes
from web.made_files import making_of, sent
from web.problems import ApiCode, Problem

router = APIRouter(prefix="/exports", tags=["exports"])

_KINDS: Mapping[Format, tuple[str, str]] = MappingProxyType(
    {
        "csv": ("zip", "application/zip"),
        "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "jsonl": ("jsonl", "application/jsonl"),
        "ocel-json": ("json", "application/json"),
        "ocel-sqlite": ("sqlite", "application/vnd.sqlite3"),
    }
)
"""How the file's name ends, and its media type. The two tables of `csv` come as one zip file."""
_CSV = ("events.csv", "register.csv")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the file, whole; of `csv` a zip with events.csv and register.csv",
        "content": {media_type: _BINARY for _, media_type in _KINDS.values()}
        | {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("/{format}", response_class=Response, responses=_FILE)
async def export_instructions(
    asking: Reading,
    format_: Annotated[Format, Path(alias="format", description="docs/exports.md has each")],
    registered: RegisteredOnes,
    as_recorded: Annotated[
        Instant | None, Query(description="only what the log held by then; with its offset")
    ] = None,
    at_least: AtLeast = None,
) -> Response:
    """The instructions that you may see, with their events, up to the log's head or what it held at a moment.

    Chosen as they stand now, as in `/instructions`; who may see what goes by now as well. Events are told of those whose history
    you may see; the register of tables also has the others. Of programmes there are events if you audit their bodies, of recurrences
    if you may see their history. It takes as long as it takes; two are made at a time.
    """
    services = asking.services
    at = as_recorded or asking.at
    position = await (
        services.store.head() if as_recorded is None else services.store.position_at(as_recorded)
    )
    # Which instructions there are up to there, the read models say.
    seen = max(position, at_least or 0)
    await wait_for(asking, seen, "register", "parties", "programmes")
    chooses = registered.chooses(asking.at)
    ending, media_type = _KINDS[format_]
    with ExitStack() as stack:
        room = stack.enter_context(making_of(asking.request).turn(asking.reader.person))
        made = TemporaryDirectory(prefix="remit-", ignore_cleanup_errors=True)
        folder = File(stack.enter_context(made))
        parts = [folder / f"part-{n}" for n, _ in enumerate(files_of(format_, folder / "part"))]
        selection = await seen_by(
            services.store, services.pool, asking.reader, format_, position, chooses
        )
        try:
            await write(services.store, selection, format_, parts, at=at)
        except TooLarge as error:
            raise Problem(ApiCode.TOO_MUCH, str(error)) from error
        file = await asyncio.to_thread(_zipped, parts) if format_ == "csv" else parts[0]
        await asking.note("read", subject=f"{format_} up to position {position}")
        return sent(file, f"remit-{position}.{ending}", media_type, room)


def _zipped(tables: Sequence[File]) -> File:
    made = tables[0].with_name("tables.zip")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, name in zip(tables, _CSV, strict=True):
            archive.write(table, name)
    return made
