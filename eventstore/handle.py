"""The one door: every fact is born through `CommandHandler.handle`.

Look the command id up, load, fold, gather facts, decide (deciding.py), append; on a conflict, load and
decide again.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile
from random import uniform
from typing import Any

from domain.attribution import SERVER_STAMPED, Command
from domain.directory.state import Directory
from domain.identifiers import DIRECTORY_STREAM, StreamId
from domain.outcomes import NoticeKey, Outcome, Recorded, Rejected
from domain.rejections import Code, rejected
from eventstore.beside import Beside, Turns
from eventstore.codec import AnyEvent, NotWrittenYet
from eventstore.content import content_version
from eventstore.deciding import Decided, Deciding
from eventstore.facts import NEED_THE_HISTORY
from eventstore.kept import DirectoryAt, KeptStandings, StreamStanding
from eventstore.protocol import (
    Append,
    AppendResult,
    AppendStatus,
    EventStore,
    RecordedCommand,
    StreamRead,
    StreamWrite,
)
from eventstore.routes import Route, route
from telemetry.telling import Telemetry

_ATTEMPTS = 20
"""How often a command is decided anew because a stream that it writes or rests on moved on meanwhile."""
_PAUSE = 0.05
"""Seconds, at most, between two attempts of processes that are in each other's way."""


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
class _Request:
    """What `handle` was asked for."""

    command: Command
    hash: bytes
    at: datetime
    given: Callable[[Given], None] | None
    beside: Callable[[StreamId], None] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prepared:
    """What a request leads to, before it is recorded."""

    request: _Request
    decided: Sequence[Decided]
    append: Append


class CommandHandler:
    """Decides commands and records what they lead to. One per process; safe for concurrent use."""

    def __init__(
        self,
        store: EventStore,
        *,
        tzdata: str,
        most_kept: int = 1000,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Args:
        tzdata: version of the time zone database in use, recorded with computed instants.
        most_kept: streams whose standing is kept in memory, at most.
        telemetry: is told of each command and its outcome.
        """
        self._store = store
        self._deciding = Deciding(store, tzdata=tzdata)
        self._kept = KeptStandings(most_kept)
        self._turns = Turns()
        self._telemetry = telemetry or Telemetry()

    async def handle(
        self,
        command: Command,
        at: datetime,
        *,
        given: Callable[[Given], None] | None = None,
        beside: Callable[[StreamId], None] | None = None,
    ) -> Outcome:
        """Record what the command leads to at `at` (UTC, the present), or say why it is refused.

        A command id recorded before answers as it did then. One round trip to the log if this process
        wrote the stream last (and read any within five seconds), two as a rule: one loads all that most decisions need, one appends. Raises
        only what the store raises when it cannot be reached: then the outcome is unknown, and the same
        command may be sent again.

        `given` is told of the notices that were recorded just now, once for each stream that gave any. Without
        it, and for what it does not live to deliver, the watchdog sees to them. `beside` is told of each stream,
        besides the command's own, that began just now, or has since to wake at another moment or not at all.
        """
        request = _Request(
            command=command, hash=hash_request(command), at=at, given=given, beside=beside
        )
        own = route(command)
        with self._telemetry.command(_type_of(command), command.command_id, own.stream_id) as told:
            outcome = await self._handle(request, own)
            told.outcome = outcome.code if isinstance(outcome, Rejected) else "recorded"
        return outcome

    async def _handle(self, request: _Request, own: Route) -> Outcome:
        command = request.command
        again = isinstance(command, NEED_THE_HISTORY) or not self._deciding.is_fresh
        kept = None if again else self._kept.take(own.stream_id)
        if kept is not None:
            outcome = await self._record(request, own, kept, as_kept=True)
            if outcome is not None:
                return outcome
        for attempt in range(_ATTEMPTS):
            async with AsyncExitStack() as turn:
                if attempt > 0:
                    await turn.enter_async_context(self._turns.at(own.stream_id))
                loaded = await self._deciding.load(own.stream_id, command)
                if loaded.known is not None:
                    return await self._again(loaded.known, request.hash)
                outcome = await self._record(request, own, self._deciding.standing(own, loaded))
                if outcome is not None:
                    return outcome
            if attempt > 0:  # another process was in the way
                await asyncio.sleep(uniform(0, _PAUSE))  # noqa: S311 - it need not be secret
        return rejected(
            Code.TOO_MUCH_CONTENTION,
            f"{own.stream_id} kept changing while this was decided; send it again",
        )

    async def handle_in_bulk(
        self, series: Sequence[Sequence[Command]], at: datetime
    ) -> Sequence[Sequence[Outcome]]:
        """As `handle` would answer, for an import: each series goes to one stream, in turn, up to the first
        that is refused.

        Each command is decided on what those before it lead to, and all are recorded together. Where the
        log has moved on, or knows one of them, the rest of that series is handled one by one. Loads are one
        round trip a series; raises what `handle` raises, and the same series may be sent again then.
        """
        prepared = await asyncio.gather(*(self._prepared(one, at) for one in series))
        appends = [one.append for of_series in prepared for one in of_series]
        results = iter(await self._store.append_many(appends))
        answers: list[Sequence[Outcome]] = []
        for commands, of_series in zip(series, prepared, strict=True):
            ended = list(islice(results, len(of_series)))
            outcomes: list[Outcome] = [
                self._recorded(one.request, one.decided, one.append.writes, result.position)
                for one, result in zip(of_series, takewhile(_is_recorded, ended), strict=False)
            ]
            for command in commands[len(outcomes) :]:
                outcomes.append(await self.handle(command, at))
                if isinstance(outcomes[-1], Rejected):
                    break
            answers.append(outcomes)
        return answers

    async def preview(self, command: Command, at: datetime) -> tuple[AnyEvent, ...] | Rejected:
        """What `handle` would record in the command's own stream at `at` by what the log says now, or why it would
        refuse. What follows from that in other streams is decided too, and not told: who may read this one need not read
        those.

        Nothing is written. No events: the command is recorded already, or leads to nothing. That a key such
        as a number is taken shows only when it is appended. One round trip as a rule; raises what `handle`
        raises.
        """
        own = route(command)
        loaded = await self._deciding.load(own.stream_id, command)
        if loaded.known is not None:
            same = loaded.known.request_hash == hash_request(command)
            return () if same else _reused(loaded.known)
        standing = self._deciding.standing(own, loaded)
        decided = await self._deciding.decide(command, own, standing, at)
        if isinstance(decided, tuple):
            return tuple(decided[0].events)
        return decided if isinstance(decided, Rejected) else ()

    async def directory(self) -> Directory:
        """The directory as of now."""
        return (await self._deciding.directory()).state

    async def directory_at(self) -> DirectoryAt:
        """The same, with the version of its stream: what a command's `expected_version` is compared with."""
        return await self._deciding.directory()

    async def _prepared(self, series: Sequence[Command], at: datetime) -> Sequence[_Prepared]:
        """What the series leads to, up to the first command that leads to no event."""
        prepared: list[_Prepared] = []
        standing: StreamStanding | None = None
        for command in series:
            own = route(command)
            if standing is None:
                loaded = await self._deciding.load(own.stream_id, None)
                standing = self._deciding.standing(own, loaded)
            decided = await self._deciding.decide(command, own, standing, at)
            if not isinstance(decided, tuple):
                break
            request = _Request(
                command=command, hash=hash_request(command), at=at, given=None, beside=None
            )
            try:
                append = _append(request, decided, self._deciding.log_format)
            except NotWrittenYet:
                break  # `handle` says why
            if append is None:
                break
            prepared.append(_Prepared(request=request, decided=decided, append=append))
            history = (*standing.history, *decided[0].events)
            standing = replace(decided[0].after(), history=history)
        return prepared

    async def _record(
        self, request: _Request, own: Route, standing: StreamStanding, *, as_kept: bool = False
    ) -> Outcome | None:
        """Decide and append; None where the log must be read again.

        Without an append there is an answer only from what was read: what was kept may be stale, and the
        command may be recorded already.
        """
        async with AsyncExitStack() as held:
            beside = Beside(turns=self._turns, kept=self._kept, held=held)
            decided = await self._deciding.decide(
                request.command, own, standing, request.at, beside=beside
            )
            if not isinstance(decided, tuple):
                if as_kept or beside.used_kept:
                    return None
                self._keep(own, standing)
                return decided
            try:
                append = _append(request, decided, self._deciding.log_format)
            except NotWrittenYet as early:
                return rejected(Code.UPGRADE_UNFINISHED, str(early))
            if append is None:
                return None
            result = await self._store.append(append)
            match result.status:
                case AppendStatus.OK:
                    return self._recorded(request, decided, append.writes, result.position)
                case AppendStatus.DUPLICATE:
                    return await self._repeated(own.stream_id, result)
                case AppendStatus.MISMATCH:
                    return _reused(request.command)
                case AppendStatus.TAKEN:
                    return rejected(
                        Code.NUMBER_TAKEN,
                        f"{result.key} is taken by another instruction; choose another",
                        "number",
                    )
                case AppendStatus.CONFLICT:
                    return None

    def _recorded(
        self,
        request: _Request,
        decided: Sequence[Decided],
        writes: Sequence[StreamWrite],
        position: int,
    ) -> Recorded:
        """Keep how the streams stand now, and tell of the notices and of whom it wakes."""
        written = [one for one in decided if one.events]
        for one, write in zip(written, writes, strict=True):
            self._keep(one.route, one.after())
            if write.notices and request.given is not None:
                request.given(_given(one, write.notices, request.at))
            if one is not decided[0] and one.wakes and request.beside is not None:
                request.beside(one.route.stream_id)
        after = decided[0].after()
        return Recorded(
            version=after.version,
            content_version=after.content_version,
            position=position,
            next_wake=writes[0].next_wake,
            closed=writes[0].closed,
        )

    def _keep(self, of: Route, standing: StreamStanding) -> None:
        if of.stream_id != DIRECTORY_STREAM:  # which is kept apart
            self._kept.keep(of.stream_id, standing)

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
        content = original.version
        if stream_id != DIRECTORY_STREAM:  # where there is nothing else
            stored = await self._store.read_stream(stream_id)
            content = content_version(stored[: original.version])
        return Recorded(
            version=original.version,
            content_version=content,
            position=original.position,
            next_wake=head.next_wake if head else None,
            closed=head.closed if head else False,
        )


def hash_request(command: Command) -> bytes:
    """SHA-256 over the command as its sender made it, in canonical JSON."""
    fields = command.model_dump(mode="json", exclude=set(SERVER_STAMPED))
    return hashlib.sha256(
        json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).digest()


def _is_recorded(result: AppendResult) -> bool:
    return result.status is AppendStatus.OK


def _append(request: _Request, decided: Sequence[Decided], log_format: int) -> Append | None:
    """None where a stream has moved between two looks at it: the log would refuse it, and all is read again.

    Raises `NotWrittenYet`.
    """
    rests_on = _rests_on(decided)
    if rests_on is None:
        return None
    return Append(
        command_id=request.command.command_id,
        request_hash=request.hash,
        writes=tuple(one.write(log_format) for one in decided if one.events),
        claims=tuple(claim for one in decided for claim in one.route.claims),
        read=rests_on,
        epoch=decided[0].before.epoch,
        session=decided[0].before.session,
    )


def _rests_on(decided: Sequence[Decided]) -> tuple[StreamRead, ...] | None:
    """The directory, what facts were gathered from, and what was left as it is; but for what is written. None
    where that is not of one version throughout.
    """
    directory = StreamRead(stream_id=DIRECTORY_STREAM, version=decided[0].directory.version)
    stood = [
        StreamRead(stream_id=one.route.stream_id, version=one.before.version) for one in decided
    ]
    seen = dict.fromkeys((directory, *stood, *(read for one in decided for read in one.read)))
    by_stream = {one.stream_id: one for one in seen}
    if len(by_stream) < len(seen):
        return None
    written = {one.route.stream_id for one in decided if one.events}
    return tuple(one for stream_id, one in by_stream.items() if stream_id not in written)


def _given(decided: Decided, notices: Sequence[NoticeKey], at: datetime) -> Given:
    return Given(
        stream_id=decided.route.stream_id,
        notices=notices,
        events=dict(enumerate(decided.events, start=decided.before.version + 1)),
        state=decided.state,
        directory=decided.directory.state,
        at=at,
    )


def _type_of(command: Command) -> str:
    return type(command).model_fields["type"].default


def _reused(command: Command | RecordedCommand) -> Rejected:
    return rejected(
        Code.COMMAND_ID_REUSED,
        f"command id {command.command_id} is recorded for another request; use a new id",
        "command_id",
    )
