"""Why a programme's figures are others at one moment than at another: the very events that moved them.

Two things are told apart. What *moved* happened between the two moments. What is *restated* had happened
by the earlier one, but came into the log only later: it changes what the earlier figures are known to be.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from domain.identifiers import InstructionId, ProgrammeId, StreamId
from domain.instruction.corrections import corrected
from domain.instruction.events import InstructionEvent
from domain.programme.difference import Change, Seen, changes, seen
from domain.programme.report import Measure
from eventstore.codec import decoded
from eventstore.protocol import EventStore, StoredEvent

By = Literal["occurred", "recorded"]
_AT_ONCE = 1000
"""So many instructions are held in memory with their events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A moment, and the last position of the log that is read for it."""

    at: datetime
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """Nothing happened, and that was it: time passed this deadline, or this date of a milestone."""

    deadline: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """A change with what did it."""

    change: Change
    causes: tuple[StoredEvent | Passed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A programme's measures at two moments, and all that made the difference.

    `then` and `restated` lead to `before`, `before` and `moved` to `after`: figure by figure, the later
    count is the earlier one and those that came in, without those that left.
    """

    earlier: Point
    later: Point
    then: tuple[Measure, ...]
    """At the earlier moment, as the log had it at the earlier position."""
    restated: tuple[Explained, ...]
    before: tuple[Measure, ...]
    """At the earlier moment, as the log has it at the later position."""
    moved: tuple[Explained, ...]
    after: tuple[Measure, ...]
    """At the later moment, as the log has it at the later position."""


async def difference(
    store: EventStore,
    instructions: Sequence[InstructionId],
    programme: ProgrammeId,
    earlier: Point,
    later: Point,
    by: By,
) -> Difference:
    """What made the programme's figures at `later` others than those at `earlier`.

    Args:
        instructions: all that ever belonged to the programme.
        earlier: its position is the end of the log at that moment.
        later: by occurred time, its position is the end of all that is known.
        by: which events count: those that had occurred by a moment, or those that the log held.
    """
    found: list[_Part] = []
    for start in range(0, len(instructions), _AT_ONCE):
        some = instructions[start : start + _AT_ONCE]
        streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams(some, until_position=later.position):
            streams[event.stream_id].append(event)
        histories = [
            _History(instruction, programme, streams[instruction], earlier, later, by)
            for instruction in some
        ]
        # In a thread: whoever else is served meanwhile does not wait for a thousand to be folded.
        found += await asyncio.to_thread(_parts, histories)
    return Difference(
        earlier=earlier,
        later=later,
        then=tuple(one.then for one in found if one.then is not None),
        restated=tuple(explained for one in found for explained in one.restated),
        before=tuple(one.before for one in found if one.before is not None),
        moved=tuple(explained for one in found for explained in one.moved),
        after=tuple(one.after for one in found if one.after is not None),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """What one instruction gives."""

    then: Measure | None
    restated: Sequence[Explained]
    before: Measure | None
    moved: Sequence[Explained]
    after: Measure | None


def _parts(histories: "Sequence[_History]") -> Sequence[_Part]:
    return [_part(history) for history in histories]


def _part(history: "_History") -> _Part:
    stood, stands, became = history.then, history.before, history.after
    return _Part(
        then=stood.measure,
        restated=history.explained(changes(stood, stands, history.restating)),
        before=stands.measure,
        moved=history.explained(changes(stands, became, history.moving)),
        after=became.measure,
    )


@dataclass(frozen=True)
class _History:
    """One instruction's events up to the later position, in version order."""

    instruction: InstructionId
    programme: ProgrammeId
    stored: Sequence[StoredEvent]
    earlier: Point
    later: Point
    by: By

    @cached_property
    def then(self) -> Seen:
        return self._as_known(self._known_then)

    @cached_property
    def before(self) -> Seen:
        return self._as_known(len(self.stored))

    @cached_property
    def after(self) -> Seen:
        events = (event for n, event in enumerate(self._events) if self._in_after(n))
        return self._seen(events, self.later.at)

    def restating(self) -> Iterator[Seen]:
        """Event by event as they came into the log after the earlier position."""
        for known in range(self._known_then + 1, len(self.stored) + 1):
            yield self._as_known(known, version=known)

    def moving(self) -> Iterator[Seen]:
        """Event by event as they occurred after the earlier moment, and the time that passed between."""
        chosen = {n for n in range(len(self._events)) if self._in_before(n)}
        new = [n for n in range(len(self._events)) if self._in_after(n) and n not in chosen]
        for n in sorted(new, key=lambda n: (self._events[n].occurred_at, n)):
            at = min(max(self._events[n].occurred_at, self.earlier.at), self.later.at)
            yield self._seen(self._chosen(chosen), at)
            chosen.add(n)
            yield self._seen(self._chosen(chosen), at, n + 1)
        yield self._seen(self._chosen(chosen), self.later.at)

    def explained(self, found: Sequence[Change]) -> list[Explained]:
        return [
            Explained(
                change=change,
                causes=tuple(
                    Passed(deadline=cause.at)
                    if cause.version is None
                    else self.stored[cause.version - 1]
                    for cause in change.causes
                ),
            )
            for change in found
        ]

    @cached_property
    def _raw(self) -> tuple[InstructionEvent, ...]:
        return tuple(decoded(self.stored))

    @cached_property
    def _events(self) -> tuple[InstructionEvent, ...]:
        return corrected(self._raw)

    @cached_property
    def _known_then(self) -> int:
        """How many of the events the log held at the earlier position."""
        return sum(event.position <= self.earlier.position for event in self.stored)

    def _as_known(self, known: int, version: int | None = None) -> Seen:
        """At the earlier moment, as known from so many events."""
        events = self._events if known == len(self.stored) else corrected(self._raw[:known])
        counted = (event for n, event in enumerate(events) if self._by_earlier(n, event))
        return self._seen(counted, self.earlier.at, version)

    def _by_earlier(self, n: int, event: InstructionEvent) -> bool:
        held = self.by == "recorded" and n < self._known_then
        return held or event.occurred_at <= self.earlier.at

    def _in_before(self, n: int) -> bool:
        return self._by_earlier(n, self._events[n])

    def _in_after(self, n: int) -> bool:
        return self.by == "recorded" or self._events[n].occurred_at <= self.later.at

    def _chosen(self, chosen: set[int]) -> Iterator[InstructionEvent]:
        return (self._events[n] for n in sorted(chosen))

    def _seen(
        self, events: Iterator[InstructionEvent], at: datetime, version: int | None = None
    ) -> Seen:
        return seen(self.instruction, self.programme, events, at, version)
