"""The clients: each lives the lives of instructions, one after the other, through one door or the other."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from domain.instruction import commands as c
from faults.doors import SendsCommands, until_told
from faults.lives import DUE_IN, Life
from faults.told import Account, Asked, Door, Told

_AGAIN = 0.08
_CHANGED = 0.03
_IMPATIENT = 0.04
"""Of all commands: sent again after the answer, with another body after it, and twice at the same time by both doors."""
_REPEATED = {"text", "percent", "reason", "lead", "number"}
"""Fields of commands that the event has by the same name, as they were sent."""


def said_in_event(command: c.ClientCommand) -> dict[str, object]:
    """Its words that the event it leads to has, too, by field."""
    return command.model_dump(mode="json", include=_REPEATED, exclude_unset=True)


@dataclass(kw_only=True)
class Driver:
    doors: Mapping[Door, SendsCommands]
    name: str
    """Of the run: no other has instructions of the same numbers."""
    seed: int
    clients: int
    pause: float
    """Seconds at most between two commands of a client."""
    due_in: tuple[float, float] = DUE_IN
    account: Account = field(default_factory=Account)
    began: float = field(default_factory=time.monotonic)
    last_told: dict[int, float] = field(default_factory=dict[int, float])
    """By client, when it last had an answer; seconds since the run began."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        return time.monotonic() - self.began

    def stop(self) -> None:
        """Each client goes on until its command is answered, and ends."""
        self._stopping.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(self._client(number))

    async def _client(self, number: int) -> None:
        random = Random(f"{self.seed} {number}")  # noqa: S311 - for choosing, not for secrets
        lives = 0
        while not self._stopping.is_set():
            await self._live(number, random, f"{self.name}-{number}-{lives}")
            lives += 1

    async def _live(self, number: int, random: Random, name: str) -> None:
        life = Life(name, random, self.due_in)
        own: Door = "api" if random.random() < 0.35 else "update"
        for command in life.commands():
            if self._stopping.is_set():
                return
            await self._send(number, random, own, command)
            if isinstance(command, c.Issue) and not self._founded(life):
                return  # its deadline had passed by then
            await asyncio.sleep(random.uniform(0, self.pause))

    def _founded(self, life: Life) -> bool:
        return any(t.recorded for t in self.account.told if t.stream == life.instruction)

    async def _send(self, number: int, random: Random, own: Door, command: c.ClientCommand) -> None:
        other: Door = "update" if own == "api" else "api"
        if random.random() < _IMPATIENT:
            await asyncio.gather(
                self._until_told(number, own, command, "new"),
                self._until_told(number, other, command, "at once"),
            )
            return
        first = await self._until_told(number, own, command, "new")
        if not first.recorded:
            return
        if random.random() < _AGAIN:
            await self._until_told(number, random.choice((own, other)), command, "again")
        if random.random() < _CHANGED and isinstance(command, c.Comment):
            changed = command.model_copy(update={"text": f"{command.text}, and more"})
            await self._until_told(number, own, changed, "changed")

    async def _until_told(
        self, number: int, door: Door, command: c.ClientCommand, asked: Asked
    ) -> Told:
        told = Told(
            command_id=command.command_id,
            stream=command.instruction,
            type=command.type,
            door=door,
            asked=asked,
            sent_at=self.now(),
            says=said_in_event(command),
        )
        self.account.told.append(told)
        if isinstance(command, c.Issue):
            self.account.streams.add(command.instruction)
        await until_told(self.doors[door], command, told)
        told.told_at = self.last_told[number] = self.now()
        return told
