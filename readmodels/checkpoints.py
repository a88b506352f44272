"""How far each projection has read, and who leads it: the rows of `remit.checkpoints`, and locks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import asyncpg

from readmodels.tables import Connection

LEADERS = 0x4C454144  # "LEAD"; the first half of the key of each leader's lock

_READ = "select epoch, position from remit.checkpoints where projection = $1"
_FOUND = """
    insert into remit.checkpoints (projection, epoch, position) values ($1, $2, 0)
    on conflict (projection) do nothing
"""
_BEHIND = """
    select exists (
        select from unnest($1::text[]) as named (projection)
        left join remit.checkpoints c using (projection)
        where coalesce(c.position, 0) < $2
    )
"""
_SEEN_BY_ALL = """
    select coalesce(min(coalesce(c.position, 0)), 0)
    from unnest($1::text[]) as named (projection) left join remit.checkpoints c using (projection)
"""
_LOOK = 0.05
"""Seconds between two looks at where they are."""
_LOCK = "select epoch, position from remit.checkpoints where projection = $1 for update"
_MOVE = "update remit.checkpoints set position = $2, epoch = $3 where projection = $1"
_LEAD = "select pg_try_advisory_lock($1, hashtext($2))"
_LAGS = """
    select
        coalesce(named.projection, c.projection) as projection,
        coalesce(c.position, 0) as position,
        log.position as head,
        log.position - coalesce(c.position, 0) as lag,
        case when next.recorded_at is not null
            then greatest(extract(epoch from clock_timestamp() - next.recorded_at), 0)::float8
            else 0 end as seconds,
        coalesce(c.epoch, log.epoch) <> log.epoch as epoch_over,
        (
            select l.pid from pg_locks l
            where l.locktype = 'advisory' and l.granted and l.objsubid = 2
                and l.database = (select oid from pg_database where datname = current_database())
                and l.classid::bigint = $2
                and l.objid::bigint = hashtext(coalesce(named.projection, c.projection))::bigint & 4294967295
        ) as leader
    from unnest($1::text[]) with ordinality as named (projection, place)
    full join remit.checkpoints c on c.projection = named.projection
    cross join remit.counter log
    left join remit.events next on next.position = coalesce(c.position, 0) + 1
    order by named.place nulls last, 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """The rows are made from the log of this epoch, up to this position."""

    epoch: int
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerLag:
    """How far behind the log one of its consumers is."""

    projection: str
    position: int
    """The last one applied."""
    head: int
    lag: int
    """Events not applied yet."""
    seconds: float
    """Since the oldest of them was recorded."""
    epoch_over: bool
    """What was applied is of an epoch that is over: it starts over."""
    leader: int | None
    """Process id of the leader's database session; none if nobody leads."""


async def read_checkpoint(
    connection: "Connection[asyncpg.Record]", projection: str
) -> Checkpoint | None:
    row = await connection.fetchrow(_READ, projection)
    return None if row is None else Checkpoint(**row)


async def reached(
    pool: "asyncpg.Pool[asyncpg.Record]",
    projections: Sequence[str],
    position: int,
    *,
    seconds: float,
) -> bool:
    """Whether all of these come to have applied the position within so many seconds."""
    deadline = monotonic() + seconds
    while await pool.fetchval(_BEHIND, projections, position):
        if monotonic() + _LOOK > deadline:
            return False
        await asyncio.sleep(_LOOK)
    return True


async def seen_by_all(pool: "asyncpg.Pool[asyncpg.Record]", projections: Sequence[str]) -> int:
    """The position that all of these have applied."""
    return await pool.fetchval(_SEEN_BY_ALL, projections)


async def locked_checkpoint(
    connection: "Connection[asyncpg.Record]", projection: str, epoch: int
) -> Checkpoint:
    """Its row, locked until the transaction ends: projectors take turns. Made if there is none."""
    await connection.execute(_FOUND, projection, epoch)
    row = await connection.fetchrow(_LOCK, projection)
    assert row is not None
    return Checkpoint(**row)


async def move_checkpoint(
    connection: "Connection[asyncpg.Record]", projection: str, checkpoint: Checkpoint
) -> None:
    await connection.execute(_MOVE, projection, checkpoint.position, checkpoint.epoch)


async def become_leader(connection: "Connection[asyncpg.Record]", projection: str) -> bool:
    """Whether this session leads now: until it ends, or its pool takes it back."""
    return await connection.fetchval(_LEAD, LEADERS, projection)


async def lags(
    database: "asyncpg.Pool[asyncpg.Record] | asyncpg.Connection[asyncpg.Record] | Connection[asyncpg.Record]",
    projections: Sequence[str],
) -> Sequence[ConsumerLag]:
    """Of these, and of whatever else keeps a checkpoint."""
    return [ConsumerLag(**row) for row in await database.fetch(_LAGS, projections, LEADERS)]
