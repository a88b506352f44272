"""The discrete-event run: every command and every due moment at its instant, under a clock that jumps.

The loop decides nothing of its own. As workflows/conducting.py it sends a check when a stream's `next_wake` has
come, again for as long as that lies in the past, and commands one at a time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from domain.attribution import Command
from domain.identifiers import INSTRUCTION_PREFIX, RECURRENCE_PREFIX, SYSTEM, StreamId
from domain.instruction.commands import CheckDeadlines
from domain.outcomes import Outcome, Recorded
from domain.recurrence.commands import CheckRecurrence
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import EventStore, StoredEvent
from simulation.acts import Act, Change, Story
from simulation.desk import Desk
from simulation.world import People, set_up

_INSTANT = timedelta(microseconds=1)
_MOST = 100_000
_PERSON = b'"commitment":"'
Progress = Callable[[int, int], None]


class Stalled(Exception):
    """A check recorded nothing though {stream} had something due; the workflow would try it for ever."""

    def __init__(self, stream: StreamId, at: datetime) -> None:
        super().__init__(
            f"a check of {stream} at {at:%Y-%m-%d %H:%M:%S} UTC recorded nothing though something was due"
        )


@dataclass(kw_only=True)
class Run:
    """What a story came to."""

    story: Story
    store: MemoryEventStore
    desk: Desk
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    """Of each act, by its command id."""
    checks: int = 0

    async def log(self) -> list[StoredEvent]:
        return [event async for batch in self.store.read_all() for event in batch]


def timeline(story: Story) -> list[tuple[str, Act | Change]]:
    """Everything in order of time, each act with its command id."""
    acts: list[tuple[str, Act | Change]] = [
        (f"{life.number}.{n}", act)
        for life in story.lives
        for n, act in enumerate(life.acts, start=1)
    ]
    changes: list[tuple[str, Act | Change]] = [
        (change.command.command_id, change) for change in story.changes
    ]
    return sorted([*changes, *acts], key=lambda one: one[1].at)


async def live(story: Story, *, tzdata: str, progress: Progress | None = None) -> Run:
    """Raises `Stalled` where a due moment would keep a workflow busy for ever."""
    clock = _Clock(story.begins)
    store, persons = MemoryEventStore(clock=clock), MemoryPersonStore()
    desk = Desk(store, persons, tzdata)
    await set_up(store, desk.handler, persons, story.begins)
    run, people = Run(story=story, store=store, desk=desk), People(story.changes)
    happenings = timeline(story)
    numbers = count(1)

    async def wake_until(end: datetime) -> None:
        while due := await store.overdue(end + _INSTANT, limit=_MOST):
            first = due[0].next_wake
            assert first is not None
            clock.now = max(clock.now, first)
            for head in due:
                if head.next_wake == first:
                    outcome = await desk.record(_check(head.stream_id, next(numbers)), clock.now)
                    if not isinstance(outcome, Recorded) or not outcome.position:
                        raise Stalled(head.stream_id, clock.now)
                    run.checks += 1

    for done, (command_id, one) in enumerate(happenings, start=1):
        await wake_until(one.at)
        clock.now = one.at
        if isinstance(one, Act):
            request = one.request(command_id, people.acting(one.by, one.at))
            run.outcomes[command_id] = await desk.record(request, clock.now)
        else:
            outcome = await desk.record(one.command, clock.now)
            assert isinstance(outcome, Recorded), outcome
            if one.concerns_all:
                for stream in await _open(store):
                    await desk.record(_check(stream, next(numbers)), clock.now)
        if progress is not None and done % 25 == 0:
            progress(done, len(happenings))
    await wake_until(story.ends)
    if progress is not None:
        progress(len(happenings), len(happenings))
    return run


class _Clock:
    """Also stamps what is recorded."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _check(stream: StreamId, number: int) -> Command:
    head = {"command_id": f"check-{number}", "actor": SYSTEM}
    if stream.startswith(RECURRENCE_PREFIX):
        recurrence = stream.removeprefix(RECURRENCE_PREFIX)
        return CheckRecurrence.model_validate(head | {"recurrence": recurrence})
    return CheckDeadlines.model_validate(head | {"instruction": stream})


async def _open(store: EventStore) -> list[StreamId]:
    return [
        head.stream_id
        for prefix in (INSTRUCTION_PREFIX, RECURRENCE_PREFIX)
        for head in await store.open_streams(prefix=prefix, limit=_MOST)
    ]


def fingerprint(log: list[StoredEvent]) -> str:
    """SHA-256 over all events but for command ids, recorded times, and the commitments of persons, which
    hold a random salt each.
    """
    digest = hashlib.sha256()
    for event in log:
        body = event.body
        if _PERSON in body:
            before, _, rest = body.partition(_PERSON)
            body = before + rest.partition(b'"')[2]
        head = (event.stream_id, event.version, event.type, event.occurred_at, event.actor)
        digest.update(repr(head).encode() + body)
    return digest.hexdigest()
