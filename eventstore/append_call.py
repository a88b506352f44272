"""Lays commands out as the parallel arrays that `remit.append` takes (migrations/0018_held_notices.sql)."""

from collections.abc import Sequence
from typing import Any

from eventstore.protocol import Append


def arguments(appends: Sequence[Append]) -> list[list[Any]]:
    """Answer the function's arguments; commands, writes and so on refer to each other by 1-based index.

    A command that contends with one before it begins a new round, which sees what the rounds before
    wrote.
    """
    commands: list[tuple[Any, ...]] = []
    writes: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    notices: list[tuple[Any, ...]] = []
    settled: list[tuple[Any, ...]] = []
    claims: list[tuple[Any, ...]] = []
    round_number = 1
    this_round: set[tuple[str, str]] = set()
    for command, append in enumerate(appends, start=1):
        if not this_round.isdisjoint(append.rested_on):
            round_number += 1
            this_round.clear()
        this_round |= append.written
        own_write = len(writes) + 1
        commands.append(
            (append.command_id, append.request_hash, round_number, own_write, append.epoch)
        )
        claims += [(command, key) for key in dict.fromkeys(append.claims)]
        for write in append.writes:
            stream = write.stream_id
            writes.append((command, stream, write.expected_version, write.next_wake, write.closed))
            events += [
                (len(writes), event.type, event.occurred_at, event.actor, event.body)
                for event in write.events
            ]
            notices += [
                (command, stream, n.version, n.recipient, n.channel, send_after)
                for n, send_after in write.outbox
            ]
            settled += [(command, stream, n.version, n.recipient, n.channel) for n in write.settled]
        writes += [(command, read.stream_id, read.version, None, False) for read in append.read]
    return [
        *_columns(commands, 5),
        *_columns(writes, 5),
        *_columns(events, 5),
        *_columns(notices, 6),
        *_columns(settled, 5),
        *_columns(claims, 2),
    ]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]
