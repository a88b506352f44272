"""Temporal: the server, its namespace, its clock, who polls the task queue, and what runs every minute."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import deliveries_of
from activities.keyring import BadKeyFile
from cli.checks.diagnosis import PATIENCE, Diagnosis, carried_out, failed, ok, warning
from settings import Settings
from temporal_connection import connect_as_set
from workflows.digests import DIGESTS_SCHEDULE
from workflows.postman import POSTMAN_SCHEDULE
from workflows.tls import BadTls
from workflows.watchdog import WATCHDOG_SCHEDULE

_Kind = TaskQueueType.ValueType
_ACTIVITIES = (TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,)
_ALL = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, *_ACTIVITIES)
_SCHEDULES = (WATCHDOG_SCHEDULE, POSTMAN_SCHEDULE, DIGESTS_SCHEDULE)

POLLER_LIMIT = timedelta(minutes=2)
"""A worker asks again once a minute at the latest."""
AHEAD_LIMIT = timedelta(seconds=2)
WATCHDOG_LIMIT = timedelta(minutes=5)


async def temporal(settings: Settings, *, way_out: str) -> list[Diagnosis]:
    """Temporal, and if it answers who works through it. `way_out`: how to start one."""
    try:
        async with asyncio.timeout(PATIENCE):
            client = await connect_as_set(settings)
    except (BadKeyFile, BadTls) as error:
        way_out = "put right what REMIT_TEMPORAL_TLS_… or REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE names"
        return [failed("Temporal", str(error), way_out)]
    except ValueError as error:
        says = f"{settings.temporal_address} is no address: {error}"
        return [failed("Temporal", says, "put REMIT_TEMPORAL_ADDRESS right: HOST:PORT")]
    except (RuntimeError, TimeoutError) as error:
        reason = str(error) or f"no answer within {PATIENCE:g} s"
        address = settings.temporal_address
        return [failed("Temporal", f"{address} does not answer: {reason}", way_out)]
    queue = settings.temporal_task_queue
    return await carried_out(
        {
            "Temporal": server(client),
            "namespace": namespace(client),
            "Temporal clock": clock(client, queue),
            "worker": worker(client, queue),
            "deliveries": worker(client, deliveries_of(queue), "deliveries", _ACTIVITIES),
            **{id_: schedule(client, id_) for id_ in _SCHEDULES},
        }
    )


async def server(client: Client) -> Diagnosis:
    info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    return ok("Temporal", info.server_version)


async def namespace(client: Client) -> Diagnosis:
    name = client.namespace
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=name))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return failed(
            "namespace",
            f"{name} is not there",
            f"`temporal operator namespace create -n {name}`, or set REMIT_TEMPORAL_NAMESPACE",
        )
    return ok("namespace", name)


async def clock(client: Client, task_queue: str) -> Diagnosis:
    """Temporal tells its time only in what it records; a worker's last question is the freshest."""
    asked = await _last_asked(client, task_queue)
    if asked is None:
        return ok("Temporal clock", "not seen: no worker has asked it for anything")
    ahead = asked - datetime.now(UTC)
    if ahead > AHEAD_LIMIT:
        message = f"at least {ahead.total_seconds():.1f} s ahead of this machine's"
        return warning("Temporal clock", message, "set both clocks by NTP")
    return ok("Temporal clock", "not ahead of this machine's")


async def worker(
    client: Client, task_queue: str, name: str = "worker", kinds: Sequence[_Kind] = _ALL
) -> Diagnosis:
    """Whether one asks this queue for work of each kind."""
    asked = await _last_asked(client, task_queue, kinds)
    way_out = "start one: `remit worker`, or `remit up`"
    if asked is None:
        return failed(name, f"none polls the task queue {task_queue}", way_out)
    ago = datetime.now(UTC) - asked
    message = f"last seen on {task_queue} {max(ago.total_seconds(), 0):.0f} s ago"
    if ago > POLLER_LIMIT:
        return failed(name, message, way_out)
    return ok(name, message)


async def _last_asked(
    client: Client, task_queue: str, kinds: Sequence[_Kind] = _ALL
) -> datetime | None:
    """When a worker last asked for work of the kind that was longest without."""
    last: list[datetime] = []
    for kind in kinds:
        found = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=task_queue),
                task_queue_type=kind,
            )
        )
        times = [p.last_access_time.ToDatetime(UTC) for p in found.pollers]
        if not times:
            return None
        last.append(max(times))
    return min(last)


async def schedule(client: Client, id_: str) -> Diagnosis:
    """One of those that are to run every minute."""
    way_out = "a worker makes it when it starts; `remit recover` makes it now"
    try:
        found = await client.get_schedule_handle(id_).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return failed(id_, "its schedule is not there", way_out)
    if found.schedule.state.paused:
        unpause = f"`temporal schedule toggle --unpause -s {id_}`"
        return failed(id_, "its schedule is paused", unpause)
    started = [action.started_at for action in found.info.recent_actions]
    since = max([found.info.created_at, *started])
    ago = datetime.now(UTC) - since
    what = "last ran" if started else "has not run yet; made"
    message = f"{what} {max(ago.total_seconds(), 0):.0f} s ago"
    if ago > WATCHDOG_LIMIT:
        return failed(id_, message, "look at Temporal's log: it does not start the schedule")
    return ok(id_, message)
