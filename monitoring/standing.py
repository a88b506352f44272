"""How Remit stands by the database alone: what waits, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from readmodels.checkpoints import ConsumerLag, lags
from readmodels.projections import PROJECTIONS
from readmodels.tables import Connection

# One row. It reads what waits and nothing else, by the partial indexes that hold only that (streams_due, outbox_undelivered,
# outbox_released), and one event by its position: 0.3 ms with half a million events and streams where nothing waits. Each
# unsent notice costs one look-up in the log, not a join, which would be planned as a scan of it: 100 000 of them, after a
# long outage, about half a second. `now()`, since no index is searched by `clock_timestamp()`.
_STANDING = """
    with unsent as (
        select (
            select e.recorded_at from remit.events e
            where e.stream_id = o.stream_id and e.version = o.version
        ) as since
        from remit.outbox o
        where o.settled_at is null and o.send_after is null
        union all
        select send_after from remit.outbox
        where settled_at is null and send_after is not null and send_after <= now()
    ),
    waiting as (select count(*) as notices, min(since) as since from unsent),
    overdue as (
        select count(*) as streams, min(next_wake) as since from remit.streams
        where not closed and next_wake < now()
    ),
    signed as (
        select size, substring(note from '\ntime ([^\n]+)\n')::timestamptz as at
        from audit.checkpoints order by number desc limit 1
    )
    select
        k.position,
        w.notices,
        coalesce(extract(epoch from now() - w.since), 0)::float8 as notices_seconds,
        o.streams,
        coalesce(extract(epoch from now() - o.since), 0)::float8 as streams_seconds,
        k.position - coalesce(s.size, 0) as uncovered,
        coalesce(extract(epoch from now() - e.recorded_at), 0)::float8 as uncovered_seconds,
        extract(epoch from now() - s.at)::float8 as checkpoint_age
    from remit.counter k
    cross join waiting w
    cross join overdue o
    left join signed s on true
    left join remit.events e on e.position = coalesce(s.size, 0) + 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """What waits, and seconds for which the oldest of it has."""

    count: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    position: int
    """The log's last."""
    lags: Sequence[ConsumerLag]
    """Of every read model."""
    unsent: Backlog
    """Notices without an outcome whose hour has come."""
    overdue: Backlog
    """Instructions and recurrences whose due moment has passed."""
    uncovered: Backlog
    """Events that no checkpoint covers."""
    checkpoint_age: float | None
    """Seconds since the last one was signed, by what it says of itself: it is not verified here. None if none is."""


async def standing(
    connection: "asyncpg.Connection[asyncpg.Record] | Connection[asyncpg.Record]",
) -> Standing:
    """As of now. The connection's role may read: `remit_auditor` will do."""
    row = await connection.fetchrow(_STANDING)
    assert row is not None
    return Standing(
        position=row["position"],
        lags=await lags(connection, [projection.name for projection in PROJECTIONS]),
        unsent=_backlog(row["notices"], row["notices_seconds"]),
        overdue=_backlog(row["streams"], row["streams_seconds"]),
        uncovered=_backlog(row["uncovered"], row["uncovered_seconds"]),
        checkpoint_age=row["checkpoint_age"],
    )


def _backlog(count: int, seconds: float) -> Backlog:
    return Backlog(count=count, seconds=max(seconds, 0))
