"""The worker process: composition root of everything that runs behind Temporal's task queue."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import get_args

import asyncpg
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

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
from audit.keeper import Keeper
from audit.keys import read_key
from audit.outside import OutsideStore
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from eventstore.subscription import listening
from notifications.channel import Channel
from notifications.email import EmailChannel
from notifications.log import LogChannel
from notifications.services import ServiceChannel
from notifications.webhook import WebhookChannel
from objectstore.location import open_objects
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector, open_projection_pool
from settings import Serving, Settings, use_bundled_time_zones
from workflows.client import connect
from workflows.digests import DigestsWorkflow
from workflows.instruction import InstructionWorkflow
from workflows.postman import PostmanWorkflow
from workflows.recurrence import RecurrenceWorkflow
from workflows.schedules import schedule_all
from workflows.watchdog import WatchdogWorkflow

_WORKFLOWS = [
    InstructionWorkflow,
    RecurrenceWorkflow,
    WatchdogWorkflow,
    PostmanWorkflow,
    DigestsWorkflow,
]
DRAIN = timedelta(seconds=LONGEST_WAIT + LONGEST_ATTEMPT)
"""So long a sending takes at most that is under way when the worker is told to stop."""

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
        sealer=Sealer(read_keys(file)) if file else None, asserted=settings.asserted_commands
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
    admission: Admission = _ANYBODY,
) -> AsyncGenerator[None]:
    """A worker for all workflows, and one for deliveries, each with slots of its own for activities, for as long as
    the block runs. `pool` is of the read models.

    On leaving, activities and deliveries under way have the time `drain` to end. With `eager`, Temporal
    hands an activity to the worker with the answer to its workflow task, not by way of the task queue.
    `serves`: which of both. `admission`: whose commands are taken.
    """
    handler = CommandHandler(store, tzdata=tzdata)
    sender = NoticeSender(handler, store, persons, channels, in_doubt=sendings_in_doubt)
    async with Courier(sender, client, task_queue, drain=drain) as courier:
        record = RecordActivity(handler, courier, client, task_queue, admission)
        deliver = DeliverActivity(sender, store)
        nudge = NudgeActivity(store, client, task_queue)
        postman = PostmanActivity(sender, store)
        digests = DigestsActivity(handler, store, pool, sender)
        workers: list[Worker] = []
        if "commands" in serves:
            workers.append(
                Worker(
                    client,
                    task_queue=task_queue,
                    workflows=_WORKFLOWS,
                    activities=[record.record, nudge.nudge_unattended],
                    max_cached_workflows=max_cached_workflows,
                    disable_eager_activity_execution=not eager,
                    graceful_shutdown_timeout=drain,
                    # Its checks cost two milliseconds of every Update. Tests replay every history within it.
                    workflow_runner=UnsandboxedWorkflowRunner(),
                )
            )
        if "deliveries" in serves:
            workers.append(
                Worker(
                    client,
                    task_queue=deliveries_of(task_queue),
                    activities=[deliver.deliver, postman.deliver_released, digests.send_digests],
                    graceful_shutdown_timeout=drain,
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
async def running(settings: Settings) -> AsyncGenerator[None]:
    """All that this process does, for as long as the block runs.

    Raises what the servers raise if PostgreSQL or Temporal cannot be reached at the start.
    """
    tzdata, admission = use_bundled_time_zones(), admission_of(settings)
    async with AsyncExitStack() as stack:
        client = await connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            api_key=settings.temporal_api_key.get_secret_value()
            if settings.temporal_api_key
            else None,
            tls=settings.temporal_tls,
        )
        store = await stack.enter_async_context(
            PostgresEventStore.open(settings.database_url, pool_size=settings.database_pool_size)
        )
        persons = await stack.enter_async_context(PostgresPersonStore.open(settings.database_url))
        pool = await stack.enter_async_context(
            # Each leader keeps one; one is for who waits to lead, one for digests.
            open_projection_pool(settings.database_url, pool_size=len(PROJECTIONS) + 2)
        )
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
                admission=admission,
            )
        )
        yield


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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_run_until_stopped(Settings()))  # pyright: ignore[reportCallIssue] - from the environment
    logging.shutdown()
    # A thread of Temporal's client may call into Python while that is taken down, which aborts the
    # process (temporalio/sdk-python#300).
    os._exit(0)


if __name__ == "__main__":
    main()
