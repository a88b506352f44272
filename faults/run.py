"""One run: clients and faults for a while, then the settling, then the checks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg

from activities.contracts import NudgeRequest
from activities.courier import GRACE
from activities.nudge import NudgeActivity
from bench.kills.findings import Account as Notices
from eventstore.connections import DATABASE_LOST
from eventstore.postgres import PostgresEventStore
from faults import checks, proofs
from faults.asking import Lost, ask
from faults.driver import Driver
from faults.evidence import Evidence, evidence
from faults.ground import TASK_QUEUE, Ground
from faults.kinds import KINDS, Kind
from faults.lives import DUE_IN
from faults.reader import runs_of
from faults.storm import LONGEST_CALM, Storm
from readmodels.checkpoints import seen_by_all
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from simulation.checked import Check

Progress = Callable[[float, Storm], None]
_NOTICES = "notices without an outcome"
PROOFS = ("notices", "read-models", "tree")
_SOON = 0.5
_GRACE = 3.0
"""Seconds in which notices may go out by themselves."""
_LEFT = """
    select
        (select count(*) from remit.streams where not closed and next_wake is not null) as moments,
        (select count(*) from remit.outbox where settled_at is null) as notices,
        (select position from remit.counter) as head,
        (select coalesce(max(size), 0) from audit.checkpoints) as signed
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    seed: int
    clients: int
    seconds: float
    """For which faults are drawn."""
    pause: float = 0.2
    kinds: Sequence[Kind] = KINDS
    last: Kind | None = None
    """One more, as soon as the clients have ended."""
    patience: float = 420
    """Seconds for the settling: the last due moments lie minutes ahead, and the notices of a killed process are another's
    after its grace."""
    tolerance: timedelta = timedelta(minutes=5)
    """By which a moment may fire late."""
    longest_calm: float = LONGEST_CALM
    due_in: tuple[float, float] = DUE_IN
    in_a_hurry: bool = False
    """In the end the watchdog's look at notices is brought forward; no due moment that lies ahead is waited for."""
    proofs: Collection[str] = PROOFS
    """What takes longest to wait for, and to check: which of it is."""


@dataclass(frozen=True, kw_only=True)
class Run:
    plan: Plan
    driver: Driver
    storm: Storm
    log: Evidence
    verdicts: Mapping[str, Check]
    """By the invariant's name."""
    settled_in: float
    """Seconds."""
    ended: Mapping[str, int]
    """By process, how often it ended by itself and was started again."""


def _nobody(seconds: float, storm: Storm) -> None:
    del seconds, storm


async def run(
    ground: Ground,
    plan: Plan,
    progress: Progress = _nobody,
    *,
    over: Callable[[], object] = lambda: None,
    afterwards: Callable[[Ground], Awaitable[None]] | None = None,
) -> Run:
    """Raises `Lost` if PostgreSQL cannot be read any more.

    Args:
    over: called when no more faults come.
    afterwards: done to the ground when all is settled, before the checks.
    """
    since = await _head(ground)
    driver = Driver(
        doors=ground.doors,
        name=ground.name,
        seed=plan.seed,
        clients=plan.clients,
        pause=plan.pause,
        due_in=plan.due_in,
    )
    storm = Storm(
        ground=ground,
        driver=driver,
        seed=plan.seed,
        kinds=plan.kinds,
        longest_calm=plan.longest_calm,
    )
    clients = asyncio.create_task(driver.run())
    telling = asyncio.create_task(_tell(driver, storm, progress))
    try:
        await storm.run(plan.seconds)
        over()
        driver.stop()
        await asyncio.wait([clients], timeout=plan.patience)
        if plan.last is not None:
            await asyncio.sleep(_SOON)
            await storm.one(plan.last, Random(plan.seed))  # noqa: S311 - for choosing
        began = time.monotonic()
        with _reading(storm):
            unsettled = [] if storm.gave_up else await _settled(ground, plan, driver)
        settled_in = time.monotonic() - began
        if afterwards is not None:
            await afterwards(ground)
    finally:
        telling.cancel()
        clients.cancel()
        (ended,) = await asyncio.gather(clients, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended
    with _reading(storm):
        log = await evidence(ground.database_url, since)
        found = await _verdicts(ground, plan, driver, storm, log, unsettled)
    return Run(
        plan=plan,
        driver=driver,
        storm=storm,
        log=log,
        verdicts=found,
        settled_in=settled_in,
        ended={one.name: one.ended for one in ground.processes if one.ended},
    )


@contextmanager
def _reading(storm: Storm) -> Generator[None]:
    """What is read of PostgreSQL. Raises `Lost`, with what did not come up, if it cannot be."""
    try:
        yield
    except DATABASE_LOST as error:
        raise Lost("\n".join(storm.gave_up) or f"PostgreSQL cannot be read: {error}") from error


async def _verdicts(
    ground: Ground,
    plan: Plan,
    driver: Driver,
    storm: Storm,
    log: Evidence,
    unsettled: Sequence[str],
) -> Mapping[str, Check]:
    told = driver.account
    found = [
        checks.acknowledged(told, log),
        checks.asked_for(told, log),
        checks.refused(told, log),
        checks.one_body(told),
        checks.streams(log),
        checks.positions(log),
        checks.recorded_times(log),
        proofs.readers(runs_of(ground.seen), log.counter),
        checks.moments(log, plan.tolerance),
        proofs.recovery(storm.calms, storm.longest_calm, [*storm.gave_up, *unsettled]),
    ]
    if "notices" in plan.proofs:
        async with PostgresEventStore.open(ground.database_url, role="remit_auditor") as store:
            given = Notices(store=store)
            await given.read_on()
        found.append(checks.notices(given))
    if "read-models" in plan.proofs:
        found.append(await proofs.read_models(ground.database_url))
    if "tree" in plan.proofs:
        found.append(await proofs.tree(ground, log))
    return {check.what.partition(":")[0]: check for check in found}


async def _settled(ground: Ground, plan: Plan, driver: Driver) -> list[str]:
    """Wait until nothing is left to be done; answers what is all the same, when patience is over."""
    began = time.monotonic()
    deadline = began + plan.patience
    left = ["nothing was looked at"]
    handed_over = False
    async with (
        PostgresEventStore.open(ground.database_url) as store,
        open_projection_pool(ground.database_url, role="remit_auditor") as pool,
    ):
        watchdog = NudgeActivity(store, ground.client, TASK_QUEUE)
        while left and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            left = await _left(ground, plan, driver, pool)
            hurried = plan.in_a_hurry and time.monotonic() > began + _GRACE
            if hurried and not handed_over and any(_NOTICES in one for one in left):
                handed_over = True
                await _afresh(ground)
                await watchdog.nudge_unattended(NudgeRequest(at=datetime.now(UTC) + 2 * GRACE))
    return left


async def _afresh(ground: Ground) -> None:
    """All that the workers were sending is settled, or handed over, by then."""
    for worker in ground.workers:
        async with worker.lock:
            await worker.restart()


async def _left(
    ground: Ground, plan: Plan, driver: Driver, pool: "asyncpg.Pool[asyncpg.Record]"
) -> list[str]:
    row = await pool.fetchrow(_LEFT)
    assert row is not None
    applied = await seen_by_all(pool, [projection.name for projection in PROJECTIONS])
    seen = runs_of(ground.seen)
    unknown = sum(one.told_at is None for one in driver.account.told)
    counts = {
        "commands whose outcome is unknown": unknown,
        "streams with a due moment": 0 if plan.in_a_hurry else row["moments"],
        _NOTICES: row["notices"] if "notices" in plan.proofs else 0,
        "events that a read model has not applied": row["head"] - applied
        if "read-models" in plan.proofs
        else 0,
        "events that no checkpoint covers": row["head"] - row["signed"]
        if "tree" in plan.proofs
        else 0,
        "events that the reader has not seen": row["head"] - (seen[-1].stop - 1 if seen else 0),
    }
    return [f"not settled in {plan.patience:.0f} s: {n} {what}" for what, n in counts.items() if n]


async def _tell(driver: Driver, storm: Storm, progress: Progress) -> None:
    while True:
        progress(driver.now(), storm)
        await asyncio.sleep(0.5)


async def _head(ground: Ground) -> int:
    return (await ask(ground.database_url, "select position from remit.counter"))[0]["position"]
