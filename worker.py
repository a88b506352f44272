"""The worker process: composition root of everything that runs behind Temporal's task queue."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import get_args

import asyncpg
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from temporalio.workflow import NondeterminismError

from activities.contracts import deliveries_of
from activities.courier import Courier
from activities.deliver import DeliverActivity
from activities.digests import DigestsActivity
from activities.keyring import read_keys
from activities.nudge import NudgeActivity
from activities.postman import PostmanActivity
from activities.record import Admission, RecordActivity
from activities.seal import Sealer
from activities.sending import LONGEST_ATTEMPT, NoticeSender
from activities.turns import LONGEST_WAIT
from activities.worker_versions import promote_the_first
from audit.keeper import Keeper
from audit.keys import read_key
from audit.outside import OutsideStore
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from eventstore.subscription import listening
from monitoring.findings import Limits
from monitoring.heartbeat import Heartbeat
from notifications.channel import Channel
from notifications.email import EmailChannel
from notifications.log import LogChannel
from notifications.services import ServiceChannel
from notifications.webhook import WebhookChannel
from objectstore.location import open_objects
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector, open_projection_pool
from settings import Serving, Settings, secrets_of, use_bundled_time_zones
from telemetry.logs import log_lines
from telemetry.metrics import Metrics
from telemetry.telling import Telemetry
from telemetry.temporal_core import temporal_runtime
from telemetry.tracing import Traced, tracing
from temporal_connection import connect_as_set
from web.internal import internal_port
from workflows.digests import DigestsWorkflow
from workflows.instruction import InstructionWorkflow
from workflows.postman import PostmanWorkflow
from workflows.recurrence import RecurrenceWorkflow
from workflows.schedules import schedule_all
from workflows.watchdog import WatchdogWorkflow

WORKFLOWS = [
    InstructionWorkflow,
    RecurrenceWorkflow,
    WatchdogWorkflow,
    PostmanWorkflow,
    DigestsWorkflow,
]
DRAIN = timedelta(seconds=LONGEST_WAIT + LONGEST_ATTEMPT)
"""So long a sending takes at most that is under way when the worker is told to stop."""

_ROUNDS = 3
"""Of signing, that may be missed."""

_WORKFLOW_TASKS = 16
"""That a worker takes at once. Temporal gives a task that was taken ten seconds, and after that waits longer before each further attempt; one
that nobody has taken yet loses nothing by waiting. docs/faults.md has figures."""

_ANYBODY = Admission()
_logger = logging.getLogger(__name__)


def channels(settings: Settings) -> Sequence[Channel]:
    """The channels that are set up: always the log and webhooks, e-mail where a mail server is named, and
    other services where some are.
    """
    # They tell each address that they ask or write to.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    found: list[Channel] = [
        LogChannel(),
        WebhookChannel(source=settings.notice_source, networks=settings.webhook_networks),
    ]
    if settings.smtp_host is not None:
        password = settings.smtp_password
        found.append(
            EmailChannel(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_from,
                username=settings.smtp_username,
                password=password.get_secret_value() if password else None,
                starttls=settings.smtp_starttls,
            )
        )
    if settings.apprise_services:
        found.append(ServiceChannel(allowed=settings.apprise_services))
    return found


def admission_of(settings: Settings) -> Admission:
    """Whose commands are taken. Raises `BadKeyFile`."""
    file = settings.identity_key_file
    return Admission(
        sealer=Sealer(read_keys(file)) if file else None,
        asserted=settings.asserted_commands,
        skew=timedelta(seconds=settings.clock_skew_seconds),
    )


def version_of(settings: Settings) -> WorkerDeploymentVersion | None:
    """Of this worker; None where any takes any work."""
    if settings.worker_deployment is None:
        return None
    return WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build_id)


def _pinned(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """A run stays with the version that began it."""
    return WorkerDeploymentConfig(
        version=version,
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def outside_of(settings: Settings) -> OutsideStore | None:
    """Where checkpoints are kept outside the database. Raises `BadLocation` if the URL names no place."""
    if settings.audit_url is None:
        return None
    secret = settings.audit_secret_key
    return OutsideStore(
        open_objects(
            settings.audit_url,
            access_key=settings.audit_access_key,
            secret_key=secret.get_secret_value() if secret else None,
        )
    )


@asynccontextmanager
async def audit_keeper(settings: Settings) -> AsyncGenerator[Keeper | None]:
    """Who signs checkpoints; None if no key is set. Raises `BadKey` and `BadLocation`."""
    if settings.audit_key_file is None:
        yield None
        return
    signer, outside = read_key(settings.audit_key_file), outside_of(settings)
    async with open_projection_pool(settings.database_url, pool_size=1) as pool:
        yield Keeper(pool, signer, outside)


@asynccontextmanager
async def conducting(
    client: Client,
    store: EventStore,
    persons: PersonStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    channels: Sequence[Channel],
    *,
    task_queue: str,
    tzdata: str,
    max_cached_workflows: int = 1000,
    drain: timedelta = DRAIN,
    eager: bool = True,
    sendings_in_doubt: int = 1,
    serves: Collection[Serving] = get_args(Serving),
    telemetry: Telemetry | None = None,
    admission: Admission = _ANYBODY,
    version: WorkerDeploymentVersion | None = None,
    moves: int = 300,
) -> AsyncGenerator[None]:
    """A worker for all workflows, and one for deliveries, each with slots of its own for activities, for as long as
    the block runs. `pool` is of the read models.

    On leaving, activities and deliveries under way have the time `drain` to end. With `eager`, Temporal
    hands an activity to the worker with the answer to its workflow task, not by way of the task queue.
    `serves`: which of both. `admission`: whose commands are taken, and as of when. `version`: of these workers, where
    Temporal keeps versions apart; `moves`: so many that an old version still has are told to move at a look.
    """
    telemetry = telemetry or Telemetry()
    handler = CommandHandler(store, tzdata=tzdata, telemetry=telemetry)
    sender = NoticeSender(
        handler, store, persons, channels, in_doubt=sendings_in_doubt, telemetry=telemetry
    )
    async with Courier(sender, client, task_queue, drain=drain) as courier:
        record = RecordActivity(handler, courier, client, task_queue, admission)
        deliver = DeliverActivity(sender, store)
        nudge = NudgeActivity(
            store,
            client,
            task_queue,
            deployment=version.deployment_name if version else None,
            moves=moves,
            telemetry=telemetry,
        )
        postman = PostmanActivity(sender, store, skew=admission.skew)
        digests = DigestsActivity(handler, store, pool, sender, skew=admission.skew)
        deployed = _pinned(version) if version else None
        workers: list[Worker] = []
        if "commands" in serves:
            workers.append(
                Worker(
                    client,
                    task_queue=task_queue,
                    workflows=WORKFLOWS,
                    activities=[record.record, nudge.nudge_unattended],
                    max_cached_workflows=max_cached_workflows,
                    max_concurrent_workflow_tasks=_WORKFLOW_TASKS,
                    disable_eager_activity_execution=not eager,
                    graceful_shutdown_timeout=drain,
                    deployment_config=deployed,
                    # Its checks cost two milliseconds of every Update. Tests replay every history within it.
                    workflow_runner=UnsandboxedWorkflowRunner(),
                    # A run that this code cannot go on with ends, and the watchdog begins another from the log. Tried again for
                    # ever, it would be stuck.
                    workflow_failure_exception_types=[NondeterminismError],
                )
            )
        if "deliveries" in serves:
            workers.append(
                Worker(
                    client,
                    task_queue=deliveries_of(task_queue),
                    activities=[deliver.deliver, postman.deliver_released, digests.send_digests],
                    graceful_shutdown_timeout=drain,
                    deployment_config=deployed,
                )
            )
        async with AsyncExitStack() as working:
            for worker in workers:
                await working.enter_async_context(worker)
            try:
                yield
            finally:
                courier.stop()
                # Together: one after the other, each would take its time.
                await asyncio.gather(*(worker.shutdown() for worker in workers))


@asynccontextmanager
async def running(settings: Settings, telling: Traced | None = None) -> AsyncGenerator[str | None]:
    """All that this process does, for as long as the block runs; gives the URL of its figures and health, if they are
    answered.

    Raises what the servers raise if PostgreSQL or Temporal cannot be reached at the start, and `OSError` if the port for
    the figures cannot be listened on.
    """
    tzdata, admission = use_bundled_time_zones(), admission_of(settings)
    async with AsyncExitStack() as stack:
        telling = telling or stack.enter_context(
            tracing(settings.otlp_endpoint, service="remit-worker")
        )
        telemetry = telling.telemetry
        client = await connect_as_set(settings, interceptors=telling.interceptors)
        store = await stack.enter_async_context(
            PostgresEventStore.open(
                settings.database_url, pool_size=settings.database_pool_size, telemetry=telemetry
            )
        )
        persons = await stack.enter_async_context(PostgresPersonStore.open(settings.database_url))
        pool = await stack.enter_async_context(
            # Each leader keeps one; one is for who waits to lead, one for digests.
            open_projection_pool(settings.database_url, pool_size=len(PROJECTIONS) + 2)
        )
        if "projections" in settings.worker_serves:
            await stack.enter_async_context(_following(settings, store, pool))
        url = await stack.enter_async_context(_watched(settings, client, telemetry.metrics))
        version = version_of(settings)
        await schedule_all(client, settings.temporal_task_queue)
        await stack.enter_async_context(
            conducting(
                client,
                store,
                persons,
                pool,
                channels(settings),
                task_queue=settings.temporal_task_queue,
                tzdata=tzdata,
                sendings_in_doubt=settings.sendings_in_doubt,
                serves=settings.worker_serves,
                telemetry=telemetry,
                admission=admission,
                version=version,
                moves=settings.worker_moves,
            )
        )
        if version is not None and "commands" in settings.worker_serves:
            promoting = asyncio.create_task(_promote(client, version))
            stack.push_async_callback(_cancelled, promoting)
        yield url


@asynccontextmanager
async def _following(
    settings: Settings, store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]"
) -> AsyncGenerator[None]:
    """The read models and the audit trail, kept up to date, where this process leads them; `pool` is of the read models."""
    async with AsyncExitStack() as stack:
        wakeup = await stack.enter_async_context(listening(settings.database_url))
        for projection in PROJECTIONS:
            projector = Projector(store, pool, projection)
            following = asyncio.create_task(projector.run(wakeup.another()))
            stack.push_async_callback(_cancelled, following)
        keeper = await stack.enter_async_context(audit_keeper(settings))
        if keeper is None:
            _logger.warning("no checkpoint is signed: REMIT_AUDIT_KEY_FILE is not set")
        else:
            keeping = asyncio.create_task(keeper.run(settings.audit_checkpoint_seconds))
            stack.push_async_callback(_cancelled, keeping)
        yield


@asynccontextmanager
async def _watched(
    settings: Settings, client: Client, metrics: Metrics
) -> AsyncGenerator[str | None]:
    """Figures, health and the heartbeat, as far as they are set; gives the URL of the first two."""
    port, heartbeat = settings.metrics_port, settings.heartbeat_url
    async with AsyncExitStack() as stack:
        if port is None and heartbeat is None:
            yield None
            return
        pool = await stack.enter_async_context(
            # One is the leader's of the heartbeat, or of whoever waits to lead.
            open_projection_pool(settings.database_url, pool_size=3, role="remit_auditor")
        )
        if heartbeat is not None:
            beating = Heartbeat(pool, client, heartbeat.get_secret_value(), limits(settings))
            task = asyncio.create_task(beating.run(settings.heartbeat_seconds))
            stack.push_async_callback(_cancelled, task)
        url = None
        if port is not None:
            url = await stack.enter_async_context(
                internal_port(
                    metrics,
                    pool,
                    client,
                    host=settings.metrics_host,
                    port=port,
                    seconds=settings.metrics_seconds,
                )
            )
            _logger.info("figures and health at %s", url)
        yield url


def limits(settings: Settings) -> Limits:
    """Beyond which all is not well."""
    signing = settings.audit_key_file is not None
    rounds = timedelta(seconds=_ROUNDS * settings.audit_checkpoint_seconds)
    return Limits(
        lag=timedelta(seconds=settings.heartbeat_lag_seconds),
        unsent=timedelta(seconds=settings.heartbeat_unsent_seconds),
        uncovered=rounds if signing else None,
    )


def told(settings: Settings, file: Path | None = None) -> None:
    """Have this process log as the settings say, to the file or to standard error, Temporal's core included."""
    log_lines(log_format=settings.log_format, secrets=secrets_of(settings), file=file)
    port = settings.temporal_metrics_port
    temporal_runtime(None if port is None else f"{settings.metrics_host}:{port}")


async def _promote(client: Client, version: WorkerDeploymentVersion) -> None:
    if await promote_the_first(client, version):
        _logger.info("%s is the first version of the workers", version.to_canonical_string())


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def _run_until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings):
        logging.info("working on task queue %s", settings.temporal_task_queue)
        await stop.wait()


def main() -> None:
    """Work until SIGINT or SIGTERM, then finish what is under way."""
    settings = Settings()  # pyright: ignore[reportCallIssue] - from the environment
    told(settings)
    asyncio.run(_run_until_stopped(settings))
    logging.shutdown()
    # A thread of Temporal's client may call into Python while that is taken down, which aborts the
    # process (temporalio/sdk-python#300).
    os._exit(0)


if __name__ == "__main__":
    main()
