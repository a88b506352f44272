"""The shape every kind of stream shares: `initial`, `decide`, `evolve` (Chassaing's Decider)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Generic, TypeVar

from domain.facts import Facts
from domain.outcomes import Rejected

Command = TypeVar("Command")
Event = TypeVar("Event")
State = TypeVar("State")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decider(Generic[Command, Event, State]):
    """Pure rules of one kind of stream."""

    initial: State
    decide: Callable[[Command, State, Facts, datetime], tuple[Event, ...] | Rejected]
    evolve: Callable[[State, Event], State]
    as_corrected: Callable[[Iterable[Event]], Iterable[Event]] = iter
    """A stream's events as later ones correct them; where nothing is corrected, as they are."""

    def replay(self, events: Iterable[Event]) -> State:
        """The state after all events of a stream, corrections taken into account."""
        return self.fold(self.as_corrected(events))

    def fold(self, events: Iterable[Event], state: State | None = None) -> State:
        """The state after these events, from `state` or from the beginning."""
        return reduce(self.evolve, events, self.initial if state is None else state)
