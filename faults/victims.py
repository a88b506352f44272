"""What can be killed and paused: Remit's processes, and the servers, each started again as whoever runs them would."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from bench.deployed import DeployedProcess
from cli.child_server import DevStackError
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from faults.asking import Lost

_STARTS = 20
_PAUSE = 0.5
_LONGEST_STOP = 20.0


class Victim:
    """One process of Remit; one fault at a time is done to it."""

    def __init__(self, name: str, process: DeployedProcess) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        self.ended = 0
        """How often it ended by itself, and was started again."""
        self._process = process
        self.lost: str | None = None
        """Why it does not come up again, or did not end."""
        self._wanted = True
        self._kept: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._process.start()
        self._kept = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def said(self) -> Sequence[str]:
        """Its last lines."""
        return [*self._process.said]

    async def until_ready(self) -> None:
        """Raises `RuntimeError` with its last lines if it ends instead."""
        await self._process.until_ready()

    async def kill(self, down: float) -> None:
        """SIGKILL, and started again after so many seconds."""
        await self._kill()
        await asyncio.sleep(down)
        await self.start()

    async def end(self) -> None:
        """SIGKILL, for good."""
        await self._kept_no_more()
        await self._kill()

    async def pause(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT: it does not know that time went by."""
        await _paused([self._process.pid], seconds)

    async def stop(self) -> None:
        """SIGTERM, for good: it finishes, or hands over, what is under way; SIGKILL, and lost, if it does not."""
        await self._kept_no_more()
        try:
            async with asyncio.timeout(_LONGEST_STOP):
                await self._process.stop()
        except TimeoutError:
            self.lost = f"{self.name} had not ended {_LONGEST_STOP:.0f} s after it was told to"
            await self._kill()

    async def _kill(self) -> None:
        """It may have ended by itself."""
        if self._process.is_running:
            await self._process.kill()

    async def _kept_no_more(self) -> None:
        """A start under way is waited for: cut off, it would leave a process behind."""
        self._wanted = False
        if self._kept is not None:
            await self._kept

    async def restart(self) -> None:
        """SIGTERM, and started again."""
        await self._process.stop()
        await self.start()

    async def start(self) -> None:
        """As often as it takes: it ends if it finds no server."""
        for _ in range(_STARTS):
            if not self._wanted:
                return
            await self._process.start()
            with suppress(RuntimeError):
                await self._process.until_ready()
                return
            await asyncio.sleep(_PAUSE)
        raise Lost(f"{self.name} does not start:\n{''.join(self.said)}")

    async def _keep(self) -> None:
        """Whoever runs it starts it again when it ends, as systemd and Kubernetes do."""
        while self._wanted:
            await asyncio.sleep(_PAUSE)
            if not self.lock.locked() and not self._process.is_running:
                async with self.lock:
                    self.ended += 1
                    try:
                        await self.start()
                    except Lost as error:
                        self.lost = str(error)
                        return


class Server:
    """PostgreSQL or Temporal."""

    def __init__(
        self, name: str, pid: Callable[[], int | None], start: Callable[[], Awaitable[object]]
    ) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        self._pid = pid
        self._start = start

    @classmethod
    def of_postgres(cls, postgres: EmbeddedPostgres) -> "Server":
        def again() -> None:
            postgres.__exit__(None, None, None)
            postgres.__enter__()

        return cls("PostgreSQL", lambda: postgres.pid, lambda: asyncio.to_thread(again))

    @classmethod
    def of_temporal(cls, temporal: EmbeddedTemporal) -> "Server":
        def again() -> None:
            temporal.stop()
            temporal.start()

        return cls("Temporal", lambda: temporal.pid, lambda: asyncio.to_thread(again))

    @property
    def pid(self) -> int:
        found = self._pid()
        assert found is not None
        return found

    async def kill(self, number: signal.Signals, down: float) -> None:
        """Send it this signal, and start it again after so many seconds."""
        os.kill(self.pid, number)
        await asyncio.sleep(down)
        await self.start()

    async def start(self) -> None:
        """As often as it takes: what a killed one left behind may be in the way for a moment."""
        for attempt in range(_STARTS):
            try:
                await self._start()
            except DevStackError as error:
                if attempt == _STARTS - 1:
                    raise Lost(f"{self.name} does not start: {error}") from error
                await asyncio.sleep(_PAUSE)
            else:
                return

    def kill_child(self, pid: int) -> None:
        """One of its processes, by SIGKILL; it may be gone already."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def start_if_ended(self) -> None:
        """As whoever runs it does."""
        if _is_gone(self.pid):
            await self.start()

    async def pause(self, seconds: float) -> None:
        """It and all its processes."""
        await _paused([self.pid, *children(self.pid)], seconds)


def children(pid: int) -> list[int]:
    """Its processes, as Linux lists them."""
    with suppress(OSError):
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return []


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return True


async def _paused(pids: Sequence[int], seconds: float) -> None:
    stopped: list[int] = []
    try:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        await asyncio.sleep(seconds)
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
