"""Sends the weekly digests of programmes whose hour has come, and records who was told."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
from temporalio import activity

from activities.clock import Clock, require_present
from activities.contracts import SEND_DIGESTS, DigestsRequest, DigestsSent
from activities.heartbeats import heartbeating
from activities.sending import NoticeSender
from digests.compose import FOLLOWED, compose_digest
from digests.letter import letter_of
from digests.readers import language_of, readers_of
from domain.attribution import RESERVED_PREFIX
from domain.directory.preferences import Language
from domain.directory.state import Directory
from domain.identifiers import PROGRAMME_PREFIX, SYSTEM, ProgrammeId, StreamId
from domain.outcomes import Outcome, Rejected
from domain.programme.commands import BeginDigest, RecordDigest
from domain.programme.decisions import programme_decider
from domain.programme.digests import Due, UnderWay, due
from domain.programme.state import Programme
from domain.programme.terms import DigestReader, DigestRecipient
from domain.rejections import Code
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore
from notifications.channel import DigestTold, Message
from notifications.failures import named, placed
from notifications.letter import Letter
from readmodels.projections import projection_named
from readmodels.projector import Projector

LONGEST_ROUND = timedelta(minutes=10)
"""After this nothing more is begun: the next round goes on."""
AT_ONCE = 16
"""So many are told side by side, and recorded together; as many are told twice, at most, if the process is killed."""
_PAGE = 1000
_RECORDING_PAUSES = (1.0, 2.0, 4.0, 8.0)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outgoing:
    """One attempt at a digest."""

    programme: ProgrammeId
    under_way: UnderWay
    last_attempt: bool
    directory: Directory
    letters: Mapping[Language, Letter]

    @property
    def attempt(self) -> int:
        return self.under_way.attempts + 1


class DigestsActivity:
    def __init__(
        self,
        handler: CommandHandler,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        sender: NoticeSender,
        *,
        at_once: int = AT_ONCE,
        skew: timedelta | None = None,
    ) -> None:
        """Args:
        pool: of the read models that digests are made from.
        at_once: so many readers are told side by side.
        skew: as of `require_present`.
        """
        self._skew = skew
        self._handler = handler
        self._store = store
        self._pool = pool
        self._sender = sender
        self._at_once = at_once

    @activity.defn(name=SEND_DIGESTS)
    async def send_digests(self, request: DigestsRequest) -> DigestsSent:
        """Send each that is due, one programme after the other. One that fails holds up no other: it is
        logged, and tried again.

        That it begins is recorded first, with what it tells and whom; then what became of each, so many at a time. A
        process that dies in between leaves those to a later round that nothing is recorded of: they get the same
        message, under the same id.
        """
        require_present(request.at, self._skew)
        sent, failed, clock = 0, 0, Clock(max(request.at, activity.info().started_time))
        async with heartbeating():
            for stream in await self._waiting(request.at):
                if _is_over(clock):
                    break
                try:
                    reached_all = await self._send(stream, clock)
                except (
                    Exception
                ) as error:  # whatever it is, the other programmes' readers wait for theirs
                    _logger.error(
                        "the digest of %s failed, and is tried again: %s in %s",
                        stream, named(error), placed(error),
                    )  # fmt: skip
                    reached_all = False
                if reached_all is not None:
                    sent, failed = sent + reached_all, failed + (not reached_all)
        return DigestsSent(sent=sent, failed=failed)

    async def _waiting(self, at: datetime) -> Sequence[StreamId]:
        """The programmes that have something to send, from the log alone."""
        found: list[StreamId] = []
        last = ""
        while page := await self._store.streams(
            prefix=PROGRAMME_PREFIX, after_stream_id=last, limit=_PAGE
        ):
            found += [one.stream_id for one in page if one.next_wake and one.next_wake <= at]
            last = page[-1].stream_id
        return found

    async def _send(self, stream: StreamId, clock: Clock) -> bool | None:
        """Whether it reached all, or never will; None if nothing is due after all."""
        at, programme = clock.now(), await self._programme(stream)
        wanted = due(programme.digests, at) if programme else None
        if programme is None or wanted is None:
            return None
        directory = await self._handler.directory()
        under_way = wanted.again
        if under_way is None:
            if not await self._begin(programme, wanted, directory, at):
                return None
            programme = await self._programme(stream)
            under_way = programme.digests.begun(wanted.due_at) if programme else None
        if programme is None or under_way is None:
            return True  # nobody is to be told
        letters: Mapping[Language, Letter] = {}
        try:
            letters = await self._letters(programme, under_way, directory)
        except Exception as error:  # whatever it is, the programme's next one is not to wait for it
            _logger.error("no digest of %s: %s in %s", stream, named(error), placed(error))
        out = _Outgoing(
            programme=programme.id,
            under_way=under_way,
            last_attempt=wanted.last_attempt,
            directory=directory,
            letters=letters,
        )
        reached = True
        for start in range(0, len(under_way.waiting), self._at_once):
            if _is_over(clock):
                return False
            readers = under_way.waiting[start : start + self._at_once]
            told = await asyncio.gather(*(self._tell(out, reader) for reader in readers))
            await self._record(out, told, clock.now())
            reached &= all(one.outcome != "waiting" for one in told)
        return reached

    async def _programme(self, stream: StreamId) -> Programme | None:
        return programme_decider.replay(decoded(await self._store.read_stream(stream)))

    async def _begin(
        self, programme: Programme, wanted: Due, directory: Directory, at: datetime
    ) -> bool:
        """Whether it is this round's to send."""
        outcome = await self._handled(
            BeginDigest(
                command_id=f"{RESERVED_PREFIX}{uuid4()}",
                actor=SYSTEM,
                programme=programme.id,
                due_at=wanted.due_at,
                position=await self._store.head(),
                readers=readers_of(programme, wanted.due_at, directory, at),
            ),
            at,
        )
        if not isinstance(outcome, Rejected):
            return True
        _logger.warning("the digest of %s is not begun: %s", programme.id, outcome.message)
        return False

    async def _letters(
        self, programme: Programme, under_way: UnderWay, directory: Directory
    ) -> Mapping[Language, Letter]:
        """What it tells, in the languages of those who wait for it: the same at every attempt, but for what
        `compose_digest` tells by how things stand now.
        """
        for name in FOLLOWED:
            await Projector(self._store, self._pool, projection_named(name)).catch_up()
        digest = await compose_digest(
            self._store,
            self._pool,
            programme,
            under_way.since,
            under_way.begun_at,
            position=under_way.position,
        )
        overdue_since = under_way.due_at if under_way.late else None
        languages: set[Language] = {
            language_of(reader.person, directory) for reader in under_way.waiting
        }
        return {
            language: await asyncio.to_thread(
                letter_of, digest, language, overdue_since=overdue_since
            )
            for language in languages
        }

    async def _tell(self, out: _Outgoing, reader: DigestReader) -> DigestRecipient:
        def became(outcome: str, detail: str) -> DigestRecipient:
            fields = {"outcome": outcome, "detail": detail}
            return DigestRecipient.model_validate({**reader.model_dump(), **fields})

        def in_vain(why: str) -> DigestRecipient:
            if out.last_attempt:
                return became("failed", f"given up after {out.attempt} attempts: {why}")
            return became("waiting", why)

        try:
            to = await self._sender.person(out.directory, reader.person)
        except Exception as error:  # the others have theirs, and what became of it on record
            _logger.warning("%s cannot be looked up: %s", reader.person, named(error))
            return in_vain("who it is could not be looked up")
        if to is None:
            return became("suppressed", "the person is not on file (erased, or never entered)")
        language, of = language_of(reader.person, out.directory), out.under_way
        if language not in out.letters:
            return in_vain("it could not be composed")
        told = DigestTold(
            programme=out.programme,
            language=language,
            since=of.since,
            at=of.begun_at,
            due_at=of.due_at,
            late=of.late,
        )
        message = Message(
            message_id=reader.message_id, to=to, letter=out.letters[language], digest=told
        )
        try:
            return became(*await self._sender.handing.to_channel(reader.channel, message))
        except Exception as error:  # which says that another attempt may succeed
            cause = error.__cause__ or error
            _logger.warning(
                "digest %s to %s by %s: %s",
                reader.message_id, reader.person, reader.channel, named(cause),
            )  # fmt: skip
            return in_vain(type(cause).__name__)

    async def _record(self, out: _Outgoing, told: Sequence[DigestRecipient], at: datetime) -> None:
        """Raises `RuntimeError` if the log refuses it."""
        outcome = await self._handled(
            RecordDigest(
                command_id=f"{RESERVED_PREFIX}{uuid4()}",
                actor=SYSTEM,
                programme=out.programme,
                due_at=out.under_way.due_at,
                attempt=out.attempt,
                recipients=tuple(told),
            ),
            at,
        )
        if isinstance(outcome, Rejected):
            raise RuntimeError(outcome.message)

    async def _handled(self, command: BeginDigest | RecordDigest, at: datetime) -> Outcome:
        """Tried for a while: what cannot be recorded is sent once more."""
        for pause in _RECORDING_PAUSES:
            try:
                outcome = await self._handler.handle(command, at)
            except Exception as error:  # the log is out of reach, in one of many ways
                why = named(error)
            else:
                if not isinstance(outcome, Rejected) or outcome.code != Code.TOO_MUCH_CONTENTION:
                    return outcome
                why = outcome.code
            _logger.warning("the digest of %s waits to be recorded: %s", command.programme, why)
            await asyncio.sleep(pause)
        return await self._handler.handle(command, at)


def _is_over(clock: Clock) -> bool:
    """Whether to begin nothing more."""
    return clock.age > LONGEST_ROUND or activity.is_worker_shutdown()
