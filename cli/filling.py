"""Filling it: the directory from TOML, measures with their history from CSV or XLSX."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from activities.nudge import unfinished
from cli.arguments import Actor
from cli.errors import BadFile
from cli.options import Place, read_file
from cli.output import console, errors, print_json
from cli.preview_view import passed_over, problems_json, problems_table, show_preview
from cli.progress import Bar, progress_bar
from cli.session import Session, open_session, settings_of
from cli.waking import wake, wake_touched_by_calendars
from domain.identifiers import InstructionId
from importing.directory import LoadResult, load_directory
from importing.directory_file import BadDirectoryFile, DirectoryFile, read_directory
from importing.mapping import BadMappingFile, MeasureMapping, read_mapping
from importing.measures import ImportResult, plan_measures, run_plan
from importing.planning import Plan
from importing.preview import preview

group = Group("Filling", sort_key=-1)

_HERE = Place()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A measures file's bytes, and how to read them."""

    content: bytes
    name: str
    mapping: MeasureMapping | None = None
    sheet: str | None = None


async def set_up(file: Path, /, *, actor: Actor, place: Place = _HERE) -> None:
    """Load a directory: bodies, offices, people, appointments, programmes and calendars, from TOML.

    Loading the same file again changes nothing.

    Parameters
    ----------
    file
        The TOML file; docs/import.md describes it.
    """
    directory = directory_from(file)
    async with open_session(settings_of(place.folder)) as session:
        with progress_bar("loading", quiet=place.json) as bar:
            result = await load(session, directory, actor, bar)
        if result.calendars_changed:
            await wake_touched_by_calendars(session)
    if place.json:
        print_json(
            {
                "commands_recorded": result.commands_recorded,
                "commands_known": result.commands_known,
            }
        )
    else:
        console.print(f"{result.commands_recorded} recorded, {result.commands_known} known already")


async def import_(
    file: Path,
    /,
    *,
    actor: Actor,
    skip_bad: Annotated[
        bool, Parameter(help="Import the good rows of a file with bad ones.", negative="")
    ] = False,
    mapping: Path | None = None,
    sheet: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    place: Place = _HERE,
) -> None:
    """Import measures with their dated history from CSV or XLSX. Nobody is mailed about the past.

    Importing the same file again changes nothing. A file with bad rows is not imported at all,
    unless the bad rows are to be skipped.

    Parameters
    ----------
    file
        The CSV file or XLSX workbook; docs/import.md describes its columns.
    mapping
        TOML file that says how another organisation's table becomes Remit's.
    sheet
        Sheet of the workbook; by default the first that is not hidden.
    dry_run
        Check everything and say what would be recorded; write nothing.
    """
    settings = settings_of(place.folder)
    source = Source(
        content=read_file(file),
        name=file.name,
        mapping=None if mapping is None else mapping_from(mapping),
        sheet=sheet,
    )
    async with open_session(settings) as session:
        if dry_run:
            plan = await _plan(session, source, actor, quiet=place.json)
            show_preview(preview(plan, skip_bad=skip_bad), file, json=place.json)
            return
        result = await import_file(session, source, actor, skip_bad, quiet=place.json)
        await _attend(session, result.instructions)
    wrong = what_is_wrong(result, file)
    if place.json and wrong is None:
        print_json(_result_json(result))
    if not place.json:
        _print_result(result)
    if wrong is not None:
        raise BadFile(wrong, _result_json(result))


def add_to(app: App) -> None:
    app.command(set_up, group=group)
    app.command(import_, name="import", group=group)


def directory_from(file: Path) -> DirectoryFile:
    """Raises `BadFile` if its entries are not as they must be."""
    try:
        return read_directory(read_file(file))
    except BadDirectoryFile as error:
        raise BadFile(f"{file}: {error}; nothing was loaded") from error


def mapping_from(file: Path) -> MeasureMapping:
    """Raises `BadFile` if a key of it is not as it must be."""
    try:
        return read_mapping(read_file(file))
    except BadMappingFile as error:
        raise BadFile(f"{file}: {error}; nothing was imported") from error


async def load(session: Session, directory: DirectoryFile, actor: str, progress: Bar) -> LoadResult:
    """Raises `BadFile` if the file contradicts itself or the log."""
    try:
        return await load_directory(
            directory,
            store=session.store,
            handler=session.handler,
            persons=session.persons,
            actor=actor,
            at=datetime.now(UTC),
            progress=progress,
        )
    except BadDirectoryFile as error:
        raise BadFile(str(error)) from error


def what_is_wrong(result: ImportResult, file: Path) -> str | None:
    """Why less was imported than was meant to be; None if all was."""
    found = f"{file} has {_counted(len(result.problems), 'problem')}"
    if result.problems and not result.imported:
        return f"{found}; nothing was imported"
    if result.rows_refused:
        return (
            f"{found}; {_counted(result.rows_refused, 'row')} stopped half-way, because of something "
            f"done meanwhile: {_counted(result.commands_recorded, 'fact')} recorded. "
            "Put it right and import the file again: what is recorded is known then"
        )
    return None


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


async def import_file(
    session: Session,
    source: Source,
    registrar: str,
    skip_bad: bool = False,
    *,
    quiet: bool = False,
) -> ImportResult:
    """Plan, then record, each with its bar."""
    at = datetime.now(UTC)
    plan = await _plan(session, source, registrar, at, quiet=quiet)
    with progress_bar("recording", quiet=quiet) as bar:
        return await run_plan(plan, handler=session.handler, at=at, skip_bad=skip_bad, progress=bar)


async def _plan(
    session: Session,
    source: Source,
    registrar: str,
    at: datetime | None = None,
    *,
    quiet: bool = False,
) -> Plan:
    with progress_bar("checking ", quiet=quiet) as bar:
        return await plan_measures(
            source.content,
            source.name,
            store=session.store,
            handler=session.handler,
            registrar=registrar,
            at=at or datetime.now(UTC),
            mapping=source.mapping,
            sheet=source.sheet,
            progress=bar,
        )


async def _attend(session: Session, instructions: tuple[InstructionId, ...]) -> None:
    """Start the workflows of what was imported and is open; the watchdog does, if Temporal is away."""
    imported = set(instructions)
    open_ones = [i async for i in unfinished(session.store) if i in imported] if imported else []
    await wake(session, open_ones, "the watchdog starts their workflows once it does")


def _result_json(result: ImportResult) -> dict[str, object]:
    return {
        "rows": result.rows,
        "instructions_new": result.instructions_new,
        "commands_recorded": result.commands_recorded,
        "commands_known": result.commands_known,
        "rows_skipped": result.rows_skipped,
        "rows_passed_over": result.passed_over,
        "problems": problems_json(result.problems),
    }


def _print_result(result: ImportResult) -> None:
    console.print(
        f"{result.rows} rows: {result.instructions_new} new instructions, "
        f"{result.commands_recorded} facts recorded, {result.commands_known} known already, "
        f"{result.rows_skipped} rows skipped",
        soft_wrap=True,
    )
    if result.passed_over:
        console.print(passed_over(result.passed_over), soft_wrap=True)
    if result.problems:
        errors.print(problems_table(result.problems))
