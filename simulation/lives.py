"""Makes a story from a seed: so many measures, issued in waves over so many years."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from random import Random

from domain.identifiers import BodyId
from domain.policies import PolicyId, Priority
from simulation.acts import Life, Story
from simulation.plots import PLOTS
from simulation.telling import Telling
from simulation.world import BEGINS, changes, leads, local

_WAVES = 4
"""Meetings a year at which measures are issued."""
_POLICIES: Mapping[PolicyId, int] = {"default": 35, "watchful": 45, "taken-over": 20}
_PRIORITIES: Mapping[Priority, int] = {"low": 5, "normal": 70, "high": 15, "critical": 10}
_NEWLY_FOUNDED = "joint-standards-body"


def story(seed: int, measures: int, *, years: int = 3, begins: date = BEGINS) -> Story:
    """The same for the same arguments. Whatever would happen after the end is left out."""
    rng = Random(seed)  # noqa: S311 - nothing secret: the same story every time
    beginning = local(begins, time(9))
    ends = local(begins + timedelta(days=365 * years + years // 3), time())
    what = changes(rng, begins, years)
    weights = [weight for _, weight in PLOTS.values()]
    more = rng.choices([*PLOTS], weights, k=max(measures - len(PLOTS), 0))
    plots = rng.sample([*PLOTS, *more][:measures], measures)
    bodies = [body for body in leads() if body != _NEWLY_FOUNDED]
    lives = [_life(rng, n, plot, bodies, begins, years) for n, plot in enumerate(plots, start=1)]
    return Story(
        seed=seed,
        begins=beginning,
        ends=ends,
        changes=tuple(change for change in what if change.at < ends),
        lives=tuple(
            replace(life, acts=tuple(act for act in life.acts if act.at < ends)) for life in lives
        ),
    )


def _life(
    rng: Random, n: int, plot: str, bodies: Sequence[BodyId], begins: date, years: int
) -> Life:
    """Early waves are larger, so that most come to their end within the period."""
    waves = _WAVES * years
    wave = 0 if plot == "recurring" else min(int(rng.triangular(0, waves, 0)), waves - 2)
    issued_on = begins + timedelta(days=365 * wave // _WAVES + rng.randint(1, 20))
    body, *others = rng.sample(bodies, 4)
    policies: list[PolicyId] = [*_POLICIES]
    priorities: list[Priority] = [*_PRIORITIES]
    telling = Telling(
        rng=rng,
        number=f"S-{n:03}",
        issued_on=issued_on,
        lead=body,
        others=tuple(others),
        policy=rng.choices(policies, [*_POLICIES.values()])[0],
        priority=rng.choices(priorities, [*_PRIORITIES.values()])[0],
        length=rng.randint(60, 150 if years == 1 else 400),
    )
    PLOTS[plot][0](telling)
    return Life(number=telling.number, plot=plot, acts=telling.with_mistakes())
