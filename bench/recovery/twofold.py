"""Two Temporal clusters conduct one log by mistake, each with a worker and a web: still everything once."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from bench.commenting import Account, Commenting
from bench.deployed import WebProcess, WorkerProcess, remit
from bench.opening import DUE_MOMENTS, SOON, open_instructions
from bench.recovery.findings import Commands, DueMoments, commands, due_moments
from bench.recovery.lost import Told, all_fired
from bench.servers import servers
from bench.web.ground import deployed_settings, free_port, staged
from cli.devstack import EmbeddedTemporal
from domain.identifiers import instruction_id
from eventstore.migrate import migrate
from eventstore.postgres import PostgresEventStore

_CLIENTS = 8


@dataclass(frozen=True, kw_only=True)
class Twofold:
    instructions: int
    acknowledged: int
    errors: Sequence[str]
    moments: DueMoments
    commands: Commands

    @property
    def is_well(self) -> bool:
        return self.moments.is_well and self.commands.is_well and not self.errors


async def two_temporals(
    *, instructions: int, due_within: timedelta, seed: int = 1, told: Told = print
) -> Twofold:
    """Args:
    instructions: open in the log, each with three due moments within the run.
    due_within: over which the deadlines are spread.
    """
    random = Random(seed)  # noqa: S311 - for choosing, not for secrets
    account = Account()
    async with AsyncExitStack() as stack:
        postgres, one, folder = stack.enter_context(servers())
        other = stack.enter_context(EmbeddedTemporal(folder / "other", headless=True))
        url = postgres.database_url
        await migrate(url)
        of_one = deployed_settings(url, one.address, folder)
        both = [
            of_one,
            of_one | {"REMIT_TEMPORAL_ADDRESS": other.address, "REMIT_WEB_PORT": str(free_port())},
        ]
        told("two Temporals on one log")
        for settings in both:
            for process in (WorkerProcess(settings), WebProcess(settings)):
                await stack.enter_async_context(process)
                await process.until_ready()
        async with PostgresEventStore.open(url) as store:
            token = (await staged(url, store)).issuer
            first = datetime.now(UTC) + timedelta(seconds=15)
            deadlines = [first + random.uniform(0, 1) * due_within for _ in range(instructions)]
            numbers = await open_instructions(store, deadlines, policy=SOON)
        commenting = Commenting(token, numbers, account, seed)
        commenting.webs = [f"http://127.0.0.1:{each['REMIT_WEB_PORT']}" for each in both]
        async with commenting.going_on(_CLIENTS):
            for settings in both:
                await remit(settings, "recover")
            await asyncio.sleep((first + due_within - datetime.now(UTC)).total_seconds())
        found = await all_fired(url, instructions * len(DUE_MOMENTS))
        return Twofold(
            instructions=instructions,
            acknowledged=len(account.acknowledged),
            errors=account.errors,
            moments=due_moments(found, [instruction_id(number) for number in numbers]),
            commands=await commands(url, account.acknowledged),
        )
