"""How a decision comes by the streams that it writes beside its command's own."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from weakref import WeakValueDictionary

from domain.attribution import Command
from domain.identifiers import StreamId
from domain.instruction.commands import RecordPart
from eventstore.kept import KeptStandings, StreamStanding
from eventstore.routes import Route


class Turns:
    """Who decides next on a stream that many write, in this process.

    Parts that close at once all write to the whole: deciding at the same time, all but one of them would
    decide in vain, and again, until some gave up. A turn is taken at one's own stream first, then at the
    whole's, then at that of its whole: always towards the root, so that nobody waits in a circle.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[StreamId, asyncio.Lock] = WeakValueDictionary()

    def at(self, stream_id: StreamId) -> asyncio.Lock:
        return self._locks.setdefault(stream_id, asyncio.Lock())


@dataclass(kw_only=True, slots=True)
class Beside:
    """For one attempt at a command."""

    turns: Turns
    kept: KeptStandings
    held: AsyncExitStack
    """The turns that were taken, until the attempt is over."""
    used_kept: bool = False
    """Something was decided on what was kept: a refusal may be stale."""

    async def standing(
        self, command: Command, to: Route, own: StreamStanding
    ) -> StreamStanding | None:
        """How the stream stood when this process wrote it last, if that was in the same log as `own` was
        read from; asked for in one's turn.
        """
        if isinstance(command, RecordPart):
            await self.held.enter_async_context(self.turns.at(to.stream_id))
        kept = self.kept.take(to.stream_id)
        if kept is None or (kept.epoch, kept.session) != (own.epoch, own.session):
            return None
        self.used_kept = True
        return kept
