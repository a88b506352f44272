"""The run itself: workers that are killed at random while notices go out, and started again."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random

from temporalio.client import Client

from activities.contracts import NudgeRequest
from activities.courier import GRACE
from activities.nudge import NudgeActivity
from bench.deployed import WorkerProcess
from bench.kills.commissions import GIVEN_BY_EACH, Commissions, commissions
from bench.kills.findings import Account, Findings, findings
from bench.kills.receivers import Receipts, Receivers, receivers

_WORKERS = 2
_RECEIPTS = (5, 80)
"""So many messages are accepted from one kill to the next, drawn from these."""
_MOST_AHEAD = 1000
"""So many notices may be given and not yet accepted, but for those of instructions that still live: a slow machine
is asked for no more than it can deliver."""
_SECONDS = 0.1
"""After the last of them up to so much time passes, drawn too: a kill may meet anything that goes on."""


async def kill_while_delivering(
    *,
    database_url: str,
    client: Client,
    temporal_address: str,
    kills: int,
    seed: int,
    side_by_side: int,
    patience: timedelta,
    in_a_hurry: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Findings:
    """Charge instructions until so many workers were killed, wait until everything is delivered, and count.

    Args:
        database_url: an empty database, as its superuser.
        side_by_side: so many instructions are watched at a time.
        patience: how long to wait for the last outcome. What has none by then is counted as missing.
        in_a_hurry: in the end all workers are stopped, so that nobody can be sending, and what is left is
            handed over at once, not after minutes.
        progress: told how many were killed, of how many.
    """
    random = Random(seed)  # noqa: S311 - for choosing, not for secrets
    async with AsyncExitStack() as stack:
        told = await stack.enter_async_context(receivers())
        charges = await stack.enter_async_context(commissions(database_url, client, told))
        settings = _settings(charges, told, database_url, temporal_address)
        async with _working(settings) as workers:
            killed_at = await _under_fire(
                charges, workers, told.receipts, kills, random, side_by_side, progress
            )
            if in_a_hurry:
                await _given_all(charges, patience)
                await _started_afresh(workers)
                await _hand_over(charges)
            account = await _settled(charges, patience)
    expected = GIVEN_BY_EACH * len(charges.charged)
    return findings(account, told.receipts, expected=expected, killed_at=killed_at)


def _settings(
    charges: Commissions, told: Receivers, database_url: str, temporal_address: str
) -> dict[str, str]:
    return {
        "REMIT_DATABASE_URL": database_url,
        "REMIT_TEMPORAL_ADDRESS": temporal_address,
        "REMIT_TEMPORAL_TASK_QUEUE": charges.task_queue,
        "REMIT_SMTP_HOST": "127.0.0.1",
        "REMIT_SMTP_PORT": str(told.mail_port),
        "REMIT_SMTP_STARTTLS": "false",
        "REMIT_WEBHOOK_NETWORKS": "127.0.0.1/32",
    }


@asynccontextmanager
async def _working(settings: dict[str, str]) -> AsyncGenerator[Sequence[WorkerProcess]]:
    async with AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(WorkerProcess(settings)) for _ in range(_WORKERS)
        ]
        await asyncio.gather(*(worker.until_ready() for worker in workers))
        yield workers


async def _under_fire(
    charges: Commissions,
    workers: Sequence[WorkerProcess],
    receipts: Receipts,
    kills: int,
    random: Random,
    side_by_side: int,
    progress: Callable[[int, int], None],
) -> Sequence[float]:
    """Answers when each kill was (monotonic). All that is charged meanwhile has lived to its last moment."""
    done = asyncio.Event()

    async def charge_one_after_the_other() -> None:
        while not done.is_set():
            lived = GIVEN_BY_EACH * (len(charges.charged) - side_by_side)
            await receipts.until(lived - _MOST_AHEAD)
            await charges.one()

    killed_at: list[float] = []
    async with asyncio.TaskGroup() as charging:
        for _ in range(side_by_side):
            charging.create_task(charge_one_after_the_other())
        while len(killed_at) < kills:
            await receipts.until(receipts.total + random.randint(*_RECEIPTS))
            await asyncio.sleep(random.uniform(0, _SECONDS))
            victim = random.choice([one for one in workers if one.is_ready] or workers)
            await victim.until_ready()
            await victim.kill()
            killed_at.append(time.monotonic())
            await victim.start()
            progress(len(killed_at), kills)
        done.set()
    return killed_at


async def _started_afresh(workers: Sequence[WorkerProcess]) -> None:
    """What the old ones were sending is settled, or handed over, by then."""
    await asyncio.gather(*(worker.stop() for worker in workers))
    await asyncio.gather(*(worker.start() for worker in workers))


async def _given_all(charges: Commissions, patience: timedelta) -> None:
    """Wait until all moments have fired."""
    account = Account(store=charges.store)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience.total_seconds()):
            while True:
                await account.read_on()
                if account.given.total() >= GIVEN_BY_EACH * len(charges.charged):
                    return
                await asyncio.sleep(0.5)


async def _hand_over(charges: Commissions) -> None:
    """The watchdog's look, brought forward."""
    dog = NudgeActivity(charges.store, charges.client, charges.task_queue)
    await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC) + 2 * GRACE))


async def _settled(charges: Commissions, patience: timedelta) -> Account:
    """What the log says once each notice has an outcome, or there is no patience left."""
    account = Account(store=charges.store)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience.total_seconds()):
            while account.settled < GIVEN_BY_EACH * len(charges.charged):
                await asyncio.sleep(1)
                await account.read_on()
    return account
