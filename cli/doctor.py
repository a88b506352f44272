"""Looking after it: `remit doctor` looks at everything that Remit needs, and says what to do."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App

from cli.checks.checkpoints import checkpoints
from cli.checks.database import database
from cli.checks.diagnosis import Diagnosis, carried_out, failed, without_secrets
from cli.checks.machine import machine_checks
from cli.checks.services import evidence, identity, mail, web
from cli.checks.temporal import temporal
from cli.errors import Unwell, UsageError
from cli.operations import group
from cli.options import Place
from cli.output import console, plain, print_json, table
from cli.session import settings_of
from settings import Settings, database_is_named, secrets_of

_HERE = Place()
_STYLES = {"ok": "green", "warning": "yellow", "failed": "red"}


async def doctor(*, place: Place = _HERE) -> None:
    """Check everything that Remit needs, and say what to do.

    Changes nothing, but writes one empty file to the store of evidence, to see whether it takes one.

    Looks at this machine, the database and its log, Temporal, the worker, mail, evidence, the web and the audit trail's
    checkpoints. Ends with exit code 0 if nothing failed, though there may be warnings.
    """
    diagnoses = await examined(place.folder)
    count = {status: sum(f.status == status for f in diagnoses) for status in _STYLES}
    found: dict[str, object] = {
        "checks": [
            {"name": f.name, "status": f.status, "message": f.message, "way_out": f.way_out}
            for f in diagnoses
        ],
        **count,
    }
    if not place.json:
        _print(diagnoses)
    if count["failed"]:
        raise Unwell(f"{count['failed']} of {len(diagnoses)} checks failed", found)
    if place.json:
        print_json(found)


async def examined(folder: Path) -> Sequence[Diagnosis]:
    """What all checks found, side by side, with no secret in it."""
    from_environment = database_is_named()
    machine = carried_out(machine_checks(folder, embedded=not from_environment))
    try:
        settings = settings_of(folder)
    except UsageError as error:
        sentence, _, way_out = str(error).partition(": ")
        return [*await machine, failed("servers", sentence, way_out)]
    groups = await asyncio.gather(machine, *_servers(settings, from_environment))
    return without_secrets((f for group in groups for f in group), secrets_of(settings))


def _servers(
    settings: Settings, from_environment: bool
) -> Sequence[asyncio.Future[list[Diagnosis]]]:
    up = "`remit up` left word of it, and it is gone: start it again"
    database_way_out = "start it, or put REMIT_DATABASE_URL right" if from_environment else up
    temporal_way_out = "start it, or put REMIT_TEMPORAL_ADDRESS right" if from_environment else up
    return [
        asyncio.ensure_future(task)
        for task in (
            database(settings.database_url, way_out=database_way_out),
            temporal(settings, way_out=temporal_way_out),
            carried_out(
                {
                    "mail": mail(settings),
                    "evidence": evidence(settings),
                    "identity keys": identity(settings),
                    "web": web(settings),
                    "checkpoints": checkpoints(settings),
                }
            ),
        )
    ]


def _print(diagnoses: Sequence[Diagnosis]) -> None:
    made = table("", "check", "", "found")
    made.show_header = False
    made.title = None
    for f in diagnoses:
        way_out = f" [bold]->[/] {plain(f.way_out)}" if f.way_out else ""
        status = f"[{_STYLES[f.status]}]{f.status}[/]"
        made.add_row(f.name, status, f"{plain(f.message)}{way_out}")
    console.print(made)


def add_to(app: App) -> None:
    app.command(doctor, group=group)
