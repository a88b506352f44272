"""Whom a change of the directory concerns is woken, whoever waits for its answer."""

import asyncio

import pytest

from domain.directory.commands import MoveBody, RenameBody
from domain.outcomes import Outcome, Recorded
from operators.waking import Concerned, recorded_and_woken

_MOVE = MoveBody(command_id="one", actor="p-actor", body="agency", parent="council")
_RENAME = RenameBody(command_id="two", actor="p-actor", body="agency", name="Agency")
_DONE = Recorded(version=7, content_version=7, position=7, next_wake=None, closed=False)


async def _done() -> Outcome:
    return _DONE


async def test_only_what_may_concern_somebody_wakes_anybody() -> None:
    woken = list[tuple[Concerned, int]]()

    def wake(whom: Concerned, position: int) -> None:
        woken.append((whom, position))

    assert await recorded_and_woken(_RENAME, _done, wake) == (_DONE, False)
    assert woken == []
    assert await recorded_and_woken(_MOVE, _done, wake) == (_DONE, True)
    assert woken == [("by-calendars", 7)]


async def test_they_are_woken_though_whoever_asked_is_gone() -> None:
    asked, answer = asyncio.Event(), asyncio.Event()
    woken = asyncio.get_running_loop().create_future()

    async def record() -> Outcome:
        asked.set()
        await answer.wait()
        return _DONE

    def wake(whom: Concerned, position: int) -> None:
        woken.set_result((whom, position))

    waiting = asyncio.create_task(recorded_and_woken(_MOVE, record, wake))
    await asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    answer.set()
    async with asyncio.timeout(5):
        assert await woken == ("by-calendars", 7)
