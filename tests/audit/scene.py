"""A log whose completeness is asked for, without a Temporal: which workflows run is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from audit.completeness import discrepancies
from audit.discrepancy import Discrepancy, Kind
from domain.identifiers import InstructionId, StreamId
from domain.instruction import commands as c
from domain.outcomes import Recorded
from tests.workflows.conftest import Log

GRACE = timedelta(minutes=2)


@dataclass(kw_only=True)
class Scene:
    """A log, and the workflows that are said to run."""

    log: Log
    runs: dict[StreamId, datetime] = field(default_factory=dict[StreamId, datetime])
    """Of instructions, and since when."""
    recurring: dict[StreamId, datetime] = field(default_factory=dict[StreamId, datetime])
    """Of recurrences."""
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    """The ranges in which those of instructions were looked for."""
    at: datetime

    async def send(self, command: Any, *, settled: bool = True) -> Recorded:
        """Record it by the one door, and the outcomes of the notices that its instruction has given."""
        outcome = await self.log.handler.handle(command, self.at)
        assert isinstance(outcome, Recorded), outcome
        if settled and isinstance(command, c.InstructionCommand):
            await self.settle(command.instruction)
        return outcome

    async def settle(self, instruction: InstructionId) -> None:
        """Record the outcomes of the notices that it has given."""
        for notice in await self.log.store.undelivered(instruction):
            told = c.RecordDelivery(
                command_id=str(uuid4()),
                actor="system",
                instruction=instruction,
                notice=notice,
                outcome="delivered",
            )
            await self.log.handler.handle(told, self.at)

    async def listed(self, after: str, until: str | None) -> Mapping[StreamId, datetime]:
        self.asked.append((after, until))
        return _within(self.runs, after, until)

    async def listed_recurring(self, after: str, until: str | None) -> Mapping[StreamId, datetime]:
        return _within(self.recurring, after, until)

    async def as_superuser(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.log.database_url)
        try:
            await connection.execute("set session_replication_role = replica")
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def found(
        self, *, at: datetime | None = None, grace: timedelta = GRACE, page: int = 1000
    ) -> Sequence[Discrepancy]:
        """By default as of ten minutes after all of it."""
        moment = at or self.at + timedelta(minutes=10)
        looking = discrepancies(
            self.log.store,
            instructions=self.listed,
            recurrences=self.listed_recurring,
            at=moment,
            grace=grace,
            page=page,
            looks_apart=0,
        )
        return [one async for one in looking]

    async def kinds(self, *, at: datetime | None = None) -> dict[str, list[Kind]]:
        """What is found, by the instruction's number, or by the stream."""
        kinds: dict[str, list[Kind]] = {}
        for one in await self.found(at=at):
            assert one.way_out
            kinds.setdefault(one.number or one.stream, []).append(one.kind)
        return kinds

    async def next_due(self, stream: StreamId) -> datetime:
        head = await self.log.store.stream_head(stream)
        assert head is not None
        assert head.next_wake is not None
        return head.next_wake


def _within(
    runs: Mapping[StreamId, datetime], after: str, until: str | None
) -> Mapping[StreamId, datetime]:
    return {
        one: since for one, since in runs.items() if one > after and (until is None or one <= until)
    }
