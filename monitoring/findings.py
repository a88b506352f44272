"""What is wrong with how Remit stands, in words that may leave the house: counts, spans, and names of read models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from activities.courier import GRACE
from monitoring.standing import Backlog, Standing

OVERDUE_LIMIT = GRACE + timedelta(minutes=3)
"""The watchdog looks every minute, at what is due for longer than its grace."""
WATCHDOG_LIMIT = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """For how long something may wait before that is a finding."""

    lag: timedelta
    """A read model."""
    unsent: timedelta
    """A notice."""
    uncovered: timedelta | None
    """An event, for a checkpoint; None where nobody signs any."""
    overdue: timedelta = OVERDUE_LIMIT
    """A due moment."""
    watchdog: timedelta = WATCHDOG_LIMIT
    """The watchdog's next look."""


def findings(found: Standing, limits: Limits) -> Sequence[str]:
    """One sentence for each thing that is wrong; none if all is well."""
    return [
        *(
            f"the read model {one.projection} is {one.lag} events behind, since {one.seconds:.0f} s"
            for one in found.lags
            if one.epoch_over or one.seconds > limits.lag.total_seconds()
        ),
        *_waiting(found.overdue, limits.overdue, "due moments have passed and nothing was done"),
        *_waiting(found.unsent, limits.unsent, "notices are not sent"),
        *_waiting(found.uncovered, limits.uncovered, "events are covered by no checkpoint"),
    ]


def _waiting(backlog: Backlog, limit: timedelta | None, what: str) -> Iterator[str]:
    if limit is not None and backlog.seconds > limit.total_seconds():
        yield f"{backlog.count} {what}, the oldest since {backlog.seconds:.0f} s"
