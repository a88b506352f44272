"""The upgrade itself: both versions at work on one log, one Temporal and a thousand open instructions."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError

from activities.nudge import nudge
from activities.worker_versions import on_version, promote
from bench.commenting import Account, Commenting
from bench.deployed import WebProcess, WorkerProcess, remit
from bench.opening import DUE_MOMENTS, SOON, open_instructions
from bench.rolling.findings import Findings, findings, fired, head
from bench.rolling.next_version import BUILD_ID, make_next_version
from bench.servers import servers
from bench.web.ground import TASK_QUEUE, deployed_settings, free_port, staged
from domain.identifiers import instruction_id
from eventstore.migrate import migrate
from eventstore.postgres import PostgresEventStore
from workflows.client import connect
from workflows.watchdog import WATCHDOG_SCHEDULE

_DEPLOYMENT = "remit"
_SOONEST = timedelta(seconds=5)
_LEARNT = 6
"""Seconds in which every process has seen that the upgrade is finished."""
_MOVED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    seconds: dict[str, float]
    """What each step took."""
    findings: Findings


async def upgrade(
    *,
    instructions: int,
    clients: int,
    seed: int = 1,
    hurry: bool = False,
    due_within: timedelta = timedelta(minutes=4),
    progress: Callable[[str], None] = lambda _: None,
) -> Upgraded:
    """Open so many instructions by this version, and bring all to the next while clients comment and deadlines pass.

    Args:
        hurry: trigger the watchdog's look instead of waiting for its minute.
        due_within: deadlines are spread over so much time.
        progress: told what is done next.
    """
    account, seconds, begun = Account(), dict[str, float](), datetime.now(UTC)

    def next_step(what: str) -> None:
        nonlocal begun
        now = datetime.now(UTC)
        if seconds:
            seconds[[*seconds][-1]] = (now - begun).total_seconds()
        seconds[what], begun = 0.0, now
        progress(what)

    async with AsyncExitStack() as stack:
        postgres, temporal, folder = stack.enter_context(servers())
        url = postgres.database_url
        tree = folder / "next"
        make_next_version(tree)
        await migrate(url)
        client = await connect(temporal.address)
        old = deployed_settings(url, temporal.address, folder) | {
            "REMIT_WORKER_DEPLOYMENT": _DEPLOYMENT,
            "REMIT_WORKER_BUILD_ID": "this",
        }
        new = old | {"REMIT_WORKER_BUILD_ID": BUILD_ID, "REMIT_WEB_PORT": str(free_port())}

        next_step("open instructions by this version")
        old_worker = await stack.enter_async_context(WorkerProcess(old))
        await old_worker.until_ready()
        random = Random(seed)  # noqa: S311 - for choosing, not for secrets
        async with PostgresEventStore.open(url) as store:
            token = (await staged(url, store)).issuer
            first = datetime.now(UTC) + _SOONEST
            deadlines = [first + random.uniform(0, 1) * due_within for _ in range(instructions)]
            numbers = await open_instructions(store, deadlines, policy=SOON)
        await nudge(client, TASK_QUEUE, [instruction_id(number) for number in numbers])
        commenting = Commenting(token, numbers, account, seed)

        next_step("this version alone")
        old_web = await stack.enter_async_context(WebProcess(old))
        await old_web.until_ready()
        commenting.webs = [_url(old)]
        async with commenting.going_on(clients):
            await asyncio.sleep(2 if hurry else 10)

            next_step("migrate, and start the next version beside")
            await remit(new, "migrate", tree=tree)
            new_worker = await stack.enter_async_context(WorkerProcess(new, tree=tree))
            await new_worker.until_ready()
            new_web = await stack.enter_async_context(WebProcess(new, tree=tree))
            await new_web.until_ready()
            commenting.webs.append(_url(new))
            refused = await remit(new, "migrate", "--finish", code=2, tree=tree)

            next_step("promote, and wait until all have moved")
            await _promoted(client)
            await _all_moved(client, instructions, hurry=hurry)

            next_step("stop this version")
            commenting.webs = [_url(new)]
            await old_web.stop()
            await old_worker.stop()

            next_step("finish")
            before = await head(url)
            await remit(new, "migrate", "--finish", tree=tree)
            await asyncio.sleep(_LEARNT)

        next_step("a comment on each")
        await commenting.on_each(clients)
        next_step("until the last due moment")
        await _all_fired(url, instructions)
        next_step("read models against the log")
        await remit(new, "readmodels", "check", tree=tree)
        next_step("")
        del seconds[""]
        return Upgraded(
            seconds=seconds,
            findings=await findings(
                url,
                client,
                account.acknowledged,
                account.errors,
                deployment=_DEPLOYMENT,
                numbers=numbers,
                finished_after=before,
                refused_to_finish=refused,
            ),
        )


def _url(settings: dict[str, str]) -> str:
    return f"http://127.0.0.1:{settings['REMIT_WEB_PORT']}"


async def _promoted(client: Client) -> None:
    """As soon as Temporal has seen the new workers at all task queues."""
    for _ in range(100):
        try:
            await promote(client, WorkerDeploymentVersion(_DEPLOYMENT, BUILD_ID))
        except RPCError:
            await asyncio.sleep(0.2)
        else:
            return
    raise RuntimeError("the next version could not be promoted")


async def _all_moved(client: Client, count: int, *, hurry: bool) -> None:
    deadline = datetime.now(UTC) + _MOVED_WITHIN
    new = WorkerDeploymentVersion(_DEPLOYMENT, BUILD_ID)
    while (moved := await on_version(client, new)) < count:
        if datetime.now(UTC) > deadline:
            raise RuntimeError(f"{moved} of {count} have moved within {_MOVED_WITHIN}")
        if hurry:
            await client.get_schedule_handle(WATCHDOG_SCHEDULE).trigger()
        await asyncio.sleep(1)


async def _all_fired(url: str, count: int) -> None:
    """Longer than the last one may be off: then it is lost, and found missing."""
    for _ in range(300):
        if await fired(url) >= count * len(DUE_MOMENTS):
            return
        await asyncio.sleep(1)
