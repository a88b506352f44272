"""Temporal's clock, which the log goes by, as far as an activity knows it."""

import time
from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError

from activities.contracts import CLOCKS_DISAGREE


def require_present(at: datetime, skew: timedelta | None) -> None:
    """That a moment which is said to be the present is not yet to come: what is recorded as of then would stay.

    Args:
        skew: None where time is skipped, and Temporal's runs ahead of all others on purpose.

    Raises `ApplicationError` of type ClocksDisagree, never retried.
    """
    now = datetime.now(UTC)
    if skew is not None and at > now + skew:
        raise clocks_disagree(
            f"{at.isoformat()} is said to be the present, and by this worker's clock it is {now.isoformat()}: "
            f"they may differ by {skew.total_seconds():g} s"
        )


def clocks_disagree(what: str) -> ApplicationError:
    """Never retried by Temporal: the client sends again, to another worker maybe, and at another time."""
    return ApplicationError(
        f"{what}. Set the clocks of Temporal, the web and all workers right",
        type=CLOCKS_DISAGREE,
        non_retryable=True,
    )


class Clock:
    """A moment that Temporal told, and the time since."""

    def __init__(self, at: datetime) -> None:
        self._at, self._began = at, time.monotonic()

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)

    def now(self) -> datetime:
        return self._at + self.age
