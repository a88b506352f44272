"""A disk without room, for a while: the system refuses what would grow a file of this process."""

import resource
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def no_room_left() -> Generator[None]:
    """No file may grow beyond a page."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
