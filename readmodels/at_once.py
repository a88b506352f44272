"""Several questions to the read models at the same time: each has a connection of its own."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, overload

_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")


@overload
async def at_once(a: Awaitable[_A], b: Awaitable[_B], /) -> tuple[_A, _B]: ...
@overload
async def at_once(a: Awaitable[_A], b: Awaitable[_B], c: Awaitable[_C], /) -> tuple[_A, _B, _C]: ...
async def at_once(*asked: Awaitable[Any]) -> tuple[Any, ...]:
    """The answers, in the order of the questions. Where one fails, or nobody waits any more, the others are called off: none goes
    on by itself and keeps its connection.

    Raises what the first to fail raises, by itself.
    """
    under_way = [asyncio.ensure_future(one) for one in asked]
    try:
        return tuple(await asyncio.gather(*under_way))
    except BaseException:
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        raise
