"""Which versions of the workers there are, and which is current."""

from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from activities.worker_versions import Deployment, deployment, on_version
from activities.worker_versions import promote as make_current
from cli.errors import OutOfReach, UsageError
from cli.operations import group
from cli.options import Place
from cli.output import console, print_json
from cli.session import connect_temporal, settings_of
from settings import Settings

_HERE = Place()
_HELP = "Versions of the workers, where Temporal keeps them apart (REMIT_WORKER_DEPLOYMENT)."


async def versions(*, place: Place = _HERE) -> None:
    """The versions that Temporal knows, which is current, and how many instructions and recurrences are with each."""
    settings = settings_of(place.folder)
    client, name = await connect_temporal(settings), _name(settings)
    try:
        found = await deployment(client, name)
        found = found or Deployment(name=name, current=None, ramping=None, versions=())
        held = {
            one.build_id: await on_version(client, WorkerDeploymentVersion(name, one.build_id))
            for one in found.versions
        }
    except RPCError as error:
        raise OutOfReach(f"Temporal does not tell: {error}") from error
    if place.json:
        print_json(
            {
                "deployment": name,
                "current": found.current,
                "versions": [
                    {"build_id": v.build_id, "status": v.status, "open": held[v.build_id]}
                    for v in found.versions
                ],
            }
        )
        return
    if not found.versions:
        console.print(f"Temporal has seen no worker of {name}")
        return
    table = Table("version", "status", "open on it", title=f"Workers of {name}", box=None)
    for one in found.versions:
        table.add_row(one.build_id, one.status, str(held[one.build_id]))
    console.print(table)


async def promote(
    build_id: Annotated[
        str,
        Parameter(help="REMIT_WORKER_BUILD_ID of its workers, by default the version of Remit."),
    ],
    /,
    *,
    place: Place = _HERE,
) -> None:
    """Have new runs go to this version of the workers, and old ones with their next run. Harmless to repeat.

    Workers of it must run. Those that sleep are moved by the watchdog, 300 a minute; workers of the version before may end
    once `remit workers versions` says `drained` of it.
    """
    settings = settings_of(place.folder)
    client, name = await connect_temporal(settings), _name(settings)
    try:
        await make_current(client, WorkerDeploymentVersion(name, build_id))
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            raise UsageError(
                f"{build_id} cannot be promoted: {error.message}; start workers of it that serve all that those of the "
                "current version do"
            ) from error
        raise OutOfReach(f"Temporal does not take it: {error}") from error
    if place.json:
        print_json({"deployment": name, "current": build_id})
    else:
        console.print(f"{build_id} is the current version of {name}")


def _name(settings: Settings) -> str:
    if settings.worker_deployment is None:
        raise UsageError(
            "workers are not kept apart by versions here; set REMIT_WORKER_DEPLOYMENT, for the workers alike"
        )
    return settings.worker_deployment


def add_to(app: App) -> None:
    workers = App(name="workers", help=_HELP, help_format="plaintext", group=group)
    workers.command(versions)
    workers.command(promote)
    app.command(workers)
