"""Single events appended by many at once, each to a stream of its own, each waiting for its commit."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from bench.log.client import RAW_TABLE
from bench.log.ground import LogGround
from bench.log.processes import answers, client_command, peer_command
from bench.results import Line, Result, spread

_SECONDS = 4
_ROUNDS = 5
_SHAPES = ((1, 1), (1, 64), (4, 64), (1, 1024))
"""Processes, and clients in each."""
_CONNECTIONS_AT_MOST = 256
"""More than so many clients of raw SQL would need a connection pooler, and be another thing to measure."""
TARGETS = {((1, 64), "raw"): 1.0, ((4, 64), "raw"): 0.4, ((1, 64), "eventsourcing"): 15.0}


@dataclass(frozen=True, kw_only=True)
class _Rate:
    per_second: float
    p50_ms: float
    p99_ms: float


async def measure(ground: LogGround, progress: Callable[[int, int], None]) -> Result:
    """Ours, `insert` by one connection a client, and `eventsourcing`, in turns.

    An append of ours also looks the command up by its id, checks the stream's version and keeps its
    wake; the `insert` writes the same row into a table with the same two unique keys, and no more.
    """
    lines: list[Line] = []
    details: dict[str, object] = {}
    async with ground.database() as url, ground.database(empty=True) as others:
        await _prepare_raw(url)
        for done, (processes, clients) in enumerate(_SHAPES):
            rates: dict[str, list[_Rate]] = {}
            for turn in range(_ROUNDS):
                for kind in _kinds(processes, clients):
                    rates.setdefault(kind, []).append(
                        await _rate(
                            kind, others if kind == "eventsourcing" else url, processes, clients
                        )
                    )
                progress(done * _ROUNDS + turn + 1, len(_SHAPES) * _ROUNDS)
            shape = f"{processes}×{clients}"
            lines += _ratios(shape, (processes, clients), rates)
            details[shape] = {kind: _told(found) for kind, found in rates.items()}
    return Result(lines=lines, details=details)


def _kinds(processes: int, clients: int) -> list[str]:
    kinds = ["ours"]
    if processes * clients <= _CONNECTIONS_AT_MOST:
        kinds.append("raw")
    if processes == 1 and clients <= _CONNECTIONS_AT_MOST:
        kinds.append("eventsourcing")
    return kinds


async def _rate(kind: str, url: str, processes: int, clients: int) -> _Rate:
    command = (
        peer_command("append", url, clients, _SECONDS)
        if kind == "eventsourcing"
        else client_command(kind, url, clients, _SECONDS)
    )
    found = await answers([command] * processes)
    took_ms = [took for one in found for took in one["took_ms"]]
    percents = statistics.quantiles(took_ms, n=100)
    return _Rate(
        per_second=len(took_ms) / max(one["seconds"] for one in found),
        p50_ms=percents[49],
        p99_ms=percents[98],
    )


async def _prepare_raw(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(RAW_TABLE)
    finally:
        await connection.close()


def _ratios(shape: str, key: tuple[int, int], rates: dict[str, list[_Rate]]) -> list[Line]:
    ours = rates["ours"]
    return [
        Line(
            what=f"append {shape}: ours / {kind}",
            value=round(
                statistics.median(
                    one.per_second / other.per_second
                    for one, other in zip(ours, found, strict=True)
                ),
                2,
            ),
            unit="×",
            target=TARGETS.get((key, kind)),
            better="higher",
        )
        for kind, found in rates.items()
        if kind != "ours"
    ]


def _told(rates: list[_Rate]) -> dict[str, object]:
    return {
        "events_per_second": spread([rate.per_second for rate in rates]),
        "p50_ms": round(statistics.median(rate.p50_ms for rate in rates), 2),
        "p99_ms": round(statistics.median(rate.p99_ms for rate in rates), 2),
    }
