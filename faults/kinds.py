"""The kinds of fault: each is done to something of the ground, lasts, and ends."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from faults import clocks
from faults.asking import ask
from faults.ground import Ground
from faults.links import BOTH, Link, Way

Do = Callable[[Ground, Random], Awaitable[str]]
"""Answers what it was done to."""
_DOWN = 4.0
"""Seconds at most for which what was killed is left alone."""
_PAUSED = (2.0, 12.0)
_HELD = (2.0, 15.0)
_LATE = (0.05, 0.4)
_WRONG = (60.0, 600.0)
"""Seconds by which a clock is wrong: more than the two minutes by which Remit lets clocks differ, as a rule."""
_BACKENDS = """
    select pid from pg_stat_activity
    where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()
    order by (state = 'active' and query like '%remit.append%') desc, random()
"""
_UP = "select 1"
_NOTICED = 0.5
"""Seconds after which the server has noticed that one of its processes is dead."""
_TERMINATE = "select pg_terminate_backend($1)"


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str
    weight: int
    do: Do
    needs_disk: bool = False


async def _worker_killed(ground: Ground, random: Random) -> str:
    victim = random.choice(ground.workers)
    async with victim.lock:
        await victim.kill(random.uniform(0, _DOWN))
    return victim.name


async def _worker_paused(ground: Ground, random: Random) -> str:
    victim = random.choice(ground.workers)
    async with victim.lock:
        await victim.pause(random.uniform(*_PAUSED))
    return victim.name


async def _web_killed(ground: Ground, random: Random) -> str:
    assert ground.web is not None
    async with ground.web.lock:
        await ground.web.kill(random.uniform(0, _DOWN))
    return ground.web.name


async def _web_paused(ground: Ground, random: Random) -> str:
    assert ground.web is not None
    async with ground.web.lock:
        await ground.web.pause(random.uniform(*_PAUSED))
    return ground.web.name


async def _reader_killed(ground: Ground, random: Random) -> str:
    async with ground.reader.lock:
        await ground.reader.kill(random.uniform(0, _DOWN))
    return ground.reader.name


async def _temporal_killed(ground: Ground, random: Random) -> str:
    async with ground.temporal.lock:
        await ground.temporal.kill(signal.SIGKILL, random.uniform(0, _DOWN))
    return ground.temporal.name


async def _temporal_paused(ground: Ground, random: Random) -> str:
    async with ground.temporal.lock:
        await ground.temporal.pause(random.uniform(*_PAUSED))
    return ground.temporal.name


async def _postgres_killed(ground: Ground, random: Random) -> str:
    async with ground.postgres.lock:
        await ground.postgres.kill(signal.SIGKILL, random.uniform(0, _DOWN))
    return ground.postgres.name


async def _postgres_shut_off(ground: Ground, random: Random) -> str:
    """As `pg_ctl stop --mode immediate`: crash recovery follows."""
    async with ground.postgres.lock:
        await ground.postgres.kill(signal.SIGQUIT, random.uniform(0, _DOWN))
    return ground.postgres.name


async def _postgres_paused(ground: Ground, random: Random) -> str:
    async with ground.postgres.lock:
        await ground.postgres.pause(random.uniform(*_PAUSED))
    return ground.postgres.name


async def _backend_killed(ground: Ground, random: Random) -> str:
    """SIGKILL: the server ends all others, and recovers."""
    del random
    async with ground.postgres.lock:
        for backend in (await ask(ground.database_url, _BACKENDS))[:1]:
            ground.postgres.kill_child(backend["pid"])
        await asyncio.sleep(_NOTICED)
        await ask(ground.database_url, _UP)
    return ground.postgres.name


async def _sessions_ended(ground: Ground, random: Random) -> str:
    """One, several or all: by preference those that append."""
    async with ground.postgres.lock:
        backends = await ask(ground.database_url, _BACKENDS)
        for backend in backends[: random.choice((1, 3, len(backends)))]:
            await ask(ground.database_url, _TERMINATE, backend["pid"])
    return ground.postgres.name


async def _disk_full(ground: Ground, random: Random) -> str:
    assert ground.servers.disk is not None
    async with ground.postgres.lock:
        ground.servers.disk.fill()
        try:
            await asyncio.sleep(random.uniform(*_PAUSED))
        finally:
            ground.servers.disk.free()
        await ground.postgres.start_if_ended()
        await ask(ground.database_url, _UP)
    return "PostgreSQL's disk"


async def _clock_jumped(ground: Ground, random: Random) -> str:
    """A process's own, forward or back; right again after a while."""
    who, file = random.choice([*ground.clocks.items()])
    wrong_by = random.uniform(*_WRONG) * random.choice((1, -1))
    file.write_text(str(wrong_by), encoding="ascii")
    try:
        await asyncio.sleep(random.uniform(*_HELD))
    finally:
        file.write_text("0", encoding="ascii")
    return f"{who}, {wrong_by:+.0f} s"


async def _log_clock_went_back(ground: Ground, random: Random) -> str:
    wrong_by = -random.uniform(*_WRONG)
    async with ground.postgres.lock:
        await clocks.turn(ground.database_url, wrong_by)
        await asyncio.sleep(random.uniform(*_HELD))
        await clocks.turn(ground.database_url, 0)
    return f"PostgreSQL, {wrong_by:+.0f} s"


def _link(ground: Ground, random: Random) -> Link:
    return random.choice([*ground.links.values()])


async def _cut(ground: Ground, random: Random) -> str:
    link = _link(ground, random)
    link.refuse(True)
    link.cut()
    await asyncio.sleep(random.uniform(0, 2 * _DOWN))
    link.refuse(False)
    return link.name


def _held(ways: tuple[Way, ...], *, lost: bool, of: str | None = None) -> Do:
    """`of`: which link; by default any."""

    async def do(ground: Ground, random: Random) -> str:
        link = _link(ground, random) if of is None else ground.links[of]
        link.hold(*ways)
        await asyncio.sleep(random.uniform(*_HELD) if of is None else _HELD[0])
        if lost:
            link.cut()
        link.release()
        return link.name

    return do


async def _slow(ground: Ground, random: Random) -> str:
    link = _link(ground, random)
    link.slow(random.uniform(*_LATE))
    await asyncio.sleep(random.uniform(*_HELD))
    link.slow(0)
    return link.name


KINDS = (
    Kind(name="worker killed", weight=8, do=_worker_killed),
    Kind(name="worker paused", weight=6, do=_worker_paused),
    Kind(name="web killed", weight=4, do=_web_killed),
    Kind(name="web paused", weight=3, do=_web_paused),
    Kind(name="reader killed", weight=2, do=_reader_killed),
    Kind(name="Temporal killed", weight=5, do=_temporal_killed),
    Kind(name="Temporal paused", weight=3, do=_temporal_paused),
    Kind(name="PostgreSQL killed", weight=4, do=_postgres_killed),
    Kind(name="PostgreSQL shut off at once", weight=3, do=_postgres_shut_off),
    Kind(name="PostgreSQL paused", weight=3, do=_postgres_paused),
    Kind(name="a backend killed", weight=4, do=_backend_killed),
    Kind(name="sessions ended", weight=6, do=_sessions_ended),
    Kind(name="disk full", weight=4, do=_disk_full, needs_disk=True),
    Kind(name="a clock jumped", weight=6, do=_clock_jumped),
    Kind(name="the log's clock went back", weight=4, do=_log_clock_went_back),
    Kind(name="cut, and refused for a while", weight=8, do=_cut),
    Kind(name="held up both ways", weight=5, do=_held(BOTH, lost=False)),
    Kind(name="lost both ways", weight=6, do=_held(BOTH, lost=True)),
    Kind(name="answers lost", weight=6, do=_held(("back",), lost=True)),
    Kind(name="answers held up", weight=4, do=_held(("back",), lost=False)),
    Kind(name="requests lost", weight=4, do=_held(("there",), lost=True)),
    Kind(name="slow", weight=4, do=_slow),
)

_BY_NAME = {kind.name: kind for kind in KINDS}
LOST_OF_WORKER = Kind(
    name="answers lost",
    weight=1,
    do=_held(("back",), lost=True, of="worker 1 to PostgreSQL"),
)


def named(*names: str) -> tuple[Kind, ...]:
    return tuple(_BY_NAME[name] for name in names)
