"""What the log says of due moments, in plain SQL: read from the bytes as they are stored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from bench.opening import DUE_MOMENTS
from domain.identifiers import CommandId, StreamId

_FIRED = """
    select stream_id, type, occurred_at, (convert_from(body, 'utf8')::jsonb ->> 'due_at')::timestamptz as due_at,
        (convert_from(body, 'utf8')::jsonb ->> 'late')::boolean as late
    from remit.events where type = any($1) order by position
"""
_COMMENTS = "select command_id, position from remit.events where type = 'Commented'"
_OUTCOMES = """
    select count(*) from (
        select from remit.events where type in ('NotificationDelivered', 'NotificationFailed', 'NotificationSuppressed')
        group by stream_id, convert_from(body, 'utf8')::jsonb -> 'notice' having count(*) > 1
    ) twice
"""


@dataclass(frozen=True, kw_only=True)
class Fired:
    """A due moment on record."""

    stream: StreamId
    type: str
    due_at: datetime
    at: datetime
    late: bool


@dataclass(frozen=True, kw_only=True)
class DueMoments:
    """Those of the instructions that were to fall due, and of all others none."""

    expected: int
    fired: int
    lost: int
    doubled: int
    unexpected: int
    """Of instructions that nothing was due of."""

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.unexpected)


async def fired(database_url: str) -> Sequence[Fired]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(_FIRED, DUE_MOMENTS)
    finally:
        await connection.close()
    return [
        Fired(
            stream=row["stream_id"],
            type=row["type"],
            due_at=row["due_at"],
            at=row["occurred_at"],
            late=row["late"],
        )
        for row in rows
    ]


def due_moments(found: Sequence[Fired], due: Sequence[StreamId]) -> DueMoments:
    """Args: due: instructions of which one moment of each kind was to fire."""
    times = Counter((one.stream, one.type) for one in found)
    expected = {(stream, kind) for stream in due for kind in DUE_MOMENTS}
    return DueMoments(
        expected=len(expected),
        fired=len(found),
        lost=len(expected - times.keys()),
        doubled=sum(count - 1 for count in times.values()),
        unexpected=len(times.keys() - expected),
    )


@dataclass(frozen=True, kw_only=True)
class Commands:
    lost: int
    """Acknowledged, and not recorded as told."""
    doubled: int
    outcomes_doubled: int
    """Notices with more than one outcome."""

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.outcomes_doubled)


async def commands(database_url: str, acknowledged: Mapping[CommandId, int]) -> Commands:
    """Args: acknowledged: comments, by the position that their client was told."""
    connection = await asyncpg.connect(database_url)
    try:
        comments = await connection.fetch(_COMMENTS)
        outcomes_doubled = await connection.fetchval(_OUTCOMES)
    finally:
        await connection.close()
    at = {row["command_id"]: row["position"] for row in comments}
    return Commands(
        lost=sum(at.get(command) != position for command, position in acknowledged.items()),
        doubled=len(comments) - len(at),
        outcomes_doubled=outcomes_doubled,
    )
