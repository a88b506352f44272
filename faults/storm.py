"""The faults of a run: drawn by its seed, two at a time, and now and then a calm in which all must go on by itself."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from faults.asking import Lost
from faults.driver import Driver
from faults.ground import Ground
from faults.kinds import KINDS, Kind
from faults.waiting import waiting

_LANES = 2
_REST = (0.5, 5.0)
"""Seconds from one fault of a lane to the next."""
_ROUND = 12
"""Faults of each lane from one calm to the next."""
LONGEST_CALM = 180.0
"""Seconds within which every client has an answer, once nothing is wrong any more. An append is tried for 60 s, and a workflow
that could not reach the log looks again after 30 s. Longest takes what Temporal does: a workflow task that a killed worker had is
given out again after 10 s, and one that is lost several times in a row only after pauses that grow."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    kind: str
    victim: str
    began: float
    """Seconds since the run began."""
    ended: float


@dataclass(frozen=True, kw_only=True)
class Calm:
    began: float
    lasted: float
    """Seconds until every client had an answer; infinite where that did not come."""
    waits: Sequence[str] = ()
    """Then, for what."""


@dataclass(kw_only=True)
class Storm:
    ground: Ground
    driver: Driver
    seed: int
    kinds: Sequence[Kind] = KINDS
    faults: list[Fault] = field(default_factory=list[Fault])
    calms: list[Calm] = field(default_factory=list[Calm])
    longest_calm: float = LONGEST_CALM
    lost: list[str] = field(default_factory=list[str])
    """Of processes that did not come up again after what was done to them."""

    @property
    def gave_up(self) -> Sequence[str]:
        """Why no more is done, nor waited for: what did not come up again, also of what had ended by itself."""
        by_themselves = (victim.lost for victim in self.ground.processes)
        return [*self.lost, *(lost for lost in by_themselves if lost is not None)]

    async def run(self, until: float) -> None:
        """Until so many seconds after the run began, and the calm after it."""
        drawn = [
            Random(f"{self.seed} lane {lane}")  # noqa: S311 - for choosing, not for secrets
            for lane in range(_LANES)
        ]
        while self.driver.now() < until and not self.gave_up:
            await asyncio.gather(*(self._lane(random, until) for random in drawn))
            await self._calm()

    async def _lane(self, random: Random, until: float) -> None:
        able = [k for k in self.kinds if self.ground.servers.disk or not k.needs_disk]
        for _ in range(_ROUND):
            if self.driver.now() >= until or self.gave_up:
                return
            if not able:
                await asyncio.sleep(max(until - self.driver.now(), 0))
                return
            (kind,) = random.choices(able, weights=[kind.weight for kind in able])
            await self.one(kind, random)
            await asyncio.sleep(random.uniform(*_REST))

    async def one(self, kind: Kind, random: Random) -> None:
        began = self.driver.now()
        try:
            victim = await kind.do(self.ground, random)
        except Lost as error:
            self.lost.append(str(error))
            return
        self.faults.append(
            Fault(kind=kind.name, victim=victim, began=began, ended=self.driver.now())
        )

    async def _calm(self) -> None:
        began = self.driver.now()
        clients = range(self.driver.clients)
        while self.driver.now() < began + self.longest_calm:
            if all(self.driver.last_told.get(number, 0) >= began for number in clients):
                self.calms.append(Calm(began=began, lasted=self.driver.now() - began))
                return
            await asyncio.sleep(0.2)
        waits = await waiting(self.ground.client, self.driver.account)
        self.calms.append(Calm(began=began, lasted=math.inf, waits=waits))
