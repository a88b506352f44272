"""The one door: every fact is born through `CommandHandler.handle`.

Look the command id up, gather facts, load, fold, decide, append; on a conflict, load and decide again.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.attribution import SERVER_STAMPED, Command
from domain.decider import Decider
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, RegisterPerson
from domain.directory.decisions import directory_decider
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import DIRECTORY_STREAM, StreamId, programme_stream
from domain.instruction.commands import InstructionCommand, Issue
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import DeliveryOutcome, NotifyingEvent
from domain.instruction.state import is_closed
from domain.outcomes import NoticeKey, Outcome, Recorded, Rejected
from domain.programme.commands import AdoptProgramme
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from domain.rejections import Code, rejected
from eventstore.codec import AnyEvent, decoded, encode
from eventstore.protocol import (
    Append,
    AppendResult,
    AppendStatus,
    EventStore,
    NewEvent,
    RecordedCommand,
    StreamWrite,
)

_ATTEMPTS = 10
"""How often a command is decided anew because its stream moved on meanwhile."""

_DIRECTORY_COMMANDS = (RegisterBody, RegisterOffice, RegisterPerson, Appoint)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Route:
    """Where a command goes: its stream, the rules there, and how such a stream stands after it."""

    stream_id: StreamId
    decider: Decider[Any, Any, Any]
    next_wake: Callable[[Any], datetime | None]
    closed: Callable[[Any], bool]
    claims: tuple[str, ...] = ()


class CommandHandler:
    """Decides commands and records what they lead to. One per process; safe for concurrent use."""

    def __init__(self, store: EventStore, *, tzdata: str) -> None:
        """`tzdata` is the version of the time zone database in use, recorded with computed instants."""
        self._store = store
        self._tzdata = tzdata
        self._directory = Directory()
        self._directory_version = 0
        self._directory_epoch = 0
        self._directory_read = asyncio.Lock()

    async def handle(self, command: Command, at: datetime) -> Outcome:
        """Record what the command leads to at `at` (UTC, the present), or say why it is refused.

        A command id recorded before answers as it did then. Raises only what the store raises when it
        cannot be reached: then the outcome is unknown, and the same command may be sent again.
        """
        request_hash = hash_request(command)
        route = _route(command)
        known = await self._store.find_command(command.command_id)
        if known is not None:
            return await self._again(known, request_hash)
        for _ in range(_ATTEMPTS):
            facts = await self._facts(command)
            state, version = await self._load(route)
            decided = route.decider.decide(command, state, facts, at)
            if isinstance(decided, Rejected):
                return decided
            if not decided:
                return await self._answer(route, state, version, position=0)
            state = route.decider.fold(decided, state)
            append = _append(command, request_hash, route, version, decided, state)
            result = await self._store.append(append)
            match result.status:
                case AppendStatus.OK:
                    return await self._answer(route, state, result.version, result.position)
                case AppendStatus.DUPLICATE:
                    return await self._repeated(route.stream_id, result)
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
            f"{route.stream_id} kept changing while this was decided; send it again",
        )

    async def directory(self) -> Directory:
        """The directory as of now: what is new in its stream is folded onto what is known.

        In a new epoch the log may have lost what was folded: then from the beginning.
        """
        async with self._directory_read:
            return await self._read_directory()

    async def _read_directory(self) -> Directory:
        epoch = await self._store.epoch()
        if epoch != self._directory_epoch:
            self._directory, self._directory_version = Directory(), 0
            self._directory_epoch = epoch
        new = await self._store.read_stream(DIRECTORY_STREAM, after_version=self._directory_version)
        if new:
            self._directory = directory_decider.fold(decoded(new), self._directory)
            self._directory_version = new[-1].version
        return self._directory

    async def _load(self, route: _Route) -> tuple[Any, int]:
        """The stream's state and version. The directory's is kept: it is long, and always needed."""
        if route.stream_id == DIRECTORY_STREAM:
            return await self.directory(), self._directory_version
        stored = await self._store.read_stream(route.stream_id)
        return route.decider.fold(decoded(stored)), len(stored)

    async def _facts(self, command: Command) -> Facts:
        programme: Programme | None = None
        if isinstance(command, Issue) and command.programme is not None:
            stored = await self._store.read_stream(programme_stream(command.programme))
            programme = programme_decider.fold(decoded(stored))
        return Facts(directory=await self.directory(), programme=programme, tzdata=self._tzdata)

    async def _answer(self, route: _Route, state: Any, version: int, position: int) -> Recorded:
        return Recorded(
            version=version,
            position=position,
            next_wake=route.next_wake(state),
            closed=route.closed(state),
            undelivered=await self._store.undelivered(route.stream_id),
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
        head = await self._store.stream_head(stream_id)
        return Recorded(
            version=original.version,
            position=original.position,
            next_wake=head.next_wake if head else None,
            closed=head.closed if head else False,
            undelivered=await self._store.undelivered(stream_id),
        )


def hash_request(command: Command) -> bytes:
    """SHA-256 over the command as its sender made it, in canonical JSON."""
    fields = command.model_dump(mode="json", exclude=set(SERVER_STAMPED))
    return hashlib.sha256(
        json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).digest()


def _route(command: Command) -> _Route:
    match command:
        case InstructionCommand():
            return _Route(
                stream_id=command.instruction,
                decider=instruction_decider,
                next_wake=next_wake,
                closed=is_closed,
                claims=(f"number {command.number}",) if isinstance(command, Issue) else (),
            )
        case AdoptProgramme():
            stream_id, decider = programme_stream(command.programme), programme_decider
            return _Route(stream_id=stream_id, decider=decider, next_wake=_never, closed=_at_rest)
        case _ if isinstance(command, _DIRECTORY_COMMANDS):
            return _Route(
                stream_id=DIRECTORY_STREAM,
                decider=directory_decider,
                next_wake=_never,
                closed=_at_rest,
            )
        case _:
            raise TypeError(f"no stream takes a {type(command).__name__}")


def _never(state: object) -> None:
    del state


def _at_rest(state: object) -> bool:
    del state
    return True


def _append(
    command: Command,
    request_hash: bytes,
    route: _Route,
    version: int,
    events: tuple[AnyEvent, ...],
    state: Any,
) -> Append:
    numbered = list(enumerate(events, start=version + 1))
    write = StreamWrite(
        stream_id=route.stream_id,
        expected_version=version,
        events=tuple(
            NewEvent(
                type=event.type,
                occurred_at=event.occurred_at,
                actor=event.by.actor,
                body=encode(event),
            )
            for event in events
        ),
        next_wake=route.next_wake(state),
        closed=route.closed(state),
        notices=tuple(
            NoticeKey(version=v, recipient=to.person, channel=to.channel)
            for v, event in numbered
            if isinstance(event, NotifyingEvent)
            for to in event.notices
        ),
        settled=tuple(e.notice for e in events if isinstance(e, DeliveryOutcome)),
    )
    return Append(
        command_id=command.command_id,
        request_hash=request_hash,
        writes=(write,),
        claims=route.claims,
    )


def _reused(command: Command | RecordedCommand) -> Rejected:
    return rejected(
        Code.COMMAND_ID_REUSED,
        f"command id {command.command_id} is recorded for another request; use a new id",
        "command_id",
    )
