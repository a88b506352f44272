"""An activity whose work says nothing for a while is not taken for dead."""

import asyncio

from activities.heartbeats import heartbeating


async def test_it_beats_for_as_long_as_the_block_runs_and_no_longer() -> None:
    beats, third = list[None](), asyncio.Event()

    def beat() -> None:
        beats.append(None)
        if len(beats) == 3:
            third.set()

    async with heartbeating(beat, every=0):
        await asyncio.wait_for(third.wait(), 10)
    until_then = len(beats)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(beats) == until_then
