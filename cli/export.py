"""`remit export`: the log, or a part of it, in a file for other programs."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from audit.exports.export import Format, export, files_of
from audit.exports.reading import Selection
from audit.exports.xlsx_file import TooLarge
from audit.new_files import CannotWrite
from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import console, plain, print_json
from cli.progress import progress_bar
from cli.session import Session, open_session, settings_of
from cli.subject import Kind, KindOption, SubjectName, kind_of
from cli.views import group
from domain.identifiers import (
    DIRECTORY_STREAM,
    InstructionId,
    StreamId,
    instruction_id,
    programme_stream,
)
from eventstore.streams import recurrence_streams
from readmodels.programmes import ProgrammesProjection, all_programmes
from readmodels.projector import Projector
from readmodels.register import Register

_HERE = Place()
_AT_ONCE = 500
"""So many instructions are held in memory with their events."""


async def export_(
    subject: SubjectName | None = None,
    /,
    *,
    kind: KindOption = None,
    all_: Annotated[
        bool,
        Parameter(name="--all", help="The whole log instead, with the directory.", negative=""),
    ] = False,
    format_: Annotated[Format, Parameter(name="--format", help="Of the file.")],
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="New file to write.")],
    as_recorded: Annotated[str | None, Parameter(help="Only what the log held by then.")] = None,
    place: Place = _HERE,
) -> None:
    """Write events to a file: OCEL 2.0 for process mining, tables, or the log's own bytes.

    The file appears under its name once it is whole.
    """
    if all_ == (subject is not None):
        raise UsageError("name a programme or an instruction, or say --all")
    if all_ and kind is not None:
        raise UsageError("--kind is of one name: leave it out with --all")
    at = None if as_recorded is None else instant(as_recorded, "--as-recorded")
    async with open_session(settings_of(place.folder)) as session:
        store = session.store
        position = await store.head() if at is None else await store.position_at(at)
        chosen = await _chosen(session, subject, kind, position)
        done = 0
        with progress_bar("exporting", quiet=place.json) as bar:

            def further(events: int) -> None:
                nonlocal done
                done += events if chosen.selection.whole_log else 1
                bar(done, chosen.total)

            try:
                counts = await export(
                    store,
                    chosen.selection,
                    format_,
                    output,
                    at=at or datetime.now(UTC),
                    progress=further,
                )
            except (CannotWrite, TooLarge) as error:
                raise UsageError(f"--output: {error}") from error
    files = [str(file) for file in files_of(format_, output)]
    if place.json:
        print_json({"files": files, "format": format_, "until_position": position, **counts})
        return
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    console.print(
        f"[green]written[/] to {plain(' and '.join(files))}: {told}, "
        f"from the log up to position {position}",
        soft_wrap=True,
    )


def add_to(app: App) -> None:
    app.command(export_, name="export", group=group)


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    selection: Selection
    total: int
    """How many streams it may have; of the whole log, how many events."""


async def _chosen(
    session: Session, subject: str | None, kind: Kind | None, position: int
) -> _Chosen:
    """Raises what `kind_of` does."""
    programmes = await _programme_streams(session)
    register = await session.register()
    if subject is None:
        everything = Selection(
            pages=_all_pages(register),
            others=(DIRECTORY_STREAM, *programmes, *await recurrence_streams(session.store)),
            context=(),
            until_position=position,
            whole_log=True,
        )
        return _Chosen(selection=everything, total=position)
    if await kind_of(session.store, subject, kind, "subject") == "programme":
        own = programme_stream(subject)
        instructions = await register.of_programme(subject)
        measures = Selection(
            pages=_pages(instructions),
            others=(own,),
            context=(DIRECTORY_STREAM, *(one for one in programmes if one != own)),
            until_position=position,
            programme=subject,
        )
        return _Chosen(selection=measures, total=1 + len(programmes) + len(instructions))
    alone = Selection(
        pages=_pages((instruction_id(subject),)),
        others=(),
        context=(DIRECTORY_STREAM, *programmes),
        until_position=position,
    )
    return _Chosen(selection=alone, total=2 + len(programmes))


async def _programme_streams(session: Session) -> Sequence[StreamId]:
    await Projector(session.store, session.pool, ProgrammesProjection()).catch_up()
    return [programme_stream(row.programme) for row in await all_programmes(session.pool)]


async def _pages(
    instructions: Sequence[InstructionId],
) -> AsyncIterator[Sequence[InstructionId]]:
    for start in range(0, len(instructions), _AT_ONCE):
        yield instructions[start : start + _AT_ONCE]


async def _all_pages(register: Register) -> AsyncIterator[Sequence[InstructionId]]:
    last = ""
    while rows := await register.page(after_number=last, limit=_AT_ONCE):
        yield [row.instruction for row in rows]
        last = rows[-1].number
