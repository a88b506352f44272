"""`remit export`: the log, or a part of it, in a file for other programs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from audit.exports.export import Format, export, files_of
from audit.exports.xlsx_file import TooLarge
from audit.new_files import CannotWrite
from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import console, plain, print_json
from cli.progress import progress_bar
from cli.session import Session, open_session, settings_of
from cli.subject import Kind, KindOption, SubjectName, kind_of
from cli.views import group
from operators.exporting import Chosen, of_instruction, of_programme, whole_log
from readmodels.programmes import ProgrammesProjection
from readmodels.projector import Projector

_HERE = Place()


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


async def _chosen(
    session: Session, subject: str | None, kind: Kind | None, position: int
) -> Chosen:
    """Raises what `kind_of` does."""
    await Projector(session.store, session.pool, ProgrammesProjection()).catch_up()
    await session.register()
    if subject is None:
        return await whole_log(session.store, session.pool, position)
    if await kind_of(session.store, subject, kind, "subject") == "programme":
        return await of_programme(session.pool, subject, position)
    return await of_instruction(session.pool, subject, position)
