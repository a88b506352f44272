"""Fills a scratch database's log with genuine events, by COPY, as a superuser: millions in a minute or two.

A few lives are led for real, from command to event, in a log in memory; each instruction gets a copy of
one of them, with a number, an id and a programme of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import asyncpg

from bench.log.template_lives import NUMBER, PROGRAMME, Life, staged, template_lives
from domain.identifiers import ProgrammeId, StreamId, instruction_id, programme_stream

_RECORDED_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_LASTS = timedelta(days=900)
"""The moments of recording spread over so long, whatever the number of events."""
_SIDE_BY_SIDE = 5_000
"""So many lives are led at the same time, an event of each in turn."""
_COLUMNS = (
    "position",
    "stream_id",
    "version",
    "type",
    "occurred_at",
    "recorded_at",
    "actor",
    "command_id",
    "body",
)


_COMMANDS = """
    insert into remit.commands (command_id, request_hash, stream_id, version, position)
    select gen_random_uuid()::text, sha256(body), stream_id, version, position from remit.events
"""
_CLAIMS = """
    insert into remit.claims (key, command_id, stream_id)
    select 'number ' || stream_id, command_id, stream_id from remit.events where version = 1
"""


Rewrite = Callable[[int, bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Filled:
    instructions: int
    events: int
    """The log's head."""


def number_of(n: int) -> str:
    """Of the n-th instruction, from 0."""
    return f"FILL-{n:013}"


async def fill_log(
    database_url: str,
    programmes: Sequence[tuple[ProgrammeId, int]],
    *,
    short: bool = False,
    lives: Sequence[Life] = (),
    with_commands: bool = False,
    rewrite: Rewrite | None = None,
    conducted: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Filled:
    """Fill an empty log with so many instructions of each programme, spread evenly over it.

    Args:
        database_url: a superuser's, of a database that was migrated and holds no event.
        short: five events a life; otherwise some twenty, with reminders, notices and escalations.
        lives: to be led instead of those, in turn.
        with_commands: with what appends leave beside events and streams: commands, and claimed numbers.
        rewrite: makes the bodies of the n-th instruction, from 0, differ from those of others.
        conducted: False for streams that no watchdog looks at, whatever their events say.
        progress: is told the instructions done, and all.
    """
    lives = lives or await template_lives(short=short)
    total = sum(count for _, count in programmes)
    connection = await asyncpg.connect(database_url)
    try:
        head = await connection.fetchval("select position from remit.counter")
        if head:
            raise ValueError(f"the log holds {head} events already; name an empty database")
        expected = total * sum(len(life.events) for life in lives) // len(lives)
        clock = _Clock(step=_LASTS / max(expected, 1))
        position = 0
        for programme, _ in programmes:
            position = await _copy_programme(connection, programme, position, clock)
        order = _spread(programmes)
        done = 0
        while batch := list(islice(order, _SIDE_BY_SIDE)):
            position = await _copy_batch(
                connection, batch, done, lives, position, clock, rewrite, conducted=conducted
            )
            done += len(batch)
            if progress is not None:
                progress(done, total)
        await connection.execute(
            "update remit.counter set position = $1, recorded_at = $2", position, clock.now
        )
        if with_commands:
            await connection.execute(_COMMANDS)
            await connection.execute(_CLAIMS)
            await connection.execute("vacuum analyze remit.commands")
        await connection.execute("vacuum analyze remit.events")
        await connection.execute("vacuum analyze remit.streams")
    finally:
        await connection.close()
    return Filled(instructions=total, events=position)


@dataclass
class _Clock:
    step: timedelta
    now: datetime = _RECORDED_FROM

    def tick(self) -> datetime:
        self.now += self.step
        return self.now


def _spread(programmes: Sequence[tuple[ProgrammeId, int]]) -> Iterator[ProgrammeId]:
    """Each programme's name as often as it has instructions, evenly mixed."""
    total = sum(count for _, count in programmes)
    owed = [0.0] * len(programmes)
    for _ in range(total):
        for place, (_, count) in enumerate(programmes):
            owed[place] += count / total
        most = max(range(len(owed)), key=owed.__getitem__)
        owed[most] -= 1
        yield programmes[most][0]


async def _copy_programme(
    connection: "asyncpg.Connection[asyncpg.Record]",
    programme: ProgrammeId,
    position: int,
    clock: _Clock,
) -> int:
    store, _ = await staged()
    events = await store.read_stream(programme_stream(PROGRAMME))
    rows = [
        (
            position + place,
            programme_stream(programme),
            event.version,
            event.type,
            event.occurred_at,
            clock.tick(),
            event.actor,
            f"{programme}-{event.version}",
            event.body.replace(PROGRAMME.encode(), programme.encode()),
        )
        for place, event in enumerate(events, start=1)
    ]
    head = (programme_stream(programme), len(events), None, False)
    await _copy(connection, rows, [head])
    return position + len(rows)


async def _copy_batch(
    connection: "asyncpg.Connection[asyncpg.Record]",
    programmes: Sequence[ProgrammeId],
    first: int,
    lives: Sequence[Life],
    position: int,
    clock: _Clock,
    rewrite: Rewrite | None,
    *,
    conducted: bool,
) -> int:
    """An event of each life in turn, so that streams lie mingled in the log as they do in a real one."""
    heads: list[tuple[object, ...]] = []
    led: list[tuple[StreamId, bytes, bytes, Life]] = []
    for place, programme in enumerate(programmes):
        number = number_of(first + place)
        life = lives[(first + place) % len(lives)]
        stream = instruction_id(number)
        led.append((stream, number.encode(), programme.encode(), life))
        standing = (life.next_wake, life.closed) if conducted else (None, True)
        heads.append((stream, len(life.events), *standing))
    rows: list[tuple[object, ...]] = []
    template = instruction_id(NUMBER).encode()
    for turn in range(max(len(life.events) for life in lives)):
        for place, (stream, number, programme, life) in enumerate(led):
            if turn >= len(life.events):
                continue
            event = life.events[turn]
            position += 1
            body = event.body
            if turn == 0:
                body = body.replace(NUMBER.encode(), number)
                body = body.replace(PROGRAMME.encode(), programme)
            if template in body:
                body = body.replace(template, stream.encode())
            if rewrite is not None:
                body = rewrite(first + place, body)
            rows.append(
                (
                    position,
                    stream,
                    event.version,
                    event.type,
                    event.occurred_at,
                    clock.tick(),
                    event.actor,
                    f"fill-{position}",
                    body,
                )
            )
    await _copy(connection, rows, heads)
    return position


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]",
    rows: Sequence[tuple[object, ...]],
    heads: Sequence[tuple[object, ...]],
) -> None:
    await connection.copy_records_to_table(
        "events", schema_name="remit", records=rows, columns=_COLUMNS
    )
    await connection.copy_records_to_table(
        "streams",
        schema_name="remit",
        records=heads,
        columns=("stream_id", "version", "next_wake", "closed"),
    )
