"""What counts as wrong."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitoring.findings import Limits, findings
from monitoring.standing import Backlog, Standing
from readmodels.checkpoints import ConsumerLag

_NOTHING = Backlog(count=0, seconds=0)
_LAG = ConsumerLag(
    projection="register", position=7, head=9, lag=2, seconds=59, epoch_over=False, leader=None
)
_WELL = Standing(
    position=9,
    lags=[_LAG],
    unsent=Backlog(count=3, seconds=119),
    overdue=Backlog(count=1, seconds=299),
    uncovered=Backlog(count=9, seconds=180),
    checkpoint_age=None,
)
_LIMITS = Limits(
    lag=timedelta(minutes=1), unsent=timedelta(minutes=2), uncovered=timedelta(minutes=3)
)


def test_what_waits_for_less_than_its_limit_is_well() -> None:
    assert findings(_WELL, _LIMITS) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"lags": [replace(_LAG, seconds=61)]},
            "the read model register is 2 events behind, since 61 s",
        ),
        (
            {"lags": [replace(_LAG, seconds=0, epoch_over=True)]},
            "the read model register is 2 events behind, since 0 s",
        ),
        (
            {"unsent": Backlog(count=3, seconds=121)},
            "3 notices are not sent, the oldest since 121 s",
        ),
        (
            {"overdue": Backlog(count=1, seconds=301)},
            "1 due moments have passed and nothing was done, the oldest since 301 s",
        ),
        (
            {"uncovered": Backlog(count=9, seconds=181)},
            "9 events are covered by no checkpoint, the oldest since 181 s",
        ),
    ],
)
def test_what_waits_for_longer_is_not(change: dict[str, Any], said: str) -> None:
    assert findings(replace(_WELL, **change), _LIMITS) == [said]


def test_where_nobody_signs_no_checkpoint_is_missed() -> None:
    late = replace(_WELL, uncovered=Backlog(count=9, seconds=10**6))
    assert findings(late, replace(_LIMITS, uncovered=None)) == []
