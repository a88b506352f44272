"""Running it: the embedded stack, the schema, the worker, recovery."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import asyncpg
from cyclopts import App, Group, Parameter

from activities.nudge import nudge_unfinished
from cli.audit_session import check as check_audit
from cli.audit_session import well_set
from cli.checks.database import schema, with_connection
from cli.data_directory import make_directory
from cli.errors import OutOfReach, UsageError, bad_database_url
from cli.options import Place
from cli.output import console, print_json
from cli.progress import progress_bar
from cli.session import (
    Session,
    connect_temporal,
    open_session,
    settings_from_environment,
    settings_of,
)
from cli.stack import stack
from cli.web_services import figures_of_web, serve_web
from eventstore.migrate import OlderProcesses
from eventstore.migrate import finish as finish_upgrade
from eventstore.migrate import migrate as bring_up_to_date
from settings import Settings, use_bundled_time_zones
from telemetry.tracing import tracing
from web.serving import listen
from worker import main as run_worker
from worker import told
from workflows.schedules import schedule_all

group = Group("Running", sort_key=-2)

_HERE = Place()


async def up(*, place: Place = _HERE) -> None:
    """Run all of Remit on this machine: PostgreSQL, Temporal, a worker and the web, until Ctrl-C.

    Needs no service installed. Data stays in the folder and is found again by the next `up`.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with well_set():
        async with stack(writable(place.folder)) as (settings, temporal):
            addresses = {
                "data": str(place.folder),
                "database_url": settings.database_url,
                "temporal_address": settings.temporal_address,
                "temporal_ui": temporal.ui_url,
                "web_url": str(settings.web_url),
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
    settings = settings_from_environment()
    check_audit(settings)
    asyncio.run(_both_answer(settings))
    run_worker()


async def _both_answer(settings: Settings) -> None:
    await connect_temporal(settings)
    await _answers(settings)


async def _answers(settings: Settings) -> None:
    """Raises what `open_session` does, and `UsageError` where migrations are missing: else a worker would fail at
    everything it does.
    """
    async with open_session(settings):
        found = await with_connection(settings.database_url, None, schema)
    if found.status == "failed":
        raise UsageError(f"the schema of the database: {found.message}; {found.way_out}")


async def web(*, place: Place = _HERE) -> None:
    """Answer over HTTP, where REMIT_WEB_HOST and REMIT_WEB_PORT say, until Ctrl-C: the console, the API, people's calendars."""
    settings = settings_of(place.folder)
    told(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tzdata = use_bundled_time_zones()
    await _answers(settings)
    try:
        listener = listen(settings.web_host, settings.web_port)
    except OSError as error:
        raise UsageError(
            f"{settings.web_host}:{settings.web_port} cannot be listened on: {error.strerror}; "
            "set REMIT_WEB_PORT to another"
        ) from error
    with tracing(settings.otlp_endpoint, service="remit-web") as telling:
        async with (
            figures_of_web(settings, telling),
            serve_web(settings, listener, tzdata=tzdata, telling=telling) as url,
        ):
            if place.json:
                print_json({"web_url": url})
            else:
                console.print(f"answering at {url}; Ctrl-C stops it", soft_wrap=True)
            await stop.wait()


async def recover(*, place: Place = _HERE) -> None:
    """Start the workflow of every unfinished instruction and recurrence, from the log alone. Harmless to repeat.

    What to do when Temporal lost its data, or was restored from an older copy.
    """
    settings = settings_of(place.folder)
    async with open_session(settings) as session:
        with progress_bar("workflows", quiet=place.json) as bar:
            count = await start_unfinished(session, bar)
    if place.json:
        print_json({"attended": count})
    else:
        console.print(f"{count} unfinished instructions and recurrences are attended to")


async def start_unfinished(
    session: Session, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> int:
    """Start the watchdog, the postman, the digests, and the workflow of all that is unfinished; returns how many
    there are.

    `progress` is told how many are done, and of how many.
    """
    client, task_queue = (
        await connect_temporal(session.settings),
        session.settings.temporal_task_queue,
    )
    try:
        return await nudge_unfinished(session.store, client, task_queue, progress=progress)
    finally:  # the watchdog makes up for what failed; before, it would wake once more what is being woken
        await schedule_all(client, task_queue)


_Finish = Annotated[
    bool,
    Parameter(
        help="Once no older version runs: write events as this one has them, and remove what only older ones need. There is no "
        "way back."
    ),
]


async def migrate(*, finish: _Finish = False, place: Place = _HERE) -> None:
    """Bring the schema of the database that the settings name up to date. Harmless to repeat.

    Workers and web of the version before go on meanwhile.
    """
    url = settings_of(place.folder).database_url
    try:
        finished = await finish_upgrade(url) if finish else None
        applied = finished.applied if finished else await bring_up_to_date(url)
    except OlderProcesses as error:
        raise UsageError(f"{error}; end them first") from error
    except ValueError:
        raise bad_database_url() from None
    except (OSError, asyncpg.PostgresError) as error:
        raise OutOfReach(f"the database does not take it: {error}") from error
    if place.json:
        told = {"log_format": finished.log_format} if finished else {}
        print_json({"applied": applied, **told})
    else:
        console.print(f"applied: {', '.join(applied)}" if applied else "nothing to apply")
        if finished:
            console.print(f"the log is written in format {finished.log_format}")


def add_to(app: App) -> None:
    app.command(up, group=group)
    app.command(migrate, group=group)
    app.command(worker, group=group)
    app.command(web, group=group)
    app.command(recover, group=group)


def writable(folder: Path) -> Path:
    """The folder, made if it is missing. Raises `UsageError` if it cannot hold the data."""
    try:
        make_directory(folder)
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UsageError(f"--data {folder} cannot hold the data: {error.strerror}") from error
