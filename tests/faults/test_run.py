"""A small run on servers of its own, and planted bugs: what `make faults` does at length."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from faults.ground import Servers, ground, prepared, servers
from faults.kinds import KINDS, Kind
from faults.run import Plan, run
from faults.trials import TRIALS, Trying

pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]
_COMMANDS, _FAULTS = 24, 1
_STORE_SECONDS = 2.5
_SHORT = (
    "reader killed",
    "sessions ended",
    "a backend killed",
    "PostgreSQL killed",
    "worker killed",
)


@pytest.fixture(scope="module")
def up() -> Iterator[Servers]:
    with servers() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def template(up: Servers) -> AsyncGenerator[str]:
    async with prepared(up) as name:
        yield name


def _brief() -> list[Kind]:
    """Those that are over soon: the pauses and hold-ups of the others take as long as the whole test may."""
    return [kind for kind in KINDS if kind.name in _SHORT]


async def test_a_few_faults_break_nothing(up: Servers, template: str) -> None:
    plan = Plan(
        seed=2,
        clients=24,
        seconds=6,
        pause=0.05,
        kinds=_brief(),
        patience=60,
        tolerance=timedelta(minutes=2),
        in_a_hurry=True,
    )
    async with ground(up, template, workers=1) as of:
        found = await run(of, plan)
    broken = [finding for check in found.verdicts.values() for finding in check.findings]
    assert broken == []
    assert found.driver.account.commands >= _COMMANDS
    assert len(found.storm.faults) >= _FAULTS


async def test_a_planted_bug_is_told_by_its_own_check(up: Servers, template: str) -> None:
    (trial,) = [trial for trial in TRIALS if trial.bug == "look-up-left-out"]
    tried = await Trying(servers=up, template=template).one(replace(trial, seconds=_STORE_SECONDS))
    assert tried.caught
