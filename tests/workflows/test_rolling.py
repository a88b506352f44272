"""An upgrade between two versions at work, with a changed event, changed workflow code and migrations: `make rolling` does it to a
thousand.
"""

from datetime import timedelta

import pytest

from bench.rolling.upgrading import upgrade


@pytest.mark.timeout(240)
async def test_an_upgrade_loses_nothing_fires_nothing_twice_and_leaves_nobody_behind() -> None:
    upgraded = await upgrade(
        instructions=12, clients=3, hurry=True, due_within=timedelta(seconds=25)
    )
    assert upgraded.findings.is_well, upgraded.findings
    assert upgraded.findings.acknowledged > 12
