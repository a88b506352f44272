"""The log is restored to a moment (PITR of a real PostgreSQL), and Temporal knows of more than it.

What the lost end held is lost. What the machinery recorded there falls due again by the log, once, under the same message ids.
"""

import asyncio
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from activities.nudge import nudge_unfinished
from cli.data_directory import is_root
from cli.devstack import EmbeddedPostgres
from cli.embedded_postgres import postgres_binaries
from domain.deadline import DeadlineRequest
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from domain.policies import Policy, ReminderRule
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from notifications.channel import Message
from tests import staging as s
from tests.workflows.conftest import Conductor, Log, staged_log
from tests.workflows.sent import issue, make

pytestmark = pytest.mark.timeout(180)

_POLICY = Policy(
    id="soon",
    reminders=(ReminderRule(id="before", offset=timedelta(days=30)),),
)

_END_SEGMENT = "select pg_walfile_name(pg_switch_wal())"


@dataclass(kw_only=True)
class Counting:
    """A channel that keeps what it was given."""

    name: str = "log"
    max_attempts: int = 3
    sent: list[str] = field(default_factory=list[str])
    """Message ids."""

    async def send(self, message: Message) -> str:
        self.sent.append(message.message_id)
        return "kept"


@dataclass(frozen=True, kw_only=True)
class Archived:
    """A server whose write-ahead log is archived, and a base backup of it."""

    folder: Path
    binaries: Path

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    def set_up(self) -> None:
        """To be called while the server does not run."""
        self.archive.mkdir()
        _owned_by_postgres(self.archive)
        _configure(
            self.folder / "live" / "cluster",
            archive_mode="on",
            archive_command=f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f",
        )

    def back_up(self, server: EmbeddedPostgres) -> None:
        subprocess.run(
            [
                self.binaries / "pg_basebackup",
                "-d",
                server.database_url,
                "-D",
                self.base,
                "-c",
                "fast",
            ],
            check=True,
            capture_output=True,
        )

    def restored_to(self, moment: datetime) -> EmbeddedPostgres:
        """Not started yet."""
        cluster = self.folder / "restored" / "cluster"
        shutil.copytree(self.base, cluster, ignore=shutil.ignore_patterns(".s.PGSQL*"))
        _configure(
            cluster,
            archive_mode="off",
            restore_command=f"cp {self.archive}/%f %p",
            recovery_target_time=moment.isoformat(),
            recovery_target_action="promote",
        )
        (cluster / "recovery.signal").touch()
        for path in (cluster, *cluster.rglob("*")):
            _owned_by_postgres(path)
        cluster.chmod(0o700)
        return EmbeddedPostgres(self.folder / "restored", durable=False)


def _configure(cluster: Path, **settings: str) -> None:
    with (cluster / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _owned_by_postgres(path: Path) -> None:
    if is_root():
        shutil.chown(path, "nobody")


async def _as_owner(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def _up(server: EmbeddedPostgres) -> AsyncGenerator[EmbeddedPostgres]:
    await asyncio.to_thread(server.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.__exit__)


async def _types(log: Log, instruction: InstructionId) -> list[str]:
    return [event.type for event in await log.store.read_stream(instruction)]


async def _until(log: Log, instruction: InstructionId, type_: str) -> None:
    while True:
        if type_ in await _types(log, instruction):
            return
        await asyncio.sleep(0.2)


async def test_what_the_lost_end_held_falls_due_again_once_and_under_the_same_message_id(
    server_dir: Path, conductor: Conductor
) -> None:
    folder = server_dir / f"p{uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    live = EmbeddedPostgres(folder / "live", durable=False)
    async with _up(live):
        await migrate(live.database_url)
        async with (
            PostgresEventStore.open(live.database_url) as store,
            PostgresPersonStore.open(live.database_url) as persons,
        ):
            await s.stage(CommandHandler(store, tzdata=s.TZDATA), persons)
    saved = Archived(folder=folder, binaries=postgres_binaries(None))
    saved.set_up()
    number = f"restored-{uuid4()}"
    instruction, channel = instruction_id(number), Counting()
    due = datetime.now(UTC) + timedelta(seconds=20)

    async with _up(live), staged_log(live.database_url) as log:
        await asyncio.to_thread(saved.back_up, live)
        async with conductor.working(log, channels=[channel]):
            for command in (
                issue(
                    number,
                    deadline=DeadlineRequest(at=due + timedelta(days=30)),
                    policy=_POLICY,
                ),
                make(c.Assign, s.ISSUER, number, lead=s.MINISTRY),
            ):
                assert isinstance(await conductor.sender.send(command), Recorded)
            await _until(log, instruction, "NotificationDelivered")
            kept = await _types(log, instruction)
            await asyncio.sleep(1)
            moment = datetime.now(UTC)
            await _until(log, instruction, "ReminderDue")
            comment = make(c.Comment, s.ISSUER, number, text="lost with the end of the log")
            assert isinstance(await conductor.sender.send(comment), Recorded)
            run = (await conductor.handle(instruction).describe()).run_id
        lost = await _types(log, instruction)
        await _archived(saved, str(await _as_owner(live, _END_SEGMENT)))
    assert moment < due
    assert lost[: len(kept)] == kept
    assert {"ReminderDue", "Commented"} <= {*lost[len(kept) :]}

    async with _up(saved.restored_to(moment)) as restored, staged_log(restored.database_url) as log:
        await _promoted(restored)
        assert await _types(log, instruction) == kept
        assert await _as_owner(restored, "select remit.begin_epoch()") == 2
        before = Counter(channel.sent)
        async with conductor.working(log, channels=[channel]):
            await nudge_unfinished(log.store, conductor.client, conductor.task_queue)
            await _until(log, instruction, "ReminderDue")
            await asyncio.sleep(2)
        found = await _types(log, instruction)
        assert (await conductor.handle(instruction).describe()).run_id == run
    assert found[: len(kept)] == kept
    assert found.count("ReminderDue") == 1
    assert "Commented" not in found
    again = Counter(channel.sent) - before
    assert again
    assert again.keys() <= before.keys(), "the receiver knows the messages by their ids"


async def _archived(saved: Archived, segment: str) -> None:
    while True:
        if (saved.archive / segment).exists():
            return
        await asyncio.sleep(0.2)


async def _promoted(server: EmbeddedPostgres) -> None:
    """It can be read before it may be written to."""
    while True:
        if not await _as_owner(server, "select pg_is_in_recovery()"):
            return
        await asyncio.sleep(0.2)
