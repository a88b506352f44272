"""Processes that count what reaches them, and tell when asked.

On its standard output such a process first says one line, what one needs to know to reach it; after that, for
each line that it is sent, how much has arrived (JSON: the moments, seconds since the epoch).
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LONGEST_LINE = 2**24


@dataclass(frozen=True, kw_only=True)
class Counting:
    """One such process, seen from outside."""

    process: asyncio.subprocess.Process
    said: str
    """Its first line."""

    @property
    def pid(self) -> int:
        return self.process.pid

    async def arrived(self) -> Sequence[float]:
        """When each one did, in order."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        return json.loads(await _line(self.process))


@asynccontextmanager
async def counting(module: str, *given: str) -> AsyncGenerator[Counting]:
    """That module as a process, for as long as the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *given,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    try:
        yield Counting(process=process, said=(await _line(process)).strip())
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the benchmark ended early; its error is above")
    return line.decode()


async def tell(said: str, arrived: Sequence[float]) -> None:
    """The other end: answer until nobody asks any more."""
    print(said, flush=True)  # noqa: T201 - for the process that started this one
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(arrived), flush=True)  # noqa: T201 - as above
