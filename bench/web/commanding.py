"""What a command takes over HTTP, from the request to the recorded event, next to an Update of a bare workflow."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from bench.conducting import lives
from bench.conducting.bare import BareHandle, bare_worker, start_with_update, update
from bench.results import Line, Result
from bench.web.ground import TASK_QUEUE, WebGround
from bench.web.load import Autocannon, Taken, autocannon
from domain.identifiers import instruction_id
from domain.instruction.events import Commented
from domain.outcomes import Recorded
from eventstore.codec import event_of
from workflows.client import CommandSender

CONNECTIONS = (1, 8, 32)
_COMMANDS_EACH = 40
_WARM_UP = 3
_TURNS = 3


async def measure(ground: WebGround, progress: Callable[[int, int], None]) -> Result:
    """Each client has an instruction, or a bare workflow, of its own; the two take turns.

    Raises `RuntimeError` if an answer is not 200, or not so many comments are recorded as were acknowledged.
    """
    lines: list[Line] = []
    details: dict[str, Any] = {}
    async with autocannon() as tool, bare_worker(ground.client) as queue:
        for done, clients in enumerate(CONNECTIONS):
            ours: list[Taken] = []
            bare: list[Taken] = []
            for turn in range(_TURNS):
                progress(done * _TURNS + turn, len(CONNECTIONS) * _TURNS)
                ours.append(await _ours(ground, tool, clients))
                bare.append(await _bare(ground, queue, clients))
            found = {"ours": _together(ours), "bare": _together(bare)}
            details[f"{clients} clients"] = {name: taken.told() for name, taken in found.items()}
            lines.append(
                Line(
                    what=f"Comment over HTTP / bare Update, p50 of {clients} clients",
                    value=float(
                        f"{found['ours'].percentile(50) / found['bare'].percentile(50):.3g}"
                    ),
                    unit="×",
                )
            )
    progress(len(CONNECTIONS) * _TURNS, len(CONNECTIONS) * _TURNS)
    return Result(lines=lines, details=details)


async def _ours(ground: WebGround, tool: Autocannon, clients: int) -> Taken:
    numbers = [lives.new_number() for _ in range(clients)]
    sender = CommandSender(ground.client, TASK_QUEUE)
    for number in numbers:
        assert isinstance(await sender.send(lives.issue(number)), Recorded)
    paths = [f"/api/v1/instructions/{number}/commands" for number in numbers]
    comment = {"type": "Comment", "text": "noted"}

    async def sent(each: int) -> Taken:
        return await tool.send(
            ground.url,
            paths,
            token=ground.tokens.issuer,
            connections=clients,
            amount=clients * each,
            command=comment,
        )

    warm, taken = await sent(_WARM_UP), await sent(_COMMANDS_EACH)
    recorded = 0
    for number in numbers:
        stored = await ground.store.read_stream(instruction_id(number))
        recorded += sum(isinstance(event_of(one), Commented) for one in stored)
        await ground.client.get_workflow_handle(instruction_id(number)).terminate()
    if recorded != warm.answered + taken.answered:
        raise RuntimeError(f"{recorded} recorded, {warm.answered + taken.answered} acknowledged")
    return taken


async def _bare(ground: WebGround, queue: str, clients: int) -> Taken:
    """One after the other in each workflow, as from autocannon's connections."""
    count = _WARM_UP + _COMMANDS_EACH + 1
    started = [await start_with_update(ground.client, queue, updates=count) for _ in range(clients)]
    took_ms: list[float] = []

    async def send(workflow: BareHandle, times: int, kept: list[float]) -> None:
        for _ in range(times):
            began = time.perf_counter()
            await update(workflow)
            kept.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(send(one, _WARM_UP, []) for one in started))
    began = time.perf_counter()
    await asyncio.gather(*(send(one, _COMMANDS_EACH, took_ms) for one in started))
    seconds = time.perf_counter() - began
    return Taken(took_ms=took_ms, seconds=seconds, answered=len(took_ms))


def _together(turns: list[Taken]) -> Taken:
    return Taken(
        took_ms=[one for turn in turns for one in turn.took_ms],
        seconds=sum(turn.seconds for turn in turns),
        answered=sum(turn.answered for turn in turns),
    )
