"""Decides a command by the rules of its stream, from what the log says; writes nothing."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.identifiers import DIRECTORY_STREAM, StreamId
from domain.outcomes import Outcome, Recorded, Rejected
from domain.rejections import Code, rejected
from eventstore.beside import Beside
from eventstore.codec import AnyEvent, decoded
from eventstore.consequences import MOST_STREAMS, consequences, may_settle, too_many
from eventstore.content import content_version, content_version_after
from eventstore.facts import gather
from eventstore.kept import DirectoryAt, KnownDirectory, StreamStanding
from eventstore.protocol import EventStore, Loaded, StreamRead, StreamWrite
from eventstore.routes import Route, route

_FRESH = 5.0
"""Seconds for which the log's format is taken to be as it was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What one stream's rules made of a command: events to be written, or none."""

    route: Route
    before: StreamStanding
    events: tuple[AnyEvent, ...]
    state: Any
    """After them."""
    directory: DirectoryAt
    read: tuple[StreamRead, ...]
    """Other streams that it rests on."""

    def and_then(self, more: "Decided") -> "Decided":
        """Both in one write: the other was decided on what this one leads to."""
        return Decided(
            route=replace(more.route, claims=(*self.route.claims, *more.route.claims)),
            before=self.before,
            events=(*self.events, *more.events),
            state=more.state,
            directory=more.directory,
            read=(*self.read, *more.read),
        )

    def write(self, log_format: int) -> StreamWrite:
        """Raises `NotWrittenYet`."""
        return self.route.write(self.before.version, self.events, self.state, log_format)

    @property
    def wakes(self) -> bool:
        """Whether what the stream waits for became another, or nothing more."""
        before, after, route = self.before.state, self.state, self.route
        return (
            self.before.version == 0
            or route.next_wake(before) != route.next_wake(after)
            or route.closed(before) != route.closed(after)
        )

    def after(self) -> StreamStanding:
        """How the stream stands once it is written."""
        before = self.before
        return StreamStanding(
            version=before.version + len(self.events),
            content_version=content_version_after(
                before.content_version, before.version, self.events
            ),
            state=self.state,
            epoch=before.epoch,
            session=before.session,
        )


class Deciding:
    """Reads streams, and decides with the directory as far as it is known here."""

    def __init__(self, store: EventStore, *, tzdata: str) -> None:
        self._store = store
        self._tzdata = tzdata
        self._directory = KnownDirectory()
        self.log_format = 1
        """Of the log, as it was last read."""
        self._read_at = -_FRESH

    async def load(self, stream_id: StreamId, command: Command | None) -> Loaded:
        """All that the stream says, and what is new in the directory, as of one moment.

        The directory's own stream is folded as it grows, and never read again from its beginning.
        """
        own = None if stream_id == DIRECTORY_STREAM else stream_id
        while True:
            after = self._directory.latest.version
            loaded = await self._store.load(
                own,
                command_id=command.command_id if command else None,
                shared=DIRECTORY_STREAM,
                shared_after=after,
            )
            self.log_format, self._read_at = loaded.log_format, time.monotonic()
            if self._directory.learn(loaded, after):
                return loaded

    @property
    def is_fresh(self) -> bool:
        """Whether the log was read not long ago: what it says of itself may be another by now."""
        return time.monotonic() - self._read_at < _FRESH

    async def directory(self) -> DirectoryAt:
        """As of now."""
        await self.load(DIRECTORY_STREAM, None)
        return self._directory.latest

    def standing(self, of: Route, loaded: Loaded) -> StreamStanding:
        if of.stream_id == DIRECTORY_STREAM:  # folded as it grows
            directory = self._directory.latest
            version, state, history = directory.version, directory.state, ()
            content = version
        else:
            history = tuple(decoded(loaded.events))
            version, state = len(history), of.decider.replay(history)
            content = content_version(loaded.events)
        return StreamStanding(
            version=version,
            content_version=content,
            state=state,
            epoch=loaded.epoch,
            session=loaded.session,
            history=history,
        )

    async def decide(
        self,
        command: Command,
        own: Route,
        standing: StreamStanding,
        at: datetime,
        *,
        beside: Beside | None = None,
    ) -> tuple[Decided, ...] | Outcome:
        """What is to be written to the command's own stream, and to those that it leads to more in; or, where
        nothing is, the answer. Those others are read, but for what `beside` has of them.
        """
        if command.expected_version not in (None, standing.content_version):
            return _changed_meanwhile(command.expected_version, standing, own)
        directory = self._directory.latest
        decided = await self._with_consequences(
            own, command, standing, directory, at, beside=beside
        )
        if isinstance(decided, Rejected) and may_settle(command):
            decided = await self._with_consequences(
                own, command, standing, directory, at, beside=beside, refused=decided
            )
        if isinstance(decided, Rejected):
            return decided
        if not decided[0].events:
            return Recorded(
                version=standing.version,
                content_version=standing.content_version,
                position=0,
                next_wake=own.next_wake(standing.state),
                closed=own.closed(standing.state),
            )
        return decided

    async def _with_consequences(
        self,
        own: Route,
        command: Command,
        standing: StreamStanding,
        directory: DirectoryAt,
        at: datetime,
        *,
        beside: Beside | None,
        refused: Rejected | None = None,
    ) -> tuple[Decided, ...] | Rejected:
        """By the rules of the command's own stream first, then of those that it leads to more in, and so on.
        Where it leads back to a stream, as a part that closes does to the whole it was resumed with, that
        is decided on what the stream has come to.
        """
        first = await self._by_rules_of(own, command, standing, directory, at, refused=refused)
        if isinstance(first, Rejected):
            return first
        decided = {own.stream_id: first}
        left = deque(_consequences_of(command, first, at))
        while left:
            if len(decided.keys() | {route(one).stream_id for one in left}) > MOST_STREAMS:
                return too_many()
            other = left.popleft()
            there = route(other)
            already = decided.get(there.stream_id)
            if already is not None:
                found = already.after()
            else:
                found = await beside.standing(other, there, standing) if beside else None
                if found is None:
                    found = self.standing(there, await self.load(there.stream_id, None))
            also = await self._by_rules_of(there, other, found, directory, at)
            if isinstance(also, Rejected):
                return also
            decided[there.stream_id] = already.and_then(also) if already else also
            left.extend(_consequences_of(other, also, at))
        return tuple(decided.values())

    async def _by_rules_of(
        self,
        to: Route,
        command: Command,
        standing: StreamStanding,
        directory: DirectoryAt,
        at: datetime,
        *,
        refused: Rejected | None = None,
    ) -> Decided | Rejected:
        gathered = await gather(
            self._store,
            command,
            standing.state,
            standing.history,
            directory=directory.state,
            tzdata=self._tzdata,
            at=at,
            refused=refused,
        )
        facts = gathered.facts
        events = to.decider.decide(command, standing.state, facts, at)
        if isinstance(events, Rejected):
            return events
        # From the beginning where the history bears on it: an event may correct one before it.
        after = (
            to.decider.replay((*facts.history, *events))
            if facts.history
            else to.decider.fold(events, standing.state)
        )
        return Decided(
            route=to,
            before=standing,
            events=events,
            state=after,
            directory=directory,
            read=gathered.read,
        )


def _changed_meanwhile(expected: int | None, standing: StreamStanding, own: Route) -> Rejected:
    return rejected(
        Code.CHANGED_MEANWHILE,
        f"{own.stream_id} stands at version {standing.content_version}, and this is for version {expected}: "
        "look at it as it is now, and decide anew",
        "expected_version",
    )


def _consequences_of(command: Command, decided: Decided, at: datetime) -> Sequence[Command]:
    before, after = decided.before.state, decided.state
    return consequences(command, decided.events, before, after, decided.directory.state, at)
