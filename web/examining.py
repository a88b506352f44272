"""Examinations of the whole log, which go on after the request that asked for them: one of a kind at a time in a process.

What one came to is known to this process alone, and until it ends. That it was asked for stands in the log of access.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from domain.identifiers import PersonId
from notifications.failures import named

_logger = logging.getLogger(__name__)
T = TypeVar("T")

Report = Callable[[int, int], None]
"""Is told how many events are done, of how many."""


@dataclass(frozen=True, kw_only=True)
class Examination(Generic[T]):
    """One, as far as it came."""

    asked_by: PersonId
    began_at: datetime
    done: int = 0
    """Events."""
    total: int = 0
    ended_at: datetime | None = None
    found: T | None = None
    failed: str | None = None
    """Why it could not be done."""


class Examining(Generic[T]):
    """Made by `examining`."""

    def __init__(
        self, work: Callable[[Report], Awaitable[T]], why: Callable[[Exception], str] = named
    ) -> None:
        self._work = work
        self._why = why
        self._under_way: asyncio.Task[None] | None = None
        self.latest: Examination[T] | None = None
        """The one that is under way, or the last one that ended."""

    @property
    def is_under_way(self) -> bool:
        running = self._under_way is not None and not self._under_way.done()
        return running and self.latest is not None and self.latest.ended_at is None

    def begin(self, asked_by: PersonId) -> None:
        """Begin one, unless one is under way: that will answer as well."""
        if not self.is_under_way:
            self.latest = begun = Examination[T](asked_by=asked_by, began_at=datetime.now(UTC))
            self._under_way = asyncio.create_task(self._run(begun))

    async def wait(self, seconds: float) -> None:
        """Until the one that is under way ends, so long at most."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way], timeout=seconds)

    async def end(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def _run(self, begun: Examination[T]) -> None:
        def report(done: int, total: int) -> None:
            self.latest = replace(begun, done=done, total=total)

        try:
            ended = replace(begun, found=await self._work(report))
        except Exception as error:
            _logger.warning("an examination that %s asked for failed: %r", begun.asked_by, error)
            ended = replace(begun, failed=self._why(error))
        self.latest = replace(ended, ended_at=datetime.now(UTC))


@asynccontextmanager
async def examining(
    work: Callable[[Report], Awaitable[T]], why: Callable[[Exception], str] = named
) -> AsyncGenerator[Examining[T]]:
    """For as long as the block runs; what is under way then is given up.

    Args:
        why: what a page may say of an error.
    """
    made = Examining(work, why)
    try:
        yield made
    finally:
        await made.end()
