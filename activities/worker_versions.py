"""Versions of the workers: what Temporal calls a deployment, and the versions it has had.

A run of a workflow stays with the version of the workers that began it (it is *pinned*), and moves to the current one when it
continues as new (workflows/conducting.py). One that sleeps is nudged to do so (activities/nudge.py).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import INSTRUCTION_WORKFLOW, RECURRENCE_WORKFLOW
from domain.identifiers import StreamId

_LONGEST_CALL = timedelta(seconds=10)
_LOOKS, _PAUSE = 120, 0.5
_logger = logging.getLogger(__name__)
_STATUS = "WORKER_DEPLOYMENT_VERSION_STATUS_"
_VERSION = SearchAttributeKey.for_keyword("TemporalWorkerDeploymentVersion")
_LASTING = f"WorkflowType IN ('{INSTRUCTION_WORKFLOW}', '{RECURRENCE_WORKFLOW}')"
"""All others end within minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionStanding:
    """A version of the workers, as Temporal knows it."""

    build_id: str
    status: str
    """inactive, current, ramping, draining (runs are left on it) or drained, in Temporal's sense."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """The versions that workers of one deployment have had."""

    name: str
    current: str | None
    """The build id that new runs go to; None as long as none was promoted."""
    ramping: str | None
    """The one that a share of them goes to meanwhile."""
    versions: Sequence[VersionStanding]
    seen: bytes = b""
    """By which Temporal knows whether it has changed since."""

    @property
    def in_use(self) -> Collection[str]:
        """Those that runs may be on."""
        return {one for one in (self.current, self.ramping) if one}


async def deployment(client: Client, name: str) -> Deployment | None:
    """None if Temporal has seen no worker of it. Raises `RPCError`."""
    try:
        answer = await client.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name),
            timeout=_LONGEST_CALL,
        )
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    info = answer.worker_deployment_info
    routing = info.routing_config
    return Deployment(
        name=name,
        current=routing.current_deployment_version.build_id or None,
        ramping=routing.ramping_deployment_version.build_id or None,
        versions=[
            VersionStanding(
                build_id=one.deployment_version.build_id,
                status=WorkerDeploymentVersionStatus.Name(one.status).removeprefix(_STATUS).lower(),
            )
            for one in info.version_summaries
        ],
        seen=answer.conflict_token,
    )


async def promote(
    client: Client, version: WorkerDeploymentVersion, *, only_after: Deployment | None = None
) -> None:
    """New runs go to this version from now on, and old ones when they continue as new.

    `only_after`: the deployment as it was seen, and has to be still.

    Raises `RPCError`: where no worker of that version has asked for work yet, where one of the current version serves a task
    queue that none of this version does, and if Temporal does not answer.
    """
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=version.deployment_name,
            build_id=version.build_id,
            conflict_token=only_after.seen if only_after else b"",
            identity=client.identity,
        ),
        timeout=_LONGEST_CALL,
    )


async def promote_the_first(client: Client, version: WorkerDeploymentVersion) -> bool:
    """Promote this version if none is current yet: until one is, no run gets to any of them. Answers whether it did.

    Tries until one is; says once a minute why none is yet.
    """
    for attempt in count():
        reason = "Temporal has seen no worker of it"
        try:
            found = await deployment(client, version.deployment_name)
            if found is not None and found.current is not None:
                return False
            if found is not None and any(v.build_id == version.build_id for v in found.versions):
                await promote(client, version, only_after=found)
                return True
        except RPCError as error:
            reason = error.message
        if attempt % _LOOKS == _LOOKS - 1:
            _logger.warning(
                "no version of the workers of %s is current yet, so none gets work: %s",
                version.deployment_name,
                reason,
            )
        await asyncio.sleep(_PAUSE)
    raise AssertionError("it goes on until it returns")


async def on_version(client: Client, version: WorkerDeploymentVersion) -> int:
    """How many instructions and recurrences are with this version of the workers, as visibility tells."""
    named = f"{version.deployment_name}:{version.build_id}"
    query = f"TemporalWorkerDeploymentVersion = '{named}' AND {_running()}"
    return (await client.count_workflows(query)).count


async def left_behind(
    client: Client, of: Deployment, *, limit: int
) -> AsyncIterator[tuple[StreamId, str]]:
    """Instructions and recurrences whose run is with a version that is not in use any more, and with which: so many at most."""
    if not of.in_use:
        return
    query = f"TemporalWorkerDeployment = '{of.name}' AND {_running()}"
    for build_id in sorted(of.in_use):
        query += f" AND TemporalWorkerDeploymentVersion != '{of.name}:{build_id}'"
    async for run in client.list_workflows(query, limit=limit):
        yield run.id, run.typed_search_attributes.get(_VERSION) or ""


def _running() -> str:
    return f"{_LASTING} AND ExecutionStatus = 'Running'"
