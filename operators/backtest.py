"""A policy tried on what happened: recorded lives lived again under it, next to what was."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.facts import Facts
from domain.instruction.backtest import as_it_occurred, relived
from domain.instruction.warnings_given import Totals, TwoLives, totals, warnings_given
from domain.policies import Policy
from eventstore.deeds import deeds_of
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import AsOf, read_as_of
from importing.problems import Progress, ignore_progress
from readmodels.register import RegisterRow

_READ = 100
"""Instructions whose events are in memory at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What came of it."""

    policy: Policy
    until: datetime
    lives: Sequence[TwoLives]
    entered_as_history: int
    """Lives that were warned of only from when they were entered."""

    @property
    def happened(self) -> Totals:
        return totals([two.happened for two in self.lives])

    @property
    def relived(self) -> Totals:
        return totals([two.relived for two in self.lives])

    @property
    def caught_earlier(self) -> Sequence[timedelta]:
        """By how much, of those that would first have been escalated earlier."""
        found = (two.caught_earlier_by for two in self.lives)
        return sorted(by for by in found if by is not None and by > timedelta(0))


async def backtest(
    store: EventStore,
    rows: Sequence[RegisterRow],
    policy: Policy,
    facts: Facts,
    until: datetime,
    *,
    at_their_time: bool = False,
    progress: Progress = ignore_progress,
) -> Backtest:
    """Live the lives of these instructions again until then, with the bodies, people and calendars of now.

    Args:
        at_their_time: as if history had been entered when it happened; else it is warned of from then on only.
        progress: called with (lives, all of them).
    """
    lives: list[TwoLives] = []
    entered_later = 0
    progress(0, len(rows))
    for some in _in_parts(rows):
        stored = await store.read_streams([row.instruction for row in some])
        for row in some:
            own = [event for event in stored if event.stream_id == row.instruction]
            # In a thread: whoever else is served meanwhile does not wait for a life to pass.
            history, life = await asyncio.to_thread(
                _two_lives, row.number, own, policy, facts, until, at_their_time
            )
            entered_later += history
            lives.append(life)
            progress(len(lives), len(rows))
    return Backtest(
        policy=policy,
        until=until,
        lives=lives,
        entered_as_history=0 if at_their_time else entered_later,
    )


def _two_lives(
    number: str,
    stored: Sequence[StoredEvent],
    rules: Policy,
    facts: Facts,
    until: datetime,
    at_their_time: bool,
) -> tuple[bool, TwoLives]:
    """Whether it was entered as history, and what happened next to what would have."""
    deeds = deeds_of(stored)
    founded = deeds[0].events[0]
    lived = as_it_occurred(deeds) if at_their_time else deeds
    two = TwoLives(
        number=number,
        happened=warnings_given(read_as_of(stored, AsOf(occurred=until))),
        relived=warnings_given(relived(lived, facts, until, rules)),
    )
    return founded.by.backdating_reason is not None, two


def _in_parts(rows: Sequence[RegisterRow]) -> Iterator[Sequence[RegisterRow]]:
    for start in range(0, len(rows), _READ):
        yield rows[start : start + _READ]
