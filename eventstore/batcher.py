"""Gathers the appends of one process, so that many commands share one call and one commit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context
from dataclasses import dataclass

from opentelemetry.trace import Span

from eventstore.protocol import Append, AppendFailed, AppendResult
from telemetry.telling import current_span


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    append: Append
    answer: asyncio.Future[AppendResult]
    span: Span


class Batcher:
    """Sends what has gathered whenever a call returns; no timer.

    Commands that write the same go in the order they came, never two at a time; none goes in one batch
    behind another that writes what it rests on. A caller that is cancelled only stops listening: its
    command is sent all the same, and a retry finds it.

    Args:
        write: one call to the log; answers in the order of the commands.
        calls: how many calls may be under way at once.
        batch_size: commands per call, at most.
        item_errors: errors of `write` that one command of the batch may be to blame for. Nothing was
            recorded then, and each command is sent again by itself.
        sent: entered for each call, with the spans of the commands that it carries.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Append]], Awaitable[Sequence[AppendResult]]],
        *,
        calls: int = 1,
        batch_size: int = 128,
        item_errors: tuple[type[Exception], ...] = (),
        sent: Callable[[Sequence[Span]], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._write = write
        self._calls = calls
        self._batch_size = batch_size
        self._item_errors = item_errors
        self._sent = sent
        self._queue: deque[_Waiting] = deque()
        self._under_way: set[tuple[str, str]] = set()
        self._sending = 0
        self._senders: set[asyncio.Task[None]] = set()
        self._closed = False

    async def append(self, append: Append) -> AppendResult:
        """Queue the command and await its answer.

        Raises:
            AppendFailed: the call that carried it failed, or the batcher is closed.
        """
        if self._closed:
            raise AppendFailed(f"command {append.command_id} was not sent: the log is closed")
        answer = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(append=append, answer=answer, span=current_span()))
        if self._sending < self._calls:
            self._sending += 1
            # In no command's context: it sends those of others too.
            sender = asyncio.create_task(self._send_all(), context=Context())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await answer

    async def close(self) -> None:
        """Accept nothing more, and wait until all that was accepted is answered."""
        self._closed = True
        while self._senders:
            await asyncio.wait(self._senders)

    async def _send_all(self) -> None:
        try:
            while batch := self._take():
                try:
                    await self._send(batch)
                finally:
                    for waiting in batch:
                        self._under_way -= waiting.append.written
        finally:
            self._sending -= 1

    def _take(self) -> list[_Waiting]:
        """Take what may go now: nothing that contends with a command ahead of it."""
        batch: list[_Waiting] = []
        held_back: list[_Waiting] = []
        ahead = set(self._under_way)
        while self._queue and len(batch) < self._batch_size:
            waiting = self._queue.popleft()
            (batch if ahead.isdisjoint(waiting.append.rested_on) else held_back).append(waiting)
            ahead |= waiting.append.written
        self._queue.extendleft(reversed(held_back))
        for waiting in batch:
            self._under_way |= waiting.append.written
        return batch

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        try:
            with self._sent([waiting.span for waiting in batch]):
                results = await self._write([waiting.append for waiting in batch])
            for waiting, result in zip(batch, results, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(result)
        except Exception as error:
            if isinstance(error, self._item_errors) and len(batch) > 1:
                for waiting in batch:
                    await self._send([waiting])
                return
            for waiting in batch:
                if not waiting.answer.done():
                    failure = AppendFailed(f"command {waiting.append.command_id}: {error}")
                    failure.__cause__ = error
                    waiting.answer.set_exception(failure)
        except BaseException:
            # The loop is stopping. What is queued still is cancelled with its callers.
            for waiting in batch:
                waiting.answer.cancel()
            raise
