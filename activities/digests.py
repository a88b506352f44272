"""Sends the weekly digests of programmes whose hour has come, and records who was told."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import asyncpg
from temporalio import activity

from activities.contracts import SEND_DIGESTS, DigestsRequest, DigestsSent
from activities.sending import NoticeSender
from digests.compose import FOLLOWED, Digest, compose_digest
from digests.letter import letter_of
from domain.attribution import RESERVED_PREFIX
from domain.directory.preferences import DEFAULTS, Language
from domain.directory.state import ACTING, Directory
from domain.identifiers import PROGRAMME_PREFIX, SYSTEM, Channel, PersonId, ProgrammeId, StreamId
from domain.outcomes import Outcome, Rejected
from domain.programme.authority import body_of
from domain.programme.commands import RecordDigest
from domain.programme.decisions import programme_decider
from domain.programme.digests import Due, due
from domain.programme.state import Programme
from domain.programme.terms import DigestRecipient
from domain.rejections import Code
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore
from notifications.channel import DigestTold, Message
from notifications.letter import Letter
from readmodels.projections import projection_named
from readmodels.projector import Projector

LONGEST_ROUND = timedelta(minutes=10)
"""After this no further programme is begun: the next round goes on."""
_PAGE = 1000
_SIDE_BY_SIDE = 16
_RECORDING_PAUSES = (1.0, 2.0, 4.0, 8.0)
_DIGESTS = UUID("2e1c0a34-7d0e-4a6f-9a50-5c6f0b8f7a21")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outgoing:
    """A digest on its way to all that it has not reached yet."""

    due: Due
    digest: Digest
    letters: Mapping[Language, Letter]
    directory: Directory


class DigestsActivity:
    def __init__(
        self,
        handler: CommandHandler,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        sender: NoticeSender,
    ) -> None:
        """`pool`: of the read models that digests are made from."""
        self._handler = handler
        self._store = store
        self._pool = pool
        self._sender = sender

    @activity.defn(name=SEND_DIGESTS)
    async def send_digests(self, request: DigestsRequest) -> DigestsSent:
        """Send each that is due, one programme after the other. One that fails holds up no other: it is
        logged, and the next round tries it again.

        What was sent is recorded once for each programme, moment and attempt. A process that dies in
        between sends the same messages again, under the same ids.
        """
        began, sent, failed = time.monotonic(), 0, 0
        for stream in await self._waiting(request.at):
            activity.heartbeat()
            age = timedelta(seconds=time.monotonic() - began)
            if age > LONGEST_ROUND:
                break
            try:
                reached_all = await self._send(stream, request.at + age)
            except Exception:  # whatever it is, the other programmes' readers wait for theirs
                _logger.exception("the digest of %s failed, and is tried again", stream)
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

    async def _send(self, stream: StreamId, at: datetime) -> bool | None:
        """Whether it reached all, or never will; None if nothing is due after all."""
        programme = programme_decider.replay(decoded(await self._store.read_stream(stream)))
        wanted = due(programme.digests, at) if programme else None
        if programme is None or wanted is None:
            return None
        for name in FOLLOWED:
            await Projector(self._store, self._pool, projection_named(name)).catch_up()
            activity.heartbeat()
        directory = await self._handler.directory()
        to = _recipients(programme, wanted, directory, at)
        again = wanted.again
        digest = await compose_digest(
            self._store,
            self._pool,
            programme,
            wanted.since,
            again.at if again else at,
            position=again.position if again else None,
        )
        activity.heartbeat()
        languages: set[Language] = {_language(person, directory) for person, _ in to}
        overdue_since = wanted.due_at if wanted.late else None
        out = _Outgoing(
            due=wanted,
            digest=digest,
            letters={one: letter_of(digest, one, overdue_since=overdue_since) for one in languages},
            directory=directory,
        )
        slots = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(person: PersonId, channel: Channel) -> DigestRecipient:
            async with slots:
                activity.heartbeat()
                return await self._tell(out, person, channel)

        told = await asyncio.gather(*(one(person, channel) for person, channel in to))
        await self._record(out, told, at)
        return all(one.outcome != "waiting" for one in told)

    async def _tell(self, out: _Outgoing, person: PersonId, channel: Channel) -> DigestRecipient:
        message_id = message_id_of(out.digest.programme.id, out.due.due_at, person, channel)
        to = await self._sender.person(out.directory, person)

        def became(outcome: str, detail: str) -> DigestRecipient:
            return DigestRecipient.model_validate(
                {"person": person, "channel": channel, "message_id": message_id}
                | {"outcome": outcome, "detail": detail}
            )

        if to is None:
            return became("suppressed", "the person is not on file (erased, or never entered)")
        language = _language(person, out.directory)
        told = DigestTold(
            programme=out.digest.programme.id,
            language=language,
            since=out.digest.since,
            at=out.digest.at,
            due_at=out.due.due_at,
            late=out.due.late,
        )
        message = Message(message_id=message_id, to=to, letter=out.letters[language], digest=told)
        try:
            return became(*await self._sender.handing.to_channel(channel, message))
        except Exception as error:  # which says that another attempt may succeed
            _logger.warning("digest %s to %s by %s: %r", message_id, person, channel, error)
            kind = type(error).__name__
            if out.due.last_attempt:
                return became("failed", f"given up after {out.due.attempt} attempts: {kind}")
            return became("waiting", kind)

    async def _record(self, out: _Outgoing, told: Sequence[DigestRecipient], at: datetime) -> None:
        """Raises `RuntimeError` if the log refuses it."""
        digest, wanted = out.digest, out.due
        name = f"{digest.programme.id}/{_moment(wanted.due_at)}/{wanted.attempt}"
        command = RecordDigest(
            command_id=f"{RESERVED_PREFIX}{uuid5(_DIGESTS, name)}",
            actor=SYSTEM,
            programme=digest.programme.id,
            due_at=wanted.due_at,
            since=digest.since,
            at=digest.at,
            position=digest.position,
            attempt=wanted.attempt,
            late=wanted.late,
            asked=wanted.asked,
            recipients=tuple(told),
        )
        outcome = await self._handled(command, at)
        # Reused: another round, taken for dead, recorded this very attempt first.
        if isinstance(outcome, Rejected) and outcome.code != Code.COMMAND_ID_REUSED:
            raise RuntimeError(outcome.message)

    async def _handled(self, command: RecordDigest, at: datetime) -> Outcome:
        """Tried for a while: what cannot be recorded is sent once more."""
        for pause in _RECORDING_PAUSES:
            try:
                return await self._handler.handle(command, at)
            except Exception as error:  # the log is out of reach, in one of many ways
                _logger.warning(
                    "the sending of %s waits to be recorded: %r", command.programme, error
                )
                activity.heartbeat()
                await asyncio.sleep(pause)
        return await self._handler.handle(command, at)


def message_id_of(
    programme: ProgrammeId, due_at: datetime, person: PersonId, channel: Channel
) -> str:
    """The same for every attempt at the same digest to the same person."""
    return str(uuid5(_DIGESTS, f"{programme}/{_moment(due_at)}/{person}/{channel}"))


def _recipients(
    programme: Programme, wanted: Due, directory: Directory, at: datetime
) -> Sequence[tuple[PersonId, Channel]]:
    """Whom this attempt is to reach, and how; instead of the absent their substitutes."""
    if wanted.again is not None:
        return [(one.person, one.channel) for one in wanted.again.waiting]
    schedule = programme.digests.schedule
    bodies, offices = (schedule.bodies, schedule.offices) if schedule else ((), ())
    if not bodies and not offices:
        bodies = (body_of(programme, directory, at),)
    found = [person for body in bodies for person in directory.reached(body, ACTING, at)]
    for office in offices:
        holders = directory.holders_with_substitutes(office, at)
        found += [substitute or holder for holder, substitute in holders]
    return [
        (person, channel)
        for person in dict.fromkeys(found)
        for channel in directory.channels.get(person, ())
    ]


def _language(person: PersonId, directory: Directory) -> Language:
    return directory.preferences.get(person, DEFAULTS).language


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
