"""Running it and filling it: the embedded stack, the directory, imports, recovery, the worker."""

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

from cyclopts import App, Group, Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from activities.nudge import nudge, unfinished
from cli.data_directory import make_directory
from cli.errors import BadFile, OutOfReach, UsageError
from cli.options import Place, read_file
from cli.output import console, errors, plain, print_json, table
from cli.session import (
    Session,
    connect_temporal,
    open_session,
    settings_from_environment,
    settings_of,
)
from cli.stack import stack
from domain.identifiers import InstructionId
from importing.directory import LoadResult, load_directory
from importing.directory_file import BadDirectoryFile, DirectoryFile, read_directory
from importing.measures import ImportResult, plan_measures, run_plan
from importing.problems import Problem
from settings import Settings
from worker import main as run_worker
from workflows.watchdog import schedule_watchdog

group = Group("Running and filling it", sort_key=3)

Actor = Annotated[str, Parameter(name="--as", help="Person (opaque id) who acts.")]
_HERE = Place()


async def up(*, place: Place = _HERE) -> None:
    """Run all of Remit on this machine: PostgreSQL, Temporal and a worker, until Ctrl-C.

    Needs no service installed. Data stays in the folder and is found again by the next `up`.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with stack(writable(place.folder)) as (settings, temporal):
        addresses = {
            "data": str(place.folder),
            "database_url": settings.database_url,
            "temporal_address": settings.temporal_address,
            "temporal_ui": temporal.ui_url,
        }
        if place.json:
            print_json(addresses)
        else:
            for name, address in addresses.items():
                console.print(f"{name:<17} {address}", soft_wrap=True, highlight=False)
            console.print("Remit is up; Ctrl-C stops it.")
        await stop.wait()


def worker() -> None:
    """Run one worker against the PostgreSQL and Temporal that the settings (REMIT_*) name."""
    asyncio.run(_both_answer(settings_from_environment()))
    run_worker()


async def _both_answer(settings: Settings) -> None:
    await connect_temporal(settings)
    async with open_session(settings):
        pass


async def set_up(file: Path, /, *, actor: Actor, place: Place = _HERE) -> None:
    """Load a directory: bodies, offices, people, appointments and programmes, from TOML.

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
    place: Place = _HERE,
) -> None:
    """Import measures with their dated history from CSV. Nobody is mailed about the past.

    Importing the same file again changes nothing. A file with bad rows is not imported at all,
    unless the bad rows are to be skipped.

    Parameters
    ----------
    file
        The CSV file; docs/import.md describes its columns.
    """
    settings = settings_of(place.folder)
    content = read_file(file)
    async with open_session(settings) as session:
        result = await import_file(session, content, file.name, actor, skip_bad, quiet=place.json)
    await _attend(session, result.instructions)
    wrong = what_is_wrong(result, file)
    if place.json and wrong is None:
        print_json(_result_json(result))
    if not place.json:
        _print_result(result)
    if wrong is not None:
        raise BadFile(wrong, _result_json(result))


async def recover(*, place: Place = _HERE) -> None:
    """Start the workflow of every unfinished instruction, from the log alone. Harmless to repeat.

    What to do when Temporal lost its data, or was restored from an older copy.
    """
    settings = settings_of(place.folder)
    client = await connect_temporal(settings)
    async with open_session(settings) as session:
        found = [instruction async for instruction in unfinished(session.store)]
    count = await nudge(client, settings.temporal_task_queue, found)
    await schedule_watchdog(client, settings.temporal_task_queue)
    if place.json:
        print_json({"attended": count})
    else:
        console.print(f"{count} unfinished instructions are attended to")


def add_to(app: App) -> None:
    app.command(up, group=group)
    app.command(worker, group=group)
    app.command(set_up, group=group)
    app.command(import_, name="import", group=group)
    app.command(recover, group=group)


def writable(folder: Path) -> Path:
    """The folder, made if it is missing. Raises `UsageError` if it cannot hold the data."""
    try:
        make_directory(folder)
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UsageError(f"--data {folder} cannot hold the data: {error.strerror}") from error


def directory_from(file: Path) -> DirectoryFile:
    """Raises `BadFile` if its entries are not as they must be."""
    try:
        return read_directory(read_file(file))
    except BadDirectoryFile as error:
        raise BadFile(f"{file}: {error}; nothing was loaded") from error


class Bar:
    """A progress bar as the callback that long work takes."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


def progress_bar(title: str, *, quiet: bool = False) -> Bar:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Bar(Progress(*columns, console=errors, disable=quiet), title)


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
    content: bytes,
    name: str,
    registrar: str,
    skip_bad: bool = False,
    *,
    quiet: bool = False,
) -> ImportResult:
    """Plan, then record, each with its bar."""
    at = datetime.now(UTC)
    with progress_bar("checking ", quiet=quiet) as bar:
        plan = await plan_measures(
            content,
            name,
            store=session.store,
            handler=session.handler,
            registrar=registrar,
            at=at,
            progress=bar,
        )
    with progress_bar("recording", quiet=quiet) as bar:
        return await run_plan(plan, handler=session.handler, at=at, skip_bad=skip_bad, progress=bar)


async def _attend(session: Session, instructions: tuple[InstructionId, ...]) -> None:
    """Start the workflows of what was imported; where Temporal is out of reach, others will."""
    if not instructions:
        return
    try:
        client = await connect_temporal(session.settings)
    except OutOfReach as error:
        errors.print(f"[yellow]{error}[/]; the watchdog starts their workflows once it does")
        return
    await nudge(client, session.settings.temporal_task_queue, instructions)


def _result_json(result: ImportResult) -> dict[str, object]:
    return {
        "rows": result.rows,
        "instructions_new": result.instructions_new,
        "commands_recorded": result.commands_recorded,
        "commands_known": result.commands_known,
        "rows_skipped": result.rows_skipped,
        "problems": [
            {"line": p.line, "column": p.column, "reason": p.reason} for p in result.problems
        ],
    }


def _print_result(result: ImportResult) -> None:
    console.print(
        f"{result.rows} rows: {result.instructions_new} new instructions, "
        f"{result.commands_recorded} facts recorded, {result.commands_known} known already, "
        f"{result.rows_skipped} rows skipped",
        soft_wrap=True,
    )
    if result.problems:
        errors.print(_problems(result.problems))


def _problems(problems: tuple[Problem, ...]) -> object:
    made = table("Problems", ">line", "column", "reason")
    for problem in problems:
        made.add_row(str(problem.line), plain(problem.column or ""), plain(problem.reason))
    return made
