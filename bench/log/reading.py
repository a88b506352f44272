"""Reading back: one stream to its state, and the whole log to the states of all, next to `eventsourcing`."""

import asyncio
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor

import asyncpg

from bench.log.filling import fill_log, number_of
from bench.log.ground import LogGround
from bench.log.processes import answer, peer_command
from bench.results import Line, Result, spread
from domain.identifiers import InstructionId, StreamId, instruction_id
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import InstructionState, Unissued
from eventstore.codec import decoded
from eventstore.postgres import PostgresEventStore
from eventstore.replay import fold
from eventstore.statements import READ_STREAM
from readmodels import bulk
from readmodels.projection import History, Projection
from readmodels.projector import open_projection_pool
from readmodels.tables import Row

_INSTRUCTIONS = 4_000
_EVENTS_EACH = 26
"""Of the peer's aggregates: as many as an instruction here has on average."""
_LOADS = 500
_ROUNDS = 5
REPLAY_TARGET = 5.0
_PARTS = 8
_ALL = 2**62


async def measure(ground: LogGround, progress: Callable[[int, int], None]) -> Result:
    """The same number of streams, about as many events each; ours hold what instructions' do."""
    loads: dict[str, list[float]] = {"ours": [], "raw": [], "eventsourcing": []}
    replays: dict[str, list[float]] = {"ours": [], "ours, one process": [], "eventsourcing": []}
    async with (
        ground.database() as url,
        ground.database(empty=True) as others,
        PostgresEventStore.open(url, role="remit_auditor") as store,
    ):
        executor = ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))
        filled = await fill_log(url, [("programme", _INSTRUCTIONS)])
        await answer(peer_command("fill", others, _INSTRUCTIONS, _EVENTS_EACH))
        connection = await asyncpg.connect(url)
        try:
            await _by_stream(url, executor)  # the processes start
            for turn in range(_ROUNDS):
                loads["ours"] += await _loads(store)
                loads["raw"] += await _fetches(connection)
                found = await answer(peer_command("load", others, _LOADS))
                loads["eventsourcing"] += found["took_ms"]
                replays["ours"].append(await _by_stream(url, executor))
                replays["ours, one process"].append(await _one_by_one(store))
                found = await answer(peer_command("replay", others))
                replays["eventsourcing"].append(found["events"] / found["seconds"])
                progress(turn + 1, _ROUNDS)
        finally:
            await connection.close()
            executor.shutdown()
    medians = {kind: statistics.median(took) for kind, took in loads.items()}
    whole = {kind: statistics.median(found) for kind, found in replays.items()}
    return Result(
        lines=[
            Line(
                what="a stream to its state: ours / select alone",
                value=round(medians["ours"] / medians["raw"], 2),
                unit="×",
            ),
            Line(
                what="a stream to its state: eventsourcing / ours",
                value=round(medians["eventsourcing"] / medians["ours"], 2),
                unit="×",
                better="higher",
            ),
            Line(
                what="the whole log to states: ours / eventsourcing",
                value=round(whole["ours"] / whole["eventsourcing"], 2),
                unit="×",
                target=REPLAY_TARGET,
                better="higher",
            ),
            Line(
                what="the same in one process, event by event: ours / eventsourcing",
                value=round(whole["ours, one process"] / whole["eventsourcing"], 2),
                unit="×",
                better="higher",
            ),
        ],
        details={
            "events": filled.events,
            "events_a_stream": round(filled.events / filled.instructions, 1),
            "stream_ms": {kind: spread(took) for kind, took in loads.items()},
            "replayed_per_second": {kind: spread(found) for kind, found in replays.items()},
        },
    )


async def _loads(store: PostgresEventStore) -> list[float]:
    """Milliseconds each: fetched, decoded, folded."""

    async def load(instruction: InstructionId) -> bool:
        return not isinstance(fold(await store.read_stream(instruction)), Unissued)

    return await _timed(load)


async def _fetches(connection: "asyncpg.Connection[asyncpg.Record]") -> list[float]:
    """Milliseconds each: fetched alone."""

    async def fetch(instruction: InstructionId) -> bool:
        return bool(await connection.fetch(READ_STREAM, instruction, 0))

    return await _timed(fetch)


async def _timed(read: Callable[[InstructionId], Awaitable[bool]]) -> list[float]:
    took_ms = list[float]()
    for n in range(_LOADS):
        began = time.perf_counter()
        found = await read(instruction_id(number_of(n)))
        took_ms.append((time.perf_counter() - began) * 1000)
        assert found
    return took_ms


async def _one_by_one(store: PostgresEventStore) -> float:
    """Events per second, in the order of the log, in this one process."""
    states: dict[StreamId, InstructionState] = defaultdict(lambda: instruction_decider.initial)
    events = 0
    began = time.perf_counter()
    async for batch in store.read_all():
        for stored in batch:
            if stored.stream_id.startswith(_States.prefix):
                (event,) = decoded([stored])
                states[stored.stream_id] = instruction_decider.evolve(
                    states[stored.stream_id], event
                )
        events += len(batch)
    return events / (time.perf_counter() - began)


class _States(Projection):
    """Folds each stream, and keeps nothing."""

    name = "states"
    prefix = "instruction-"
    tables = ()

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        instruction_decider.replay(history.events)
        return ()


async def _by_stream(url: str, executor: Executor) -> float:
    """Events per second, as a rebuild reads them: stream by stream, in a process for each core."""
    began = time.perf_counter()
    async with open_projection_pool(url) as pool, pool.acquire() as connection:
        parts = await bulk.parts(connection, [_States()], at_most=_PARTS)
    loop = asyncio.get_running_loop()
    read = await asyncio.gather(
        *(loop.run_in_executor(executor, _replay_part, url, part) for part in parts)
    )
    return sum(read) / (time.perf_counter() - began)


def _replay_part(url: str, part: bulk.Part) -> int:
    async def replayed() -> int:
        async with open_projection_pool(url, pool_size=1) as pool, pool.acquire() as connection:
            return await bulk.load(connection, [_States()], part, until_position=_ALL)

    return asyncio.run(replayed())
