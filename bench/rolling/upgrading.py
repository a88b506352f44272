"""The upgrade itself: both versions at work on one log, one Temporal and a thousand open instructions."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError

from activities.nudge import nudge
from activities.worker_versions import on_version, promote
from bench.conducting import lives
from bench.deployed import WebProcess, WorkerProcess
from bench.rolling.findings import DUE_MOMENTS, Findings, findings, fired, head
from bench.rolling.next_version import BUILD_ID, make_next_version
from bench.servers import servers
from bench.web.ground import TASK_QUEUE, deployed_settings, free_port, staged
from domain.identifiers import CommandId, instruction_id
from domain.outcomes import Recorded
from domain.policies import EscalationStep, Policy, ReminderRule
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.postgres import PostgresEventStore
from tests import staging as s
from web.client import NotAnswered, Refused, RemitClient
from workflows.client import connect
from workflows.watchdog import WATCHDOG_SCHEDULE

_SECOND = timedelta(seconds=1)
_POLICY = Policy(
    id="soon",
    reminders=(ReminderRule(id="after-1s", offset=_SECOND, side="after"),),
    escalation=(
        EscalationStep(id="overdue-3s", after=3 * _SECOND, since="deadline", to="controller"),
    ),
)
_DEPLOYMENT = "remit"
_OF_A_SERIES = 100
_PATIENCE = 120.0
_LEARNT = 6
"""Seconds in which every process has seen that the upgrade is finished."""
_MOVED_WITHIN = timedelta(minutes=15)
_CLI = "from cli.main import main; main()"


@dataclass
class Account:
    """What clients were told."""

    acknowledged: dict[CommandId, int] = field(default_factory=dict[CommandId, int])
    """Commands by the position that they were told."""
    errors: list[str] = field(default_factory=list[str])
    """Whatever else they were told."""


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    seconds: dict[str, float]
    """What each step took."""
    findings: Findings


class _Commenting:
    """Clients that comment on one instruction after the other, at whichever web is there."""

    def __init__(self, token: str, numbers: Sequence[str], account: Account, seed: int) -> None:
        self._token = token
        self._numbers = numbers
        self._account = account
        self._random = Random(seed)  # noqa: S311 - for choosing, not for secrets
        self.webs: list[str] = []
        self.pause = 0.0

    @asynccontextmanager
    async def going_on(self, clients: int) -> AsyncGenerator[None]:
        done = asyncio.Event()

        async def client() -> None:
            while not done.is_set():
                await self.comment(self._random.choice(self._numbers))
                await asyncio.sleep(self.pause)

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
            try:
                yield
            finally:
                done.set()

    async def comment(self, number: str) -> None:
        url = self._random.choice(self.webs)
        comment = lives.comment(number)
        async with RemitClient(url, self._token, patience=_PATIENCE) as remit:
            try:
                told = await remit.send(comment)
            except (Refused, NotAnswered) as error:
                self._account.errors.append(f"{comment.command_id}: {error}")
            else:
                self._account.acknowledged[comment.command_id] = told.position

    async def on_each(self, clients: int) -> None:
        """One on each instruction."""
        limit = asyncio.Semaphore(clients)

        async def one(number: str) -> None:
            async with limit:
                await self.comment(number)

        await asyncio.gather(*map(one, self._numbers))


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
        numbers, token = await _opened(url, instructions, seed, due_within)
        await nudge(client, TASK_QUEUE, [instruction_id(number) for number in numbers])
        commenting = _Commenting(token, numbers, account, seed)

        next_step("this version alone")
        old_web = await stack.enter_async_context(WebProcess(old))
        await old_web.until_ready()
        commenting.webs = [_url(old)]
        async with commenting.going_on(clients):
            await asyncio.sleep(2 if hurry else 10)

            next_step("migrate, and start the next version beside")
            await _remit(tree, new, "migrate")
            new_worker = await stack.enter_async_context(WorkerProcess(new, tree=tree))
            await new_worker.until_ready()
            new_web = await stack.enter_async_context(WebProcess(new, tree=tree))
            await new_web.until_ready()
            commenting.webs.append(_url(new))
            refused = await _remit(tree, new, "migrate", "--finish", code=2)

            next_step("promote, and wait until all have moved")
            await _promoted(client)
            await _all_moved(client, instructions, hurry=hurry)

            next_step("stop this version")
            commenting.webs = [_url(new)]
            await old_web.stop()
            await old_worker.stop()

            next_step("finish")
            before = await head(url)
            await _remit(tree, new, "migrate", "--finish")
            await asyncio.sleep(_LEARNT)

        next_step("a comment on each")
        await commenting.on_each(clients)
        next_step("until the last due moment")
        await _all_fired(url, instructions)
        next_step("read models against the log")
        await _remit(tree, new, "readmodels", "check")
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


async def _opened(
    url: str, count: int, seed: int, due_within: timedelta
) -> tuple[Sequence[str], str]:
    """Issued and assigned without Temporal; the numbers, and a token of the issuer."""
    random = Random(seed)  # noqa: S311 - as above
    async with PostgresEventStore.open(url) as store:
        tokens = await staged(url, store)
        handler = CommandHandler(store, tzdata=s.TZDATA)
        now = datetime.now(UTC)
        soonest = timedelta(seconds=5)
        numbers = [lives.new_number() for _ in range(count)]
        series = [
            (
                lives.issue(
                    number,
                    deadline=now + soonest + random.uniform(0, 1) * due_within,
                    policy=_POLICY,
                ),
                lives.assign(number),
            )
            for number in numbers
        ]
        for start in range(0, count, _OF_A_SERIES):
            for outcomes in await handler.handle_in_bulk(series[start : start + _OF_A_SERIES], now):
                assert all(isinstance(one, Recorded) for one in outcomes), outcomes
    return numbers, tokens.issuer


def _url(settings: dict[str, str]) -> str:
    return f"http://127.0.0.1:{settings['REMIT_WEB_PORT']}"


async def _remit(tree: Path, settings: dict[str, str], *arguments: str, code: int = 0) -> str:
    """Raises `RuntimeError` if it ends otherwise; returns what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CLI, *arguments,
        cwd=tree, env=settings,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode != code:
        raise RuntimeError(
            f"remit {' '.join(arguments)} ended with {process.returncode}: {said.decode()}"
        )
    return said.decode()


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
