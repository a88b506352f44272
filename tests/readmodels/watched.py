"""The register's projection under observation."""

from collections.abc import Sequence

import asyncpg

from eventstore.protocol import EventStore, StoredEvent
from readmodels.register_projection import RegisterProjection
from readmodels.tables import LIVE, Connection


class Died(Exception):
    """The process died in the middle of a batch."""


class Watched(RegisterProjection):
    """The register's projection, which says what it was given, and dies when told."""

    def __init__(self, *, dies_after: int = 0) -> None:
        self.applied: list[int] = []
        self._lives_left = dies_after

    async def apply(
        self,
        connection: "Connection[asyncpg.Record]",
        store: EventStore,
        events: Sequence[StoredEvent],
        *,
        schema: str = LIVE,
    ) -> None:
        await super().apply(connection, store, events, schema=schema)
        self.applied += [event.position for event in events]
        self._lives_left -= 1
        if self._lives_left == 0:
            raise Died
