"""Questions at once: none goes on by itself."""

import asyncio

import pytest

from readmodels.at_once import at_once


async def test_where_one_fails_the_others_are_called_off_and_its_error_is_raised() -> None:
    called_off = asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            called_off.set()
            raise

    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        await at_once(long(), fails())
    assert called_off.is_set()


async def test_where_nobody_waits_any_more_all_are_called_off() -> None:
    ended: list[str] = []

    async def long(name: str) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(name)

    waiting = asyncio.ensure_future(at_once(long("a"), long("b")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert sorted(ended) == ["a", "b"]


async def test_answers_come_in_the_order_of_the_questions() -> None:
    async def said(word: str, after: int) -> str:
        for _ in range(after):
            await asyncio.sleep(0)
        return word

    assert await at_once(said("a", 3), said("b", 1), said("c", 2)) == ("a", "b", "c")
