"""The planted bugs, and the short run that must tell of each: docs/faults.md has the same list in words."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import asyncpg

from faults.appending.run import StorePlan, run_store
from faults.ground import Ground, Planted, Servers, ground
from faults.kinds import LOST_OF_WORKER, Kind, named
from faults.run import Plan, run

Role = Literal["database", "worker", "web", "reader", "appender", "afterwards"]
_SEED = 1
_CLIENTS = 16
_SECONDS = 8.0
_PATIENCE = 12.0
_CALM = 15.0
_DUE_IN = (3.0, 8.0)
_TOLERANCE = timedelta(seconds=3)
_ALTER = """
    alter table remit.events disable trigger append_only;
    update remit.events set body = convert_to(replace(convert_from(body, 'utf8'), 'remark', 'reMark'), 'utf8')
    where position = (select min(position) from remit.events where type = 'Commented');
    alter table remit.events enable always trigger append_only
"""


async def _altered(of: Ground) -> None:
    connection = await asyncpg.connect(of.database_url)
    try:
        await connection.execute(_ALTER)
    finally:
        await connection.close()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One bug."""

    bug: str
    invariant: str
    """Whose check must tell."""
    role: Role
    """Where it is planted."""
    kinds: Sequence[Kind] = ()
    """Of the faults that show it."""
    last: Kind | None = None
    """One more, as soon as the clients have ended."""
    store: Mapping[str, int] | None = None
    """The same with their weights, where the store alone shows it."""
    seconds: float = _SECONDS

    @property
    def planted(self) -> Planted:
        match self.role:
            case "database":
                return Planted(in_database=self.bug)
            case "afterwards":
                return Planted()
            case _:
                return Planted(in_code={self.role: self.bug})

    @property
    def afterwards(self) -> Callable[[Ground], Awaitable[None]] | None:
        return _altered if self.role == "afterwards" else None


@dataclass(frozen=True, kw_only=True)
class Tried:
    trial: Trial
    findings: Sequence[str]
    """Of the check that must tell."""
    others: Sequence[str]
    """Names of the checks that told something too."""
    seconds: float

    @property
    def caught(self) -> bool:
        return bool(self.findings)


_BACKENDS = {"a backend killed": 1}
TRIALS: tuple[Trial, ...] = (
    Trial(
        bug="answers-before-commit",
        invariant="acknowledged",
        role="appender",
        store=_BACKENDS,
    ),
    Trial(bug="loses-one-of-a-batch", invariant="acknowledged", role="database", store={}),
    Trial(bug="look-up-left-out", invariant="acknowledged", role="database", store={}),
    Trial(bug="version-check-left-out", invariant="acknowledged", role="database", store={}),
    Trial(bug="web-acknowledges-at-once", invariant="acknowledged", role="web"),
    Trial(
        bug="new-id-for-each-attempt",
        invariant="asked-for",
        role="worker",
        kinds=(LOST_OF_WORKER,),
    ),
    Trial(bug="refuses-and-records", invariant="refused", role="worker"),
    Trial(bug="hash-not-compared", invariant="one-body", role="database", store={}),
    Trial(bug="wake-kept-late", invariant="streams", role="database"),
    Trial(
        bug="positions-from-a-sequence",
        invariant="positions",
        role="database",
        store=_BACKENDS,
    ),
    Trial(
        bug="clock-as-it-is",
        invariant="recorded-times",
        role="database",
        store={"the log's clock went back": 1},
    ),
    Trial(
        bug="cursor-jumps",
        invariant="readers",
        role="reader",
        store=_BACKENDS,
    ),
    Trial(
        bug="fired-is-forgotten",
        invariant="due-moments",
        role="worker",
        kinds=named("worker killed"),
        seconds=15,
    ),
    Trial(bug="wakes-late", invariant="due-moments", role="worker", seconds=15),
    Trial(
        bug="no-outbox-row",
        invariant="notices",
        role="database",
        kinds=(LOST_OF_WORKER, *named("worker killed")),
    ),
    Trial(
        bug="outcome-under-a-new-id",
        invariant="notices",
        role="worker",
        kinds=(LOST_OF_WORKER,),
    ),
    Trial(bug="forgets-a-type", invariant="read-models", role="worker"),
    Trial(bug="applies-one-twice", invariant="read-models", role="worker"),
    Trial(
        bug="checkpoint-before-rows",
        invariant="read-models",
        role="worker",
        last=named("worker killed")[0],
    ),
    Trial(bug="leaf-left-out", invariant="tree", role="worker"),
    Trial(bug="altered-afterwards", invariant="tree", role="afterwards"),
    Trial(bug="keys-not-looked-up", invariant="keys", role="database", store={}),
    Trial(
        bug="batcher-stuck",
        invariant="recovery",
        role="worker",
        kinds=named("sessions ended"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Trying:
    """Runs trials on the same servers, one after the other."""

    servers: Servers
    template: str
    tried: list[Tried] = field(default_factory=list[Tried])

    async def one(self, trial: Trial) -> Tried:
        began = time.monotonic()
        if trial.store is not None:
            plan = StorePlan(
                seed=_SEED,
                events=1_000_000,
                processes=2,
                clients=24,
                kinds=trial.store,
                patience=trial.seconds,
            )
            found = await run_store(self.servers, self.template, plan, planted=trial.planted)
            verdicts = found.verdicts
        else:
            async with ground(self.servers, self.template, workers=1, planted=trial.planted) as of:
                verdicts = (await run(of, _plan(trial), afterwards=trial.afterwards)).verdicts
        told = Tried(
            trial=trial,
            findings=verdicts[trial.invariant].findings,
            others=[
                name
                for name, check in verdicts.items()
                if check.findings and name != trial.invariant
            ],
            seconds=time.monotonic() - began,
        )
        self.tried.append(told)
        return told


def _plan(trial: Trial) -> Plan:
    return Plan(
        seed=_SEED,
        clients=_CLIENTS,
        seconds=trial.seconds,
        pause=0.05,
        kinds=trial.kinds,
        last=trial.last,
        patience=_PATIENCE,
        tolerance=_TOLERANCE,
        longest_calm=_CALM,
        due_in=_DUE_IN,
        in_a_hurry=True,
        proofs=(trial.invariant,),
    )
