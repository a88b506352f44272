"""The other tellings of a run: once more in another process, and a sample of it on real servers."""

import asyncio
from collections.abc import Sequence
from random import Random

from settings import use_bundled_time_zones
from simulation.acts import Life, Story
from simulation.comparing import Comparison, compare
from simulation.discrete import Progress, Run, fingerprint, live
from simulation.lives import story
from simulation.real import RealRun, live_really, servers

_SAMPLED = (
    "late", "extended", "suspended", "returned", "recurring", "in parts", "with all parts", "with a lead part",
    "extension expired", "reassigned", "escalation ended", "other policy", "extension refused", "undecided", "deadline moved", "reopened",
)  # fmt: skip
"""Plots of which the sample holds one each, as far as it reaches."""


def again(seed: int, measures: int, years: int) -> str:
    """The fingerprint of another run of the same story; for a process of its own."""

    async def lived() -> str:
        run = await live(story(seed, measures, years=years), tzdata=use_bundled_time_zones())
        return fingerprint(await run.log())

    return asyncio.run(lived())


def sample_of(told: Story, size: int) -> Sequence[Life]:
    """So many lives, chosen by the seed: one of each of the first plots."""
    rng = Random(told.seed)  # noqa: S311 - nothing secret: the same sample every time
    found: list[Life] = []
    for plot in _SAMPLED[:size]:
        of_plot = [life for life in told.lives if life.plot == plot]
        if of_plot:
            found.append(rng.choice(of_plot))
    return found


def really(run: Run, sampled: Sequence[Life], tzdata: str, progress: Progress) -> RealRun:
    """The sampled lives on servers of their own."""
    with servers() as (postgres, temporal):
        return asyncio.run(
            live_really(
                run.story,
                sampled,
                database_url=postgres.database_url,
                temporal_address=temporal.address,
                tzdata=tzdata,
                progress=progress,
            )
        )


async def compared(run: Run, real: RealRun) -> Sequence[Comparison]:
    """Each stream of the sample as the two runs tell it."""
    return [
        compare(await run.store.read_stream(stream), stored)
        for stream, stored in real.streams.items()
    ]
