"""A log of some hundred events with its tiles and checkpoints, ready to be copied and tampered with."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from obstore.store import LocalStore

from audit.findings import Verification
from audit.keeper import Keeper, Kept
from audit.notes import Signer
from audit.outside import OutsideStore
from audit.verification import Verified, verify
from cli.devstack import EmbeddedPostgres
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendStatus, NewEvent, StreamWrite
from tests.conftest import WITH_SCHEMA, fresh_database
from tests.eventstore.appends import NOON

SIGNER = Signer.new("log.example/remit")
_DAY = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(kw_only=True)
class Trail:
    """A log, its keeper, and whoever verifies it."""

    database_url: str
    folder: Path
    """The outside store."""
    signer: Signer = SIGNER
    minutes: int = 0

    @property
    def outside(self) -> OutsideStore:
        return OutsideStore(LocalStore(self.folder))

    async def write(self, count: int, *, streams: int = 7) -> None:
        """Append so many events of two by a command, to several streams in turn."""
        appends: list[Append] = []
        versions = await self._versions()
        async with PostgresEventStore.open(self.database_url, pool_size=2) as store:
            epoch = await store.epoch()
            for number in range(0, count, 2):
                stream = f"instruction-{number // 2 % streams}"
                version = versions.get(stream, 0)
                events = tuple(
                    NewEvent(
                        type="ProgressReported",
                        occurred_at=NOON + timedelta(minutes=version + more),
                        actor=f"p-{version % 5}",
                        body=f'{{"v":1,"text":"{stream} {version + more}"}}'.encode(),
                    )
                    for more in range(min(2, count - number))
                )
                write = StreamWrite(stream_id=stream, expected_version=version, events=events)
                first = (f"number:{stream}",) if version == 0 else ()
                command = str(uuid4())
                appends.append(
                    Append(
                        command_id=command,
                        request_hash=b"x" * 32,
                        writes=(write,),
                        claims=first,
                        epoch=epoch,
                    )
                )
                versions[stream] = version + len(events)
            results = await store.append_many(appends)
        assert {result.status for result in results} <= {AppendStatus.OK}

    async def _versions(self) -> dict[str, int]:
        connection = await asyncpg.connect(self.database_url)
        try:
            rows = await connection.fetch("select stream_id, version from remit.streams")
            return {row["stream_id"]: row["version"] for row in rows}
        finally:
            await connection.close()

    async def keep(self, *, signer: Signer | None = None, outside: bool = True) -> Kept:
        """A round of the keeper."""
        async with self.keeper(signer=signer, outside=outside) as keeper:
            return await keeper.keep()

    async def keep_after_loss(self, reason: str) -> Kept:
        async with self.keeper() as keeper:
            return await keeper.keep_after_loss(reason)

    async def repair(self, reason: str, *, outside: bool = True) -> Kept:
        async with self.keeper(outside=outside) as keeper:
            return await keeper.repair(reason)

    def files(self) -> Mapping[Path, bytes]:
        """What is in the outside store."""
        return {file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}

    @asynccontextmanager
    async def keeper(
        self, *, signer: Signer | None = None, outside: bool = True
    ) -> AsyncGenerator[Keeper]:
        self.minutes += 1
        moment = _DAY + timedelta(minutes=self.minutes)
        async with asyncpg.create_pool(
            self.database_url,
            min_size=1,
            max_size=2,
            server_settings={"role": "remit_projector"},
        ) as pool:
            store = self.outside if outside else None
            yield Keeper(pool, signer or self.signer, store, batch_size=300, now=lambda: moment)

    async def verify(self, *, outside: bool = True) -> Verification:
        return (await self.verified(outside=outside))[0]

    async def verified(
        self, *, outside: bool = True, since: Verified | None = None
    ) -> tuple[Verification, Verified | None]:
        async with self.auditor() as connection:
            store = self.outside if outside else None
            return await verify(connection, self.signer.verifier, store, since=since)

    @asynccontextmanager
    async def auditor(self) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection that only reads."""
        connection = await asyncpg.connect(
            self.database_url, server_settings={"role": "remit_auditor"}
        )
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def superuser(self) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection that no trigger stops."""
        connection = await asyncpg.connect(self.database_url)
        try:
            for table in ("remit.events", "remit.commands", "remit.claims", "audit.checkpoints"):
                await connection.execute(f"alter table {table} disable trigger all")
            await connection.execute("set session_replication_role = replica")
            yield connection
        finally:
            await connection.close()


@pytest.fixture
async def trail(database_url: str, tmp_path: Path) -> Trail:
    """An empty log."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return Trail(database_url=database_url, folder=folder)


SIZES = (300, 520, 700)
"""Sizes of the prepared log's checkpoints."""
UNCOVERED = 20
"""Events after the last of them, which the tiles have."""


@pytest.fixture(scope="session")
def _prepared(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trail]:
    folder = tmp_path_factory.mktemp("prepared") / "outside"
    folder.mkdir()
    made = Trail(database_url=postgres.url_of("audit_prepared"), folder=folder)
    asyncio.run(_prepare(postgres.database_url, made))
    yield made
    asyncio.run(_execute(postgres.database_url, "drop database audit_prepared with (force)"))


async def _prepare(server_url: str, made: Trail) -> None:
    await _execute(server_url, f"create database audit_prepared template {WITH_SCHEMA}")
    for before, size in zip((0, *SIZES), SIZES, strict=False):
        await made.write(size - before)
        await made.keep()
    await made.write(UNCOVERED)
    async with made.keeper() as keeper:
        await keeper.follow()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def prepared(
    _prepared: Trail, postgres: EmbeddedPostgres, tmp_path: Path
) -> AsyncIterator[Trail]:
    """A copy of the prepared log, and of its outside store."""
    folder = tmp_path / "outside"
    shutil.copytree(_prepared.folder, folder)
    async with fresh_database(postgres, "audit_prepared") as url:
        yield Trail(database_url=url, folder=folder, minutes=_prepared.minutes)
