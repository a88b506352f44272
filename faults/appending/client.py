"""A process of clients of the store: `appender URL NAME SEED CLIENTS FOLDER`, until it is told to stop.

Each append and its answer is one line of FOLDER/NAME.csv, written before the client goes on; killed, it leaves what it was
told. A line: command id, stream, what was asked, expected version, status, version, position, key.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Literal

from eventstore.connections import DATABASE_LOST
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import (
    Append,
    AppendFailed,
    AppendResult,
    AppendStatus,
    NewEvent,
    StreamWrite,
)
from tests.golden_events import FOLDER

READY = "appending as"
Asked = Literal["new", "again", "changed", "stale", "shared", "claim"]
"""The next event of its own stream; one of its commands once more; the same id for another request; a version that is past;
the next event of a stream that others write to; a key that others want too."""
_TYPE = "ProgressReported"
_TEXT = b"Two drafts of five."
"""In its body; the command's id stands there instead, so that each body is told from all others."""
_SHARED = 8
"""Streams, and so many keys."""
_PAUSE = 0.05
_OWN_HASH, _OTHER_HASH = bytes(32), b"\1" * 32
_WEIGHTS: dict[Asked, int] = {
    "new": 87,
    "again": 4,
    "changed": 2,
    "stale": 2,
    "shared": 3,
    "claim": 2,
}


def main() -> None:
    url, name, seed, clients, folder = sys.argv[1:]
    asyncio.run(_append(url, name, seed, int(clients), Path(folder) / f"{name}.csv"))


async def _append(url: str, name: str, seed: str, clients: int, file: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    account = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    body = (FOLDER / f"{_TYPE}.v1.json").read_bytes().strip()
    assert body.count(_TEXT) == 1
    while True:
        try:
            async with PostgresEventStore.open(url) as store:
                sys.stdout.write(f"{READY} {name}\n")
                sys.stdout.flush()
                async with asyncio.TaskGroup() as group:
                    for number in range(clients):
                        random = Random(f"{seed} {name} {number}")  # noqa: S311 - for choosing
                        one = _Client(store, f"{name}-{number}", random, account, body)
                        group.create_task(one.run(stop))
            return
        except DATABASE_LOST:  # it is not up yet
            await asyncio.sleep(_PAUSE)


class _Client:
    def __init__(
        self, store: PostgresEventStore, name: str, random: Random, account: int, body: bytes
    ) -> None:
        self._store = store
        self._name = name
        self._random = random
        self._account = account
        self._body = body
        self._own = f"instruction-{name}"
        self._version = 0
        self._sent = 0
        self._epoch = 1
        self._recorded: list[tuple[str, str, int]] = []
        """Some of its commands: id, stream, expected version."""

    async def run(self, stop: asyncio.Event) -> None:
        kinds: list[Asked] = [*_WEIGHTS]
        weights = [*_WEIGHTS.values()]
        while not stop.is_set():
            (asked,) = self._random.choices(kinds, weights)
            match asked:
                case "new":
                    await self._new(asked, self._own, self._version)
                case "claim":
                    key = f"key {self._random.randrange(_SHARED * 8)}"
                    await self._new(asked, self._own, self._version, key)
                case "stale":
                    if self._version:
                        stale = self._random.randrange(self._version)
                        await self._send(asked, self._new_id(), self._own, stale)
                case "shared":
                    stream = f"instruction-shared-{self._random.randrange(_SHARED)}"
                    await self._new(asked, stream, await self._version_of(stream))
                case "again" | "changed":
                    if self._recorded:
                        command, stream, version = self._random.choice(self._recorded)
                        await self._send(asked, command, stream, version)

    async def _new(self, asked: Asked, stream: str, version: int, key: str | None = None) -> None:
        command = self._new_id()
        result = await self._send(asked, command, stream, version, key)
        if result.status in (AppendStatus.OK, AppendStatus.DUPLICATE):
            if stream == self._own:
                self._version = version + 1
            self._recorded = [*self._recorded[-20:], (command, stream, version)]

    def _new_id(self) -> str:
        self._sent += 1
        return f"{self._name}-{self._sent}"

    async def _version_of(self, stream: str) -> int:
        while True:
            try:
                head = await self._store.stream_head(stream)
            except (TimeoutError, *DATABASE_LOST):
                await asyncio.sleep(_PAUSE)
            else:
                return head.version if head else 0

    async def _send(
        self, asked: Asked, command: str, stream: str, expected: int, key: str | None = None
    ) -> AppendResult:
        """Sent again under the same id until there is an answer."""
        body = self._body.replace(_TEXT, command.encode())
        event = NewEvent(type=_TYPE, occurred_at=datetime.now(UTC), actor="p-7f3a", body=body)
        append = Append(
            command_id=command,
            request_hash=_OTHER_HASH if asked == "changed" else _OWN_HASH,
            epoch=self._epoch,
            writes=(StreamWrite(stream_id=stream, expected_version=expected, events=(event,)),),
            claims=() if key is None else (key,),
        )
        while True:
            try:
                result = await self._store.append(append)
            except AppendFailed:
                await asyncio.sleep(_PAUSE)
            else:
                break
        self._note(
            (
                command,
                stream,
                asked,
                expected,
                result.status,
                result.version,
                result.position,
                key or "",
            )
        )
        return result

    def _note(self, line: Sequence[object]) -> None:
        os.write(self._account, (",".join(map(str, line)) + "\n").encode())
