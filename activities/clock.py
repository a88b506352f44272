"""Temporal's clock, which the log goes by, as far as an activity knows it."""

import time
from datetime import datetime, timedelta


class Clock:
    """A moment that Temporal told, and the time since."""

    def __init__(self, at: datetime) -> None:
        self._at, self._began = at, time.monotonic()

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)

    def now(self) -> datetime:
        return self._at + self.age
