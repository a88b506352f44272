"""The same lives on real servers: PostgreSQL, Temporal with skipped time, the workflows and the worker as deployed.

A workflow's clock begins at the present and can be skipped forward. So whatever begins a run (the founding, a
reopening) is recorded by `handle` at its moment, as an import does it, and the workflow is woken; its clock is then
brought there. All other commands are sent to it as Updates.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.nudge import nudge
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import StreamId
from domain.outcomes import Outcome, Recorded
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import StoredEvent
from readmodels.projector import open_projection_pool
from simulation.acts import Act, Change, Life, Story
from simulation.begun import begun
from simulation.desk import Desk
from simulation.discrete import Progress
from simulation.world import People, set_up
from worker import conducting
from workflows.client import CommandSender, connect

DYNAMIC_CONFIG = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # So soon that a longer life continues as new on its way.
    "limit.historyCount.suggestContinueAsNew": "100",
    # By up to so much a timer fires late, each skipped one by that much; a second, unless told.
    "history.timerProcessorMaxTimeShift": '"100ms"',
}
_GATHERING = timedelta(minutes=10)
"""Before what changes for all: the real time that the slowest of the lives may come after the first."""
_DELIVERED_WITHIN = 30.0
_ACTS_WITHIN = 30.0
"""Seconds that a workflow has to act on a moment once its clock is there."""


class Unmoved(Exception):
    """{stream} did not act on what was due at {wake}, though its clock was there."""

    def __init__(self, stream: StreamId, wake: datetime) -> None:
        super().__init__(
            f"{stream} did not act on what was due at {wake:%Y-%m-%d %H:%M:%S} UTC, though its clock was there"
        )


@dataclass(frozen=True, kw_only=True)
class RealRun:
    """What the sample came to: the streams as recorded, and the outcome of each act by its command id."""

    streams: Mapping[StreamId, Sequence[StoredEvent]]
    outcomes: Mapping[str, Outcome]
    of_life: Mapping[str, Sequence[StreamId]]
    """The streams of each life, by its number."""


@contextmanager
def servers() -> Generator[tuple[EmbeddedPostgres, EmbeddedTemporal]]:
    """On free ports of 127.0.0.1; ended and deleted on leaving."""
    with TemporaryDirectory(prefix="remit-sim-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with (
            EmbeddedPostgres(folder / "postgres", durable=False) as postgres,
            EmbeddedTemporal(
                folder / "temporal", headless=True, dynamic_config=DYNAMIC_CONFIG
            ) as temporal,
        ):
            yield postgres, temporal


async def live_really(
    story: Story,
    sample: Sequence[Life],
    *,
    database_url: str,
    temporal_address: str,
    tzdata: str,
    progress: Progress | None = None,
) -> RealRun:
    """The lives side by side, in an empty database; at what changes for all they wait for each other."""
    async with _stage(story, sample, database_url, temporal_address, tzdata, progress) as stage:
        for at, changes in groupby(story.changes, key=lambda change: change.at):
            await stage.until(at)
            await stage.change([*changes])
        await stage.until(story.ends)
        return await stage.told()


@asynccontextmanager
async def _stage(
    story: Story,
    sample: Sequence[Life],
    database_url: str,
    temporal_address: str,
    tzdata: str,
    progress: Progress | None,
) -> AsyncGenerator["_Stage"]:
    await migrate(database_url)
    skipper = TimeSkipper(await connect(temporal_address), config=TimeSkippingConfig(enabled=False))
    queue = f"simulation-{uuid4()}"
    async with (
        PostgresEventStore.open(database_url) as store,
        PostgresPersonStore.open(database_url) as persons,
        open_projection_pool(database_url, pool_size=1) as pool,
    ):
        desk = Desk(store, persons, tzdata)
        await set_up(store, desk.handler, persons, story.begins)
        async with conducting(
            skipper.client, store, persons, pool, [desk.channel], task_queue=queue, tzdata=tzdata
        ):
            players = [
                _Player(life=life, acts=list(enumerate(life.acts, start=1))) for life in sample
            ]
            yield _Stage(
                skipper=skipper,
                queue=queue,
                store=store,
                desk=desk,
                people=People(story.changes),
                players=players,
                progress=progress,
            )


@dataclass(kw_only=True)
class _Player:
    """One life as far as it is lived."""

    life: Life
    acts: list[tuple[int, Act]]
    """Those still to come."""
    streams: dict[StreamId, None] = field(default_factory=dict[StreamId, None])
    """Those it has begun, in order."""


@dataclass(kw_only=True)
class _Stage:
    skipper: TimeSkipper
    queue: str
    store: PostgresEventStore
    desk: Desk
    people: People
    players: Sequence[_Player]
    progress: Progress | None
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])

    @property
    def client(self) -> Client:
        return self.skipper.client

    async def until(self, end: datetime) -> None:
        """Live on to that moment; the last stretch together, so that all are there at the same time."""
        await asyncio.gather(*(self._live(player, end) for player in self.players))
        await self._bring_all([s for player in self.players for s in player.streams], end)

    async def change(self, changes: Iterable[Change]) -> None:
        """As whoever makes it does: record it, and wake what it may concern."""
        concerned = False
        for change in changes:
            outcome = await self.desk.record(change.command, change.at)
            assert isinstance(outcome, Recorded), outcome
            concerned = concerned or change.concerns_all
        if concerned:
            streams = [s for player in self.players for s in player.streams]
            await nudge(self.client, self.queue, [s for s in streams if await self._open(s)])

    async def told(self) -> RealRun:
        streams = [stream for player in self.players for stream in player.streams]
        async with asyncio.timeout(_DELIVERED_WITHIN):
            await asyncio.gather(*map(self._delivered, streams))
        return RealRun(
            streams={stream: await self.store.read_stream(stream) for stream in streams},
            outcomes=self.outcomes,
            of_life={player.life.number: [*player.streams] for player in self.players},
        )

    async def _live(self, player: _Player, end: datetime) -> None:
        while player.acts and player.acts[0][1].at < end:
            n, act = player.acts.pop(0)
            await self._advance(player, act.at, last=act.stream)
            await self._send(player, f"{player.life.number}.{n}", act)
            if self.progress is not None:
                total = sum(len(one.life.acts) for one in self.players)
                self.progress(total - sum(len(one.acts) for one in self.players), total)
        await self._advance(player, end - _GATHERING)

    async def _send(self, player: _Player, command_id: str, act: Act) -> None:
        request = act.request(command_id, self.people.acting(act.by, act.at))
        if await self._open(act.stream):
            outcome = await CommandSender(self.client, self.queue).send(request)
        else:
            outcome = await self.desk.record(request, act.at)
            if isinstance(outcome, Recorded):
                await nudge(self.client, self.queue, [act.stream])
                await self._bring(act.stream, act.at)
        self.outcomes[command_id] = outcome
        player.streams |= dict.fromkeys(await begun(self.store, [act.stream]))
        await self._see_what_began(player)

    async def _advance(self, player: _Player, to: datetime, last: StreamId | None = None) -> None:
        """Let the clocks of all that it has open run on to that moment. That of `last` gets there last: a
        clock that has arrived goes on with the real one, and the next command is for it.
        """
        await self._bring_all([stream for stream in player.streams if stream != last], to)
        await self._see_what_began(player)
        if last in player.streams:
            await self._bring(last, to)
            await self._see_what_began(player)

    async def _see_what_began(self, player: _Player) -> None:
        """Occurrences that fell due, and parts: workflows of their own, started by whoever recorded them."""
        player.streams |= dict.fromkeys(await begun(self.store, player.streams))

    async def _bring_all(self, streams: Iterable[StreamId], to: datetime) -> None:
        await asyncio.gather(*(self._bring(stream, to) for stream in streams))

    async def _bring(self, stream: StreamId, to: datetime) -> None:
        """From due moment to due moment: where several lie in one skip, and the run continues as new on
        the way, the server may pass the later ones before the new run has a timer.
        """
        while True:
            head = await self.store.stream_head(stream)
            if head is None or head.closed:
                return
            if head.next_wake is None or head.next_wake > to:
                break
            await self._skip(stream, head.next_wake)
            await self._acted(stream, head.next_wake)
        await self._skip(stream, to)

    async def _skip(self, stream: StreamId, to: datetime) -> None:
        workflow: WorkflowHandle[Any, Any] = self.client.get_workflow_handle(stream)
        now = await self.skipper.get_current_time(workflow)
        if to > now:
            await self.skipper.fast_forward(workflow, to - now)

    async def _acted(self, stream: StreamId, wake: datetime) -> None:
        """Raises `Unmoved` if the workflow does not act on the moment."""
        last = time.monotonic() + _ACTS_WITHIN
        while (head := await self.store.stream_head(stream)) and head.next_wake == wake:
            if head.closed:
                return
            if time.monotonic() > last:
                raise Unmoved(stream, wake)
            await asyncio.sleep(0.02)

    async def _delivered(self, stream: StreamId) -> None:
        left = await self.store.undelivered(stream)
        while left:
            await asyncio.sleep(0.1)
            left = await self.store.undelivered(stream)

    async def _open(self, stream: StreamId) -> bool:
        head = await self.store.stream_head(stream)
        return head is not None and not head.closed
