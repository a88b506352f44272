"""An examination of the whole log: one at a time, told of as it goes on, and whatever it comes to."""

import asyncio

import pytest

from audit.outside import OutsideFailed
from cli.errors import OutOfReach, UsageError
from cli.examining import why
from web.examining import Examining, Report, examining


class _Work:
    """Goes on when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.let = asyncio.Event()

    async def __call__(self, report: Report) -> str:
        self.begun += 1
        report(3, 10)
        await self.let.wait()
        return "found"


async def test_it_goes_on_after_it_was_begun_and_says_how_far_it_is() -> None:
    work = _Work()
    async with examining(work) as examined:
        assert (examined.latest, examined.is_under_way) == (None, False)
        examined.begin("p-1")
        await examined.wait(0.01)
        latest = examined.latest
        assert latest is not None
        assert (latest.asked_by, latest.done, latest.total) == ("p-1", 3, 10)
        assert (latest.ended_at, examined.is_under_way) == (None, True)
        work.let.set()
        await examined.wait(5)
        latest = examined.latest
        assert latest is not None
        assert (latest.found, latest.failed, examined.is_under_way) == ("found", None, False)
        assert latest.ended_at is not None
        assert latest.ended_at >= latest.began_at


async def test_one_runs_at_a_time_and_answers_whoever_asks_meanwhile() -> None:
    work = _Work()
    async with examining(work) as examined:
        examined.begin("p-1")
        await examined.wait(0.01)
        examined.begin("p-2")
        assert examined.latest is not None
        assert (examined.latest.asked_by, work.begun) == ("p-1", 1)
        work.let.set()
        await examined.wait(5)
        examined.begin("p-2")
        await examined.wait(5)
        assert (examined.latest.asked_by, work.begun) == ("p-2", 2)


async def test_why_it_could_not_be_done_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(report: Report) -> str:
        report(1, 2)
        raise ConnectionRefusedError(111, "remit at 10.1.2.3 does not answer")

    examined = Examining(fails)
    examined.begin("p-1")
    await examined.wait(5)
    assert examined.latest is not None
    assert (examined.latest.found, examined.is_under_way) == (None, False)
    told = examined.latest.failed
    assert told == "ConnectionRefusedError (111)"  # no address, nor a word of theirs
    assert "p-1" in caplog.text


async def test_what_is_known_of_an_error_is_told_in_words() -> None:
    assert why(UsageError("REMIT_AUDIT_URL: no such place")) == "REMIT_AUDIT_URL: no such place"
    away = OutOfReach("it does not answer: 10.1.2.3")
    assert why(away) == "the database does not answer"
    away.__cause__ = OutsideFailed("10.1.2.3")
    assert why(away) == "the outside store does not answer, or refuses"
    assert why(OSError(5, "/secret")) == "OSError (5)"


async def test_it_is_given_up_when_the_process_ends() -> None:
    work = _Work()
    async with examining(work) as examined:
        examined.begin("p-1")
        await examined.wait(0.01)
    assert not examined.is_under_way
    assert len(asyncio.all_tasks()) == 1  # this one
