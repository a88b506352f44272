"""The one door: every fact is born through `CommandHandler.handle`.

Look the command id up, load, fold, gather facts, decide, append; on a conflict, load and decide again.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.attribution import SERVER_STAMPED, Command
from domain.directory.decisions import directory_decider
from domain.directory.state import Directory
from domain.identifiers import DIRECTORY_STREAM, StreamId
from domain.instruction.commands import InstructionCommand
from domain.instruction.decisions.parts import founded_with
from domain.outcomes import NoticeKey, Outcome, Recorded, Rejected
from domain.rejections import Code, rejected
from eventstore.codec import AnyEvent, decoded
from eventstore.facts import gather
from eventstore.protocol import (
    Append,
    AppendResult,
    AppendStatus,
    EventStore,
    Loaded,
    RecordedCommand,
    StoredEvent,
    StreamWrite,
)
from eventstore.routes import Route, route

_ATTEMPTS = 10
"""How often a command is decided anew because its stream moved on meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """The notices that one append gave in one stream, and what they are made from."""

    stream_id: StreamId
    notices: Sequence[NoticeKey]
    """At least one."""
    events: Mapping[int, AnyEvent]
    """By version: those that the append wrote."""
    state: Any
    """The stream's, after them."""
    directory: Directory
    at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decided:
    """What one stream's rules made of a command."""

    route: Route
    version: int
    """Before it."""
    events: tuple[AnyEvent, ...]
    state: Any
    """After it."""

    def write(self) -> StreamWrite:
        return self.route.write(self.version, self.events, self.state)


class CommandHandler:
    """Decides commands and records what they lead to. One per process; safe for concurrent use."""

    def __init__(self, store: EventStore, *, tzdata: str) -> None:
        """`tzdata` is the version of the time zone database in use, recorded with computed instants."""
        self._store = store
        self._tzdata = tzdata
        self._directory = _KnownDirectory()

    async def handle(
        self, command: Command, at: datetime, *, given: Callable[[Given], None] | None = None
    ) -> Outcome:
        """Record what the command leads to at `at` (UTC, the present), or say why it is refused.

        A command id recorded before answers as it did then. Two round trips to the log as a rule: one
        loads all that most decisions need, one appends. Raises only what the store raises when it cannot
        be reached: then the outcome is unknown, and the same command may be sent again.

        `given` is told of the notices that were recorded just now, once for each stream that gave any. Without
        it, and for what it does not live to deliver, the watchdog sees to them.
        """
        request_hash = hash_request(command)
        own = route(command)
        for _ in range(_ATTEMPTS):
            loaded = await self._load(own.stream_id, command)
            if loaded.known is not None:
                return await self._again(loaded.known, request_hash)
            decided = await self._decide(own, command, loaded.events, at)
            if isinstance(decided, Rejected):
                return decided
            if not decided.events:
                return _recorded(decided, loaded.undelivered, decided.version, position=0)
            founded = await self._decide_founded(command, decided.state, at)
            if isinstance(founded, Rejected):
                return founded
            both = (decided, founded) if founded is not None else (decided,)
            append = Append(
                command_id=command.command_id,
                request_hash=request_hash,
                writes=tuple(one.write() for one in both),
                claims=tuple(claim for one in both for claim in one.route.claims),
            )
            result = await self._store.append(append)
            match result.status:
                case AppendStatus.OK:
                    if given is not None:
                        for one, write in zip(both, append.writes, strict=True):
                            if write.notices:
                                given(self._given(one, write.notices, at))
                    undelivered = _undelivered_after(append.writes[0], loaded.undelivered)
                    return _recorded(decided, undelivered, result.version, result.position)
                case AppendStatus.DUPLICATE:
                    return await self._repeated(own.stream_id, result)
                case AppendStatus.MISMATCH:
                    return _reused(command)
                case AppendStatus.TAKEN:
                    return rejected(
                        Code.NUMBER_TAKEN,
                        f"{result.key} is taken by another instruction; choose another",
                        "number",
                    )
                case AppendStatus.CONFLICT:
                    continue
        return rejected(
            Code.TOO_MUCH_CONTENTION,
            f"{own.stream_id} kept changing while this was decided; send it again",
        )

    async def directory(self) -> Directory:
        """The directory as of now."""
        await self._load(DIRECTORY_STREAM, None)
        return self._directory.state

    async def _load(self, stream_id: StreamId, command: Command | None) -> Loaded:
        """All that the command's own stream says, and what is new in the directory, as of one moment."""
        while True:
            after = self._directory.version
            loaded = await self._store.load(
                stream_id,
                command_id=command.command_id if command else None,
                shared=DIRECTORY_STREAM,
                shared_after=after,
            )
            if self._directory.learn(loaded, after):
                return loaded

    async def _decide(
        self, to: Route, command: Command, stored: Sequence[StoredEvent], at: datetime
    ) -> _Decided | Rejected:
        if to.stream_id == DIRECTORY_STREAM:
            history, state, version = (), self._directory.state, self._directory.version
        else:
            history = tuple(decoded(stored))
            state, version = to.decider.replay(history), len(history)
        facts = await gather(
            self._store,
            command,
            state,
            history,
            directory=self._directory.state,
            tzdata=self._tzdata,
        )
        events = to.decider.decide(command, state, facts, at)
        if isinstance(events, Rejected):
            return events
        # From the beginning where it can be: an event may correct one before it.
        after = (
            to.decider.replay((*history, *events)) if history else to.decider.fold(events, state)
        )
        return _Decided(route=to, version=version, events=events, state=after)

    async def _decide_founded(
        self, command: Command, state: Any, at: datetime
    ) -> _Decided | Rejected | None:
        """What must be recorded in another stream together with the command, by that stream's rules."""
        if not isinstance(command, InstructionCommand):
            return None
        other = founded_with(command, state)
        if other is None:
            return None
        there = route(other)
        return await self._decide(there, other, await self._store.read_stream(there.stream_id), at)

    def _given(self, decided: _Decided, notices: Sequence[NoticeKey], at: datetime) -> Given:
        return Given(
            stream_id=decided.route.stream_id,
            notices=notices,
            events=dict(enumerate(decided.events, start=decided.version + 1)),
            state=decided.state,
            directory=self._directory.state,
            at=at,
        )

    async def _again(self, known: RecordedCommand, request_hash: bytes) -> Outcome:
        if known.request_hash != request_hash:
            return _reused(known)
        result = AppendResult(
            status=AppendStatus.DUPLICATE, version=known.version, position=known.position
        )
        return await self._repeated(known.stream_id, result)

    async def _repeated(self, stream_id: StreamId, original: AppendResult) -> Recorded:
        """The original answer, with the stream's standing as it is now."""
        head, undelivered = await asyncio.gather(
            self._store.stream_head(stream_id), self._store.undelivered(stream_id)
        )
        return Recorded(
            version=original.version,
            position=original.position,
            next_wake=head.next_wake if head else None,
            closed=head.closed if head else False,
            undelivered=undelivered,
        )


class _KnownDirectory:
    """The directory as far as it has been read: long, and needed by every decision."""

    def __init__(self) -> None:
        self.state = Directory()
        self.version = 0
        self._epoch: int = 0

    def learn(self, loaded: Loaded, after: int) -> bool:
        """Fold what is new of the events after that version. False if the log is in another epoch, and
        may have lost what was folded: then it must be read from the beginning.
        """
        if loaded.epoch != self._epoch:
            self.state, self.version, self._epoch = Directory(), 0, loaded.epoch
        if after > self.version:
            return False
        new = [event for event in loaded.shared if event.version > self.version]
        if new:
            self.state = directory_decider.fold(decoded(new), self.state)
            self.version = new[-1].version
        return True


def hash_request(command: Command) -> bytes:
    """SHA-256 over the command as its sender made it, in canonical JSON."""
    fields = command.model_dump(mode="json", exclude=set(SERVER_STAMPED))
    return hashlib.sha256(
        json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).digest()


def _recorded(
    decided: _Decided, undelivered: tuple[NoticeKey, ...], version: int, position: int
) -> Recorded:
    return Recorded(
        version=version,
        position=position,
        next_wake=decided.route.next_wake(decided.state),
        closed=decided.route.closed(decided.state),
        undelivered=undelivered,
    )


def _undelivered_after(write: StreamWrite, before: tuple[NoticeKey, ...]) -> tuple[NoticeKey, ...]:
    """Only the stream's own appends change what of it is undelivered."""
    left = (set(before) | set(write.notices)) - set(write.settled)
    return tuple(sorted(left, key=lambda n: (n.version, n.recipient, n.channel)))


def _reused(command: Command | RecordedCommand) -> Rejected:
    return rejected(
        Code.COMMAND_ID_REUSED,
        f"command id {command.command_id} is recorded for another request; use a new id",
        "command_id",
    )
