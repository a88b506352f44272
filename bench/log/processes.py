"""Processes that are ready, start together, and say what they did: see client.py and peer.py."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PEER_PYTHON = _ROOT / ".venv-peer" / "bin" / "python"
_PEER = _ROOT / "bench" / "log" / "peer.py"


def client_command(kind: str, url: str, clients: int, seconds: float) -> list[str]:
    """A process of writers, `ours` or `raw`."""
    return [sys.executable, "-m", "bench.log.client", kind, url, str(clients), str(seconds)]


def peer_command(verb: str, url: str, *given: float) -> list[str]:
    """A process of the peer, which runs in an environment of its own."""
    return [str(_PEER_PYTHON), str(_PEER), verb, url, *map(str, given)]


async def answers(commands: Sequence[Sequence[str]]) -> Sequence[dict[str, Any]]:
    """Run them at the same time, each from the moment when all of them are ready."""
    processes = [
        await asyncio.create_subprocess_exec(
            *command,
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,  # of a line: all the times that a client measured
        )
        for command in commands
    ]
    try:
        for process in processes:
            await _line(process)
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
        found = [json.loads(await _line(process)) for process in processes]
        for process in processes:
            await process.wait()
        return found
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def answer(command: Sequence[str]) -> dict[str, Any]:
    """Of one alone."""
    (found,) = await answers([command])
    return found


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the benchmark ended early; its error is above")
    return line
