"""Tells somebody outside, every so often, that Remit works: whoever hears nothing any more knows that it does not.

A dead man's switch, by the convention of healthchecks.io: the address is sent a POST while all is well, and the same with
`/fail` behind its path, the reasons in the body, while something is wrong. Whoever does not know `/fail` answers 404, and
notices by the silence.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from temporalio.client import Client

from monitoring.findings import Limits, findings
from monitoring.standing import standing
from monitoring.watchdog import looked_since
from notifications.failures import named
from readmodels.checkpoints import become_leader
from readmodels.tables import Connection

LEADER = "heartbeat"
"""Name of the lock: one process beats, however many there are."""
PATIENCE = 10.0
"""Seconds for the database, for Temporal and for whoever listens, each."""

_logger = logging.getLogger(__name__)


class Heartbeat:
    """Any number of processes may `run`: one of them beats, and another goes on when it dies.

    Where the database is lost nobody can lead, and nobody beats: that is the message.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", client: Client, url: str, limits: Limits
    ) -> None:
        """`url` is a secret: whoever knows it can beat. The pool's role may read, as `remit_auditor`."""
        self._pool = pool
        self._client = client
        self._url = url
        self._limits = limits

    async def run(self, seconds: float) -> None:
        """A beat every so many seconds, for ever. What goes wrong is logged, and tried again."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    if await become_leader(connection, LEADER):
                        _logger.info("leading the heartbeat")
                        await self._lead(connection, seconds)
            except Exception as error:  # whatever it is, the next one may succeed
                _logger.warning("no heartbeat: %s", named(error))
            await asyncio.sleep(seconds)

    async def _lead(self, connection: "Connection[asyncpg.Record]", seconds: float) -> None:
        since = datetime.now(UTC)
        async with httpx.AsyncClient(timeout=PATIENCE) as outside:
            while True:
                async with asyncio.timeout(PATIENCE):
                    found = findings(await standing(connection), self._limits)
                wrong = [*found, *await self._of_the_watchdog(since)]
                await self._beat(outside, wrong)
                await asyncio.sleep(seconds)

    async def _of_the_watchdog(self, since: datetime) -> Sequence[str]:
        """After a standstill it has some time to come back: this process cannot blame it for the time before."""
        earliest = datetime.now(UTC) - self._limits.watchdog
        try:
            async with asyncio.timeout(PATIENCE):
                if await looked_since(self._client, earliest) or since > earliest:
                    return ()
        except Exception as error:
            _logger.warning("the watchdog cannot be seen: %s", named(error))
            return ("Temporal does not answer",)
        return (f"the watchdog has not looked for {_minutes(self._limits.watchdog)}",)

    async def _beat(self, outside: httpx.AsyncClient, wrong: Sequence[str]) -> None:
        if wrong:
            _logger.warning("something is wrong: %s", "; ".join(wrong))
        url = _failing(self._url) if wrong else self._url
        try:
            answer = await outside.post(url, content="\n".join(wrong))
        except httpx.HTTPError as error:
            _logger.warning("nobody heard the heartbeat: %s", named(error))
            return
        if not answer.is_success:
            _logger.warning("the heartbeat was answered by %d", answer.status_code)


def _failing(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} minutes"
