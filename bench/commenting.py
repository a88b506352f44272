"""Clients of the web that comment on open instructions while something is done to the servers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from bench.conducting import lives
from domain.identifiers import CommandId
from web.client import NotAnswered, Refused, RemitClient

_PATIENCE = 120.0


@dataclass
class Account:
    """What clients were told."""

    acknowledged: dict[CommandId, int] = field(default_factory=dict[CommandId, int])
    """Commands by the position that they were told."""
    errors: list[str] = field(default_factory=list[str])
    """Whatever else they were told."""


class Commenting:
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
