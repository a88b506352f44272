"""Lives through the web for a while, and the resident memory of the worker and the web meanwhile."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access.pool import open_access_pool
from access.scopes import SCOPES
from access.tokens import ApiTokens
from bench.conducting import lives
from bench.deployed import DeployedProcess, WebProcess, WorkerProcess
from bench.servers import servers
from bench.web.ground import deployed_settings
from domain.identifiers import PersonId
from domain.instruction import commands as c
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests import staging as s
from web.client import RemitClient

_PEOPLE = (s.ISSUER, s.LEAD, s.CONTROLLER)
_MEGABYTE = 1e6
_KILOBYTE = 1024
_PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """As of one moment."""

    seconds: float
    """Since the beginning."""
    commands: int
    """Acknowledged by then."""
    resident: dict[str, float]
    """Megabytes, of each process."""


@dataclass(frozen=True, kw_only=True)
class Soaked:
    samples: Sequence[Sample]
    warm_up: float
    """Seconds that are left out."""

    @property
    def after_warm_up(self) -> Sequence[Sample]:
        return [one for one in self.samples if one.seconds >= self.warm_up]

    def slope(self, process: str) -> float:
        """By how many megabytes its resident memory grows with 10⁴ commands, after the warm-up: least squares."""
        measured = self.after_warm_up
        found = statistics.linear_regression(
            [one.commands / 1e4 for one in measured], [one.resident[process] for one in measured]
        )
        return found.slope

    @property
    def rate(self) -> float:
        """Commands a second, after the warm-up."""
        first, last = self.after_warm_up[0], self.after_warm_up[-1]
        return (last.commands - first.commands) / (last.seconds - first.seconds)


async def soak(
    *,
    duration: timedelta,
    warm_up: timedelta,
    every: timedelta,
    clients: int,
    progress: Callable[[Sample], None] = lambda _: None,
) -> Soaked:
    """Each client lives one life after the other: eight commands, and the history and a page of the register looked at in between.

    Args:
        every: memory is looked at so often.
        progress: told of each look.
    """
    samples: list[Sample] = []
    acknowledged = 0
    async with AsyncExitStack() as stack:
        postgres, temporal, folder = stack.enter_context(servers())
        url = postgres.database_url
        await migrate(url)
        tokens = await _tokens(url)
        settings = deployed_settings(url, temporal.address, folder)
        processes: dict[str, DeployedProcess] = {
            "worker": await stack.enter_async_context(WorkerProcess(settings)),
            "web": await stack.enter_async_context(WebProcess(settings)),
        }
        for one in processes.values():
            await one.until_ready()
        asking = {
            person: await stack.enter_async_context(
                RemitClient(
                    f"http://127.0.0.1:{settings['REMIT_WEB_PORT']}", token, patience=_PATIENCE
                )
            )
            for person, token in tokens.items()
        }
        begun, done = time.monotonic(), asyncio.Event()

        async def client() -> None:
            nonlocal acknowledged
            while not done.is_set():
                number = lives.new_number()
                for command in lives.whole_life(number):
                    await asking[command.actor].send(command)
                    acknowledged += 1
                    await _look(asking[s.ISSUER], number, command)

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
            while (passed := time.monotonic() - begun) < duration.total_seconds():
                samples.append(
                    Sample(
                        seconds=passed,
                        commands=acknowledged,
                        resident={name: _resident(one.pid) for name, one in processes.items()},
                    )
                )
                progress(samples[-1])
                await asyncio.sleep(every.total_seconds())
            done.set()
    return Soaked(samples=samples, warm_up=warm_up.total_seconds())


async def _look(client: RemitClient, number: str, after: c.ClientCommand) -> None:
    """As people do between two commands."""
    match after:
        case c.Assign():
            async for _ in client.events(number):
                pass
        case c.SubmitReport():
            await client.instruction(number)
        case _:
            return


async def _tokens(url: str) -> dict[PersonId, str]:
    """The directory set up, and a token of each who acts."""
    async with (
        PostgresEventStore.open(url) as store,
        PostgresPersonStore.open(url) as persons,
        open_access_pool(url) as access,
    ):
        await s.stage(CommandHandler(store, tzdata=s.TZDATA), persons)
        tokens, ends = ApiTokens(access), datetime.now(UTC) + timedelta(days=1)
        return {
            person: await tokens.create(person, label="soak", scopes=SCOPES, expires_at=ends)
            for person in _PEOPLE
        }


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(kilobytes) * _KILOBYTE / _MEGABYTE
