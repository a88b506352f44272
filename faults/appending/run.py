"""The store's run: appenders and a reader, and what is done to them until there are events enough."""

import asyncio
import math
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

import asyncpg

from faults import clocks
from faults.appending.checks import checked, recovery
from faults.appending.client import READY
from faults.asking import ask
from faults.ground import NOTHING, Planted, Servers, copied, process
from faults.planted import in_database
from faults.reader import READY as READING
from faults.reader import runs_of
from faults.victims import Server, Victim
from simulation.checked import Check

_REST = (1.0, 4.0)
"""Seconds from one fault to the next."""
_STARTED, _READ = 300.0, 30.0
"""Seconds within which the first event is there, and the reader has come to the last; the latter at most as much as a run has."""
_SESSIONS = """
    select pg_terminate_backend(pid) from (
        select pid from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
        order by (state = 'active' and query like '%remit.append%') desc, random() limit $1
    ) s
"""
_BACKEND = """
    select pid from pg_stat_activity
    where datname = current_database() and query like '%remit.append%' and pid <> pg_backend_pid()
    order by random() limit 1
"""
KINDS: Mapping[str, int] = {
    "appender killed": 5,
    "sessions ended": 8,
    "a backend killed": 2,
    "PostgreSQL killed": 1,
    "the log's clock went back": 3,
    "reader killed": 2,
}
"""With their weights."""


@dataclass(frozen=True, kw_only=True)
class StorePlan:
    seed: int
    events: int | None = None
    """That it must come to; by default it ends after its seconds, however many there are by then."""
    seconds: float = 600
    """At most."""
    processes: int = 4
    clients: int = 48
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)


@dataclass(frozen=True, kw_only=True)
class StoreRun:
    events: int
    seconds: float
    """In which they were appended."""
    faults: Mapping[str, int]
    verdicts: Mapping[str, Check]


def _nobody(events: int) -> None:
    del events


async def run_store(
    servers: Servers,
    template: str,
    plan: StorePlan,
    *,
    planted: Planted = NOTHING,
    progress: Callable[[int], None] = _nobody,
) -> StoreRun:
    """On a database of its own."""
    name = f"store_{uuid4().hex[:8]}"
    folder = servers.folder / name
    folder.mkdir()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(copied(servers, template, name))
        await _emptied(url)
        if planted.in_database is not None:
            await in_database.plant(url, planted.in_database)

        def appender(number: int) -> Victim:
            arguments = [url, f"appender-{number}", str(plan.seed), str(plan.clients), str(folder)]
            return Victim(f"appender {number}", process("appender", arguments, READY, {}, planted))

        seen = folder / "seen"
        reading = process("reader", [url, str(seen)], READING, {}, planted)
        reader = await stack.enter_async_context(Victim("reader", reading))
        store = _Store(servers, url, plan, appender, reader, stack)
        began = time.monotonic()
        await store.run(progress)
        seconds = time.monotonic() - began
        await store.until_read(seen)
        events = await store.head()
        went_on = recovery(events, plan.events or 1, store.lost)
        return StoreRun(
            events=events,
            seconds=seconds,
            faults=store.done,
            verdicts={**await checked(url, folder, seen), "recovery": went_on},
        )


class _Store:
    def __init__(
        self,
        servers: Servers,
        url: str,
        plan: StorePlan,
        appender: Callable[[int], Victim],
        reader: Victim,
        stack: AsyncExitStack,
    ) -> None:
        self._postgres = Server.of_postgres(servers.postgres)
        self._url = url
        self._plan = plan
        self._appender = appender
        self._reader = reader
        self._stack = stack
        self._random = Random(f"{plan.seed} store")  # noqa: S311 - for choosing, not for secrets
        self._appenders: list[Victim] = []
        self._started = 0
        self.done: dict[str, int] = {}
        self.lost: list[str] = []
        """Of appenders that did not end when they were told to, and of any process that did not come up again."""

    async def run(self, progress: Callable[[int], None]) -> None:
        for _ in range(self._plan.processes):
            self._appenders.append(await self._another())
        kinds, weights = [*self._plan.kinds], [*self._plan.kinds.values()]
        async with asyncio.timeout(_STARTED):
            await self._begun()
        deadline = time.monotonic() + self._plan.seconds
        wanted = math.inf if self._plan.events is None else self._plan.events
        while (head := await self.head()) < wanted and time.monotonic() < deadline:
            progress(head)
            await asyncio.sleep(self._random.uniform(*_REST))
            if kinds:
                (kind,) = self._random.choices(kinds, weights)
                await self._do(kind)
                self.done[kind] = self.done.get(kind, 0) + 1
        await clocks.turn(self._url, 0)
        await asyncio.gather(*(appender.stop() for appender in self._appenders))
        self._note_lost(*self._appenders, self._reader)
        progress(await self.head())

    def _note_lost(self, *victims: Victim) -> None:
        self.lost += [one.lost for one in victims if one.lost is not None]

    async def _begun(self) -> None:
        """Wait for the first event."""
        while True:
            if await self.head():
                return
            await asyncio.sleep(0.1)

    async def head(self) -> int:
        return (await ask(self._url, "select position from remit.counter"))[0]["position"]

    async def until_read(self, seen: Path) -> None:
        """Wait until the reader has come to the head, or to no further."""
        head, deadline = await self.head(), time.monotonic() + min(_READ, self._plan.seconds)
        while time.monotonic() < deadline:
            runs = await asyncio.to_thread(runs_of, seen)
            if runs and runs[-1].stop > head:
                return
            await asyncio.sleep(0.2)

    async def _another(self) -> Victim:
        """Each has a name of its own: what a killed one did not live to hear is settled by nobody."""
        self._started += 1
        return await self._stack.enter_async_context(self._appender(self._started))

    async def _do(self, kind: str) -> None:
        random = self._random
        match kind:
            case "appender killed":
                victim = random.randrange(len(self._appenders))
                await self._appenders[victim].end()
                self._note_lost(self._appenders[victim])
                self._appenders[victim] = await self._another()
            case "reader killed":
                async with self._reader.lock:
                    await self._reader.kill(random.uniform(0, 1))
            case "PostgreSQL killed":
                await self._postgres.kill(signal.SIGKILL, 0)
            case "the log's clock went back":
                await clocks.turn(self._url, -random.uniform(60, 600))
                await asyncio.sleep(1)
                await clocks.turn(self._url, 0)
            case "sessions ended":
                await ask(self._url, _SESSIONS, random.choice((1, 2, 8)))
            case "a backend killed":
                for backend in await ask(self._url, _BACKEND):
                    self._postgres.kill_child(backend["pid"])
            case _:
                raise LookupError(kind)


async def _emptied(url: str) -> None:
    """Of the staged directory: here positions begin at 1."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "alter table remit.events disable trigger append_only;"
            "alter table remit.commands disable trigger append_only;"
            "truncate remit.events, remit.streams, remit.commands, remit.outbox;"
            "alter table remit.events enable always trigger append_only;"
            "alter table remit.commands enable always trigger append_only;"
            "update remit.counter set position = 0, recorded_at = '-infinity'"
        )
    finally:
        await connection.close()
