"""Verifies again and again: what is new each time, and the whole log every so often."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from audit.findings import Verification
from audit.verification import Verified

Verify: TypeAlias = Callable[[Verified | None], Awaitable[tuple[Verification, Verified | None]]]


async def watch(verify: Verify, *, every: float, whole_every: float) -> AsyncIterator[Verification]:
    """Yield each verification; the last is the first that found something.

    Args:
        verify: verifies what is new since an earlier verification, or with None all.
        every: seconds between two verifications.
        whole_every: seconds after which the whole log is verified: events that were verified before
            are hashed again only then.

    Raises what `verify` does; whoever iterates may begin again.
    """
    since: Verified | None = None
    whole_at = time.monotonic()
    while True:
        if time.monotonic() >= whole_at:
            since, whole_at = None, time.monotonic() + whole_every
        verification, since = await verify(since)
        yield verification
        if verification.findings:
            return
        await asyncio.sleep(every)
