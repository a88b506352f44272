"""One follower of the log in a process: what happened lately is kept once, for all who look on.

A client's place is a position and nothing else. Whoever is within reach of what is kept is told from it; whoever is
further behind reads pages of the log until they have caught up. So a client costs the same however slow it is, and none
misses anything: one that takes nothing at all is cut off by its connection (`web.protocol`), and resumes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace

import asyncpg

from domain.identifiers import INSTRUCTION_PREFIX, PersonId, StreamId
from eventstore.connections import DATABASE_LOST
from eventstore.protocol import EpochChanged, EventStore, PositionGap, StoredEvent
from eventstore.subscription import Wakeup, follow
from readmodels.checkpoints import reached
from readmodels.parties import Known, known_parties

_logger = logging.getLogger(__name__)

_KEPT = 10_000
"""Events that are kept for those who are up to date: some two megabytes."""
_AT_ONCE = 500
_PATIENCE = 3.0
"""Seconds for which `parties` is looked at closely; then once in `_REST`."""
_REST = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """An event: that it is, and to whom it matters; not what it says."""

    position: int
    stream_id: StreamId
    version: int
    type: str
    instruction: Known | None
    """Its number and its parties as of now; None for an event of another stream."""


class BegunAgain(Exception):
    """What was told so far may not be what the log holds now: read the lists anew."""


class LiveLog:
    """Keeps what happened lately. Made by `following`."""

    def __init__(
        self,
        store: EventStore,
        pool: "asyncpg.Pool[asyncpg.Record]",
        wakeup: Wakeup,
        *,
        kept: int = _KEPT,
    ) -> None:
        """Args:
        pool: may read the read models.
        wakeup: for this reader alone.
        """
        self._store = store
        self._pool = pool
        self._wakeup = wakeup
        self._kept = kept
        self._recent: list[Happened] = []
        self._known: dict[StreamId, Known | None] = {}
        """Of the streams of those, by the last event: whoever is told later is told by what they may see then."""
        self._grown = asyncio.Event()
        self._streams: Counter[PersonId] = Counter()
        self.epoch = 0
        self.position = 0
        """As far as clients are told."""
        self.begun = 0
        """How often it began, and began again."""

    async def begin(self) -> None:
        """From the log's end as of now. Raises what the store raises."""
        self.epoch, self.position = await self._store.epoch(), await self._store.head()
        self._recent, self._known = [], {}
        self.begun += 1
        self._tell()

    async def run(self) -> None:
        """Follow for ever. Whatever goes wrong is logged and tried again."""
        while True:
            try:
                await self._follow()
            except (EpochChanged, PositionGap) as error:
                _logger.warning("those who look on begin again: %s", error)
                with suppress(*DATABASE_LOST):
                    await self.begin()
            except DATABASE_LOST as error:
                _logger.warning("those who look on wait: %r", error)
            except Exception:
                _logger.exception("those who look on hear nothing")
            await asyncio.sleep(_REST)

    def place(self, position: int) -> "Place":
        """Of a client that was told all up to this position."""
        return Place(self, position)

    async def exists(self, epoch: int, position: int) -> bool:
        """Whether there is such a position, in this epoch, in the log."""
        if epoch != self.epoch:
            return False
        return position <= self.position or position <= await self._store.head()

    async def after(self, position: int, seconds: float) -> Sequence[Happened]:
        """What follows, up to `_AT_ONCE` events; none if nothing happens for so long, or if it is not known so soon whom
        it concerns.
        """
        grown = self._grown
        if position >= self.position:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await grown.wait()
        if position >= self.position:
            return ()
        begin = position - (self.position - len(self._recent))
        if begin >= 0:
            return [
                replace(one, instruction=self._known[one.stream_id])
                for one in self._recent[begin : begin + _AT_ONCE]
            ]
        until = min(position + _AT_ONCE, self.position)
        # What was in the log before this process began was never waited for.
        if not await reached(self._pool, ("parties",), until, seconds=seconds):
            return ()
        found: list[Happened] = []
        async for batch in self._store.read_all(
            after_position=position, until_position=until, batch_size=_AT_ONCE
        ):
            found += await self._told(batch)
        return found

    @contextmanager
    def stream_of(self, person: PersonId) -> Generator[None]:
        """Counts a stream for as long as the block runs."""
        self._streams[person] += 1
        try:
            yield
        finally:
            self._streams[person] -= 1
            if not self._streams[person]:
                del self._streams[person]

    def streams_of(self, person: PersonId) -> int:
        return self._streams[person]

    async def _follow(self) -> None:
        async for batch in follow(
            self._store, epoch=self.epoch, after_position=self.position, wakeup=self._wakeup
        ):
            await self._until_parties_know(batch[-1].position)
            told = await self._told(batch)
            self._recent += told
            self._known |= {one.stream_id: one.instruction for one in told}
            if len(self._recent) > 2 * self._kept:
                del self._recent[: -self._kept]
                kept = {one.stream_id for one in self._recent}
                self._known = {of: known for of, known in self._known.items() if of in kept}
            self.position = batch[-1].position
            self._tell()

    async def _until_parties_know(self, position: int) -> None:
        while not await reached(self._pool, ("parties",), position, seconds=_PATIENCE):
            found = await self._store.epoch()
            if found != self.epoch:
                raise EpochChanged(self.epoch, found)
            await asyncio.sleep(_REST)

    async def _told(self, batch: Sequence[StoredEvent]) -> Sequence[Happened]:
        named = {one.stream_id for one in batch if one.stream_id.startswith(INSTRUCTION_PREFIX)}
        known = await known_parties(self._pool, named)
        return [
            Happened(
                position=one.position,
                stream_id=one.stream_id,
                version=one.version,
                type=one.type,
                instruction=known.get(one.stream_id),
            )
            for one in batch
        ]

    def _tell(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()


class Place:
    """How far one client was told."""

    def __init__(self, log: LiveLog, position: int) -> None:
        self._log = log
        self._begun = log.begun
        self.epoch = log.epoch
        self.position = position

    async def next(self, seconds: float) -> Sequence[Happened]:
        """What follows, in the order of positions; none if nothing happens for so many seconds.

        The place moves only by `moved`. Raises `BegunAgain`.
        """
        self._require_same_log()
        try:
            found = await self._log.after(self.position, seconds)
        except PositionGap as error:
            raise BegunAgain from error
        self._require_same_log()
        return found

    def moved(self, position: int) -> None:
        self.position = position

    def _require_same_log(self) -> None:
        if self._log.begun != self._begun:
            raise BegunAgain


@asynccontextmanager
async def following(
    store: EventStore, pool: "asyncpg.Pool[asyncpg.Record]", wakeup: Wakeup
) -> AsyncGenerator[LiveLog]:
    """Follow the log for as long as the block runs. Raises what PostgreSQL raises if it cannot be reached."""
    log = LiveLog(store, pool, wakeup)
    await log.begin()
    running = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
