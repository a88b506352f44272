"""Which commands share a call, and what becomes of callers. The log is a stand-in that can be held up."""

import asyncio
from collections.abc import Sequence

import pytest

from eventstore.batcher import Batcher
from eventstore.protocol import Append, AppendFailed, AppendResult, AppendStatus, StreamRead
from tests.eventstore.appends import append, write


class _Log:
    """Answers each call when told to, with positions that count all commands."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.error: Exception | None = None
        self.blamed: str | None = None
        self._go = asyncio.Semaphore(0)
        self._position = 0

    def answer(self, calls: int = 1) -> None:
        for _ in range(calls):
            self._go.release()

    async def __call__(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        self.calls.append([append.command_id for append in appends])
        await self._go.acquire()
        if self.error is not None and self.blamed in (None, *self.calls[-1]):
            raise self.error
        results: list[AppendResult] = []
        for _ in appends:
            self._position += 1
            results.append(AppendResult(status=AppendStatus.OK, position=self._position))
        return results


@pytest.fixture
def log() -> _Log:
    return _Log()


def _send(batcher: Batcher, *appends: Append) -> list[asyncio.Task[AppendResult]]:
    return [asyncio.create_task(batcher.append(append)) for append in appends]


def _stream(number: int, command: str | None = None) -> Append:
    return append(command or f"c{number}", write(f"instruction-{number}"))


async def test_what_gathers_during_a_call_goes_with_the_next(log: _Log) -> None:
    batcher = Batcher(log)
    sent = _send(batcher, _stream(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sent += _send(batcher, _stream(2), _stream(3))
    log.answer(2)
    await asyncio.gather(*sent)
    assert log.calls == [["c1"], ["c2", "c3"]]


async def test_contending_commands_go_one_after_another(log: _Log) -> None:
    batcher = Batcher(log, calls=3)
    sent = _send(
        batcher,
        _stream(1, "first"),
        _stream(1, "second"),
        append("both", write("instruction-1"), write("instruction-2")),
        _stream(2, "behind both"),
        _stream(3, "free"),
        append("free", write("instruction-4")),
        append("claims", write("instruction-5"), claims=["n"]),
        append("claims too", write("instruction-6"), claims=["n"]),
    )
    log.answer(4)
    await asyncio.gather(*sent)
    assert log.calls == [
        ["first", "free", "claims"],
        ["second", "free", "claims too"],
        ["both"],
        ["behind both"],
    ]


async def test_what_rests_on_a_stream_goes_not_with_a_writer_ahead_of_it(log: _Log) -> None:
    batcher = Batcher(log)
    read = [StreamRead(stream_id="instruction-1", version=0)]
    sent = _send(
        batcher,
        append("before", write("instruction-2"), read=read),
        append("before too", write("instruction-3"), read=read),
        _stream(1, "writer"),
        append("behind", write("instruction-4"), read=read),
        append("behind what is held back", write("instruction-4")),
        _stream(5, "free"),
    )
    log.answer(3)
    await asyncio.gather(*sent)
    assert log.calls == [
        ["before", "before too", "writer", "free"],
        ["behind"],
        ["behind what is held back"],
    ]


async def test_calls_under_way_share_no_stream(log: _Log) -> None:
    batcher = Batcher(log, calls=2)
    sent = _send(batcher, _stream(1, "first"))
    await asyncio.sleep(0.01)
    sent += _send(batcher, _stream(1, "second"), _stream(2, "other"))
    await asyncio.sleep(0.01)
    assert log.calls == [["first"], ["other"]]
    log.answer(3)
    await asyncio.gather(*sent)
    assert log.calls == [["first"], ["other"], ["second"]]


async def test_a_cancelled_caller_loses_nothing_and_blocks_nobody(log: _Log) -> None:
    batcher = Batcher(log)
    under_way, queued, other = _send(batcher, _stream(1), _stream(1, "queued"), _stream(2))
    await asyncio.sleep(0.01)
    under_way.cancel()
    queued.cancel()
    log.answer(2)
    assert (await other).status is AppendStatus.OK
    await batcher.close()
    assert under_way.cancelled()
    assert log.calls == [["c1", "c2"], ["queued"]]


async def test_a_failed_call_fails_those_in_it_only(log: _Log) -> None:
    batcher = Batcher(log)
    log.error = ConnectionResetError("gone")
    first, second = _send(batcher, _stream(1), _stream(2))
    await asyncio.sleep(0.01)
    later = _send(batcher, _stream(3))[0]
    log.answer()
    for caller in (first, second):
        with pytest.raises(AppendFailed, match="gone") as failure:
            await caller
        assert failure.value.__cause__ is log.error
    log.error = None
    log.answer()
    assert (await later).status is AppendStatus.OK


async def test_the_command_to_blame_fails_alone(log: _Log) -> None:
    batcher = Batcher(log, item_errors=(UnicodeError,))
    log.error, log.blamed = UnicodeError("no such letter"), "bad"
    good, bad, fine = _send(batcher, _stream(1), _stream(2, "bad"), _stream(3))
    await asyncio.sleep(0.01)
    log.answer(4)
    with pytest.raises(AppendFailed, match="command bad: no such letter"):
        await bad
    assert [(await good).position, (await fine).position] == [1, 2]


async def test_closing_answers_what_was_accepted_and_accepts_no_more(log: _Log) -> None:
    batcher = Batcher(log, batch_size=2)
    sent = _send(batcher, *(_stream(number) for number in range(5)))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0.01)
    with pytest.raises(AppendFailed, match="closed"):
        await batcher.append(_stream(9))
    log.answer(3)
    await closing
    assert all(caller.done() for caller in sent)
    assert log.calls == [["c0", "c1"], ["c2", "c3"], ["c4"]]
