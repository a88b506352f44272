"""The planted bugs, and the short run that must tell of each: docs/faults.md has the same list in words."""

import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import asyncpg

from faults.appending.run import StorePlan, run_store
from faults.ground import NOTHING, Ground, Planted, Servers, ground
from faults.kinds import LOST_OF_WORKER, Kind, named
from faults.run import PROOFS, Plan, run
from simulation.checked import Check

Role = Literal["database", "worker", "web", "reader", "appender", "afterwards"]
_GOES = 3
"""For as long as it is not told, each drawn by another seed: whether a kill meets what shows the bug is chance."""
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
    says: str
    """What it must say, in these words: a finding of another kind does not count."""
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
    def setting(self) -> Hashable:
        """What is done, but for the bug: trials with the same have one control."""
        weights = None if self.store is None else (*self.store.items(),)
        return weights, self.kinds, self.last, self.seconds

    @property
    def afterwards(self) -> Callable[[Ground], Awaitable[None]] | None:
        return _altered if self.role == "afterwards" else None


@dataclass(frozen=True, kw_only=True)
class Tried:
    trial: Trial
    seed: int
    findings: Sequence[str]
    """Of the check that must tell."""
    without: Sequence[str]
    """What the same check said in these words where the same was done without the bug."""
    others: Sequence[str]
    """Names of the checks that told something too."""
    seconds: float

    @property
    def told(self) -> int:
        """Findings that say what they must."""
        return sum(self.trial.says in finding for finding in self.findings)

    @property
    def caught(self) -> bool:
        return bool(self.told) and not self.without

    @property
    def why_missed(self) -> str:
        """Why it does not count as caught."""
        if self.without:
            return f"found without the bug: {self.without[0]}"
        if self.findings:
            return f"“{self.trial.says}” is not said, but: {self.findings[0]}"
        return "nothing is found"


_BACKENDS = {"a backend killed": 1}
TRIALS: tuple[Trial, ...] = (
    Trial(
        bug="answers-before-commit",
        invariant="acknowledged",
        says="and is at none",
        role="appender",
        store=_BACKENDS,
    ),
    Trial(
        bug="loses-one-of-a-batch",
        invariant="acknowledged",
        says="and is at none",
        role="database",
        store={},
    ),
    Trial(
        bug="look-up-left-out",
        invariant="acknowledged",
        says="is recorded",
        role="database",
        store={},
    ),
    Trial(
        bug="version-check-left-out",
        invariant="acknowledged",
        says="was decided on version",
        role="database",
        store={},
    ),
    Trial(
        bug="web-acknowledges-at-once", invariant="acknowledged", says="told position", role="web"
    ),
    Trial(
        bug="bodies-exchanged",
        invariant="acknowledged",
        says="its body is that of another",
        role="database",
        store={},
    ),
    Trial(
        bug="new-id-for-each-attempt",
        invariant="asked-for",
        says="which nobody sent",
        role="worker",
        kinds=(LOST_OF_WORKER,),
    ),
    Trial(bug="refuses-and-records", invariant="refused", says="was refused", role="worker"),
    Trial(
        bug="hash-not-compared",
        invariant="one-body",
        says="with another body, was answered",
        role="database",
        store={},
    ),
    Trial(bug="wake-kept-late", invariant="streams", says="and replay comes to", role="database"),
    Trial(
        bug="positions-from-a-sequence",
        invariant="positions",
        says="after position",
        role="database",
        store=_BACKENDS,
    ),
    Trial(
        bug="clock-as-it-is",
        invariant="recorded-times",
        says="is recorded before the one before it",
        role="database",
        store={"the log's clock went back": 1},
    ),
    Trial(
        bug="cursor-jumps",
        invariant="readers",
        says="the reader was given",
        role="reader",
        store={"reader killed": 1},
    ),
    Trial(
        bug="fired-is-forgotten",
        invariant="due-moments",
        says="has fired or ended before",
        role="worker",
        kinds=named("worker killed"),
        seconds=25,
    ),
    Trial(
        bug="wakes-late",
        invariant="due-moments",
        says="should have fired",
        role="worker",
        seconds=15,
    ),
    Trial(
        bug="no-outbox-row",
        invariant="notices",
        says="has no outcome",
        role="database",
        kinds=(LOST_OF_WORKER,),
        seconds=30,
    ),
    Trial(
        bug="outcome-under-a-new-id",
        invariant="notices",
        says="2 outcomes",
        role="worker",
        kinds=(LOST_OF_WORKER,),
        seconds=20,
    ),
    Trial(bug="forgets-a-type", invariant="read-models", says="differs", role="worker"),
    Trial(bug="applies-one-twice", invariant="read-models", says="differs", role="worker"),
    Trial(
        bug="checkpoint-before-rows",
        invariant="read-models",
        says="missing",
        role="worker",
        last=named("worker killed")[0],
    ),
    Trial(bug="leaf-left-out", invariant="tree", says="leaf hashes", role="worker"),
    Trial(bug="altered-afterwards", invariant="tree", says="leaf hashes", role="afterwards"),
    Trial(
        bug="keys-not-looked-up", invariant="keys", says="was given to", role="database", store={}
    ),
    Trial(
        bug="batcher-stuck",
        invariant="recovery",
        says="a client had no answer",
        role="worker",
        kinds=named("sessions ended"),
    ),
)


Verdicts = Mapping[str, Check]
"""By the invariant's name."""


@dataclass(frozen=True, kw_only=True)
class Trying:
    """Runs trials on the same servers, one after the other."""

    servers: Servers
    template: str
    tried: list[Tried] = field(default_factory=list[Tried])
    controls: dict[Hashable, Verdicts] = field(default_factory=dict[Hashable, Verdicts])
    """What was found without a bug, by what was done and its seed."""

    async def one(self, trial: Trial) -> Tried:
        told = await self._go(trial, 1)
        while told.seed < _GOES and not (told.told or told.without):
            told = await self._go(trial, told.seed + 1)
        self.tried.append(told)
        return told

    async def _go(self, trial: Trial, seed: int) -> Tried:
        control = (trial.setting, seed)
        if control not in self.controls:
            self.controls[control] = await self._run(trial, seed, NOTHING, PROOFS)
        without = self.controls[control]
        began = time.monotonic()
        found = await self._run(trial, seed, trial.planted, (trial.invariant,), trial.afterwards)
        return Tried(
            trial=trial,
            seed=seed,
            findings=found[trial.invariant].findings,
            without=[one for one in without[trial.invariant].findings if trial.says in one],
            others=[
                name for name, check in found.items() if check.findings and name != trial.invariant
            ],
            seconds=time.monotonic() - began,
        )

    async def _run(
        self,
        trial: Trial,
        seed: int,
        planted: Planted,
        proofs: Collection[str],
        afterwards: Callable[[Ground], Awaitable[None]] | None = None,
    ) -> Verdicts:
        if trial.store is not None:
            plan = StorePlan(
                seed=seed,
                processes=2,
                clients=24,
                kinds=trial.store,
                seconds=trial.seconds,
            )
            return (await run_store(self.servers, self.template, plan, planted=planted)).verdicts
        async with ground(self.servers, self.template, workers=1, planted=planted) as of:
            return (await run(of, _plan(trial, seed, proofs), afterwards=afterwards)).verdicts


def _plan(trial: Trial, seed: int, proofs: Collection[str]) -> Plan:
    return Plan(
        seed=seed,
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
        proofs=proofs,
    )
