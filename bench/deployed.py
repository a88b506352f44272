"""A worker, the web, or any other verb, as deployed: a process of its own, set up by its environment."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).parents[1]
_LINES_KEPT = 50
_CLI = "from cli.main import main; main()"


class DeployedProcess:
    """Started anew as often as it is killed; its last lines are in `said`."""

    def __init__(
        self,
        command: Sequence[str],
        ready: str,
        settings: Mapping[str, str],
        *,
        tree: Path = _ROOT,
    ) -> None:
        """Args:
        command: what the Python of this process is to run.
        ready: what it says once it takes work.
        settings: REMIT_* variables, beside the environment of this process.
        tree: where the code is.
        """
        self._tree = tree
        self._command, self._says = command, ready
        self._environment = {**os.environ, **settings}
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self.said: deque[str] = deque(maxlen=_LINES_KEPT)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def is_ready(self) -> bool:
        """It takes work: it has said so."""
        return self._ready.is_set()

    async def start(self) -> None:
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            cwd=self._tree,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._listening = asyncio.create_task(self._listen(self._process))

    async def until_ready(self) -> None:
        """Raises `RuntimeError` with its last lines if it ends instead."""
        assert self._listening is not None
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait([ready, self._listening], return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.is_set():
            ready.cancel()
            raise RuntimeError("it ended:\n" + "".join(self.said))

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        await self._ended()

    async def stop(self) -> None:
        """SIGTERM: what is under way is finished, or handed over."""
        if self.is_running:
            assert self._process is not None
            self._process.send_signal(signal.SIGTERM)
            await self._ended()

    async def _ended(self) -> None:
        assert self._process is not None
        assert self._listening is not None
        self._ready.clear()
        await self._process.wait()
        await self._listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.said.append(line.decode(errors="replace"))
            if self._says in self.said[-1]:
                self._ready.set()


class WorkerProcess(DeployedProcess):
    def __init__(self, settings: Mapping[str, str], *, tree: Path = _ROOT) -> None:
        super().__init__(["-m", "worker"], "working on task queue", settings, tree=tree)


class WebProcess(DeployedProcess):
    def __init__(self, settings: Mapping[str, str], *, tree: Path = _ROOT) -> None:
        super().__init__(["-c", _CLI, "web"], "answering at", settings, tree=tree)


async def remit(
    settings: Mapping[str, str], *arguments: str, tree: Path = _ROOT, code: int = 0
) -> str:
    """Run a verb to its end, in a process of its own; returns what it says. Raises `RuntimeError` if it ends with another code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CLI, *arguments,
        cwd=tree, env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode != code:
        raise RuntimeError(
            f"remit {' '.join(arguments)} ended with {process.returncode}: {said.decode()}"
        )
    return said.decode()
