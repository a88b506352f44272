"""Moving windows in the memory of this process, for `limits`: of so many clients at most, and without threads.

The library's own store goes through all it holds, in a thread for each key, whenever it is asked: who asks from many
addresses would slow everyone down by that alone.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits.aio.storage import MemoryStorage


class Windows(MemoryStorage):
    """Args:
    most: keys held; beyond that the one that asked longest ago is forgotten.
    clock: seconds; the same that a window's reset is compared with.
    """

    STORAGE_SCHEME = None  # pyright: ignore[reportAssignmentType] - kept out of the library's register

    def __init__(self, *, most: int = 50_000, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Whether `amount` more are within the limit, of which they are taken then."""
        asked = self._window(key, expiry)
        if len(asked) + amount > limit:
            return False
        asked.extend([self._clock()] * amount)
        self._asked[key] = asked
        self._asked.move_to_end(key)
        if len(self._asked) > self._most:
            self._asked.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest that still counts came, and how many do."""
        del limit
        asked = self._window(key, expiry)
        return (asked[0] if asked else self._clock()), len(asked)

    def _window(self, key: str, expiry: int) -> deque[float]:
        asked = self._asked.get(key) or deque[float]()
        since = self._clock() - expiry
        while asked and asked[0] <= since:
            asked.popleft()
        return asked
