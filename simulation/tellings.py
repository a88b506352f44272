"""The other tellings of a run: once more in another process, and a sample of it on real servers."""

import asyncio
from collections.abc import Sequence
from random import Random

from domain.outcomes import Outcome, Rejected
from settings import use_bundled_time_zones
from simulation.acts import Life, Story
from simulation.begun import begun
from simulation.checked import Check
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


async def compared(run: Run, sampled: Sequence[Life], real: RealRun) -> Sequence[Comparison]:
    """Each stream of the sample as the two runs tell it, also where only one of them has it."""
    simulated = await begun(run.store, [act.stream for life in sampled for act in life.acts])
    return [
        compare(stream, await run.store.read_stream(stream), real.streams.get(stream, ()))
        for stream in dict.fromkeys((*simulated, *real.streams))
    ]


def answered_alike(run: Run, sampled: Sequence[Life], real: RealRun) -> Check:
    """Each command of the sample: recorded in both, or refused in both for the same reason."""
    asked = [f"{life.number}.{n}" for life in sampled for n, _ in enumerate(life.acts, start=1)]
    answers = [
        (one, _answer(run.outcomes.get(one)), _answer(real.outcomes.get(one))) for one in asked
    ]
    return Check(
        what="real servers answer each command of the sample as the discrete-event run does",
        counted=f"{len(asked)} commands",
        findings=[
            f"{one}: simulated {simulated}, real {really}"
            for one, simulated, really in answers
            if simulated != really or simulated is None
        ],
    )


def _answer(outcome: Outcome | None) -> str | None:
    return outcome.code if isinstance(outcome, Rejected) else outcome and outcome.kind
