"""The servers, Remit's processes, and the links between them: all that faults are done to."""

import asyncio
import os
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from access.pool import open_access_pool
from access.scopes import SCOPES
from access.tokens import ApiTokens
from activities.keyring import make_keys
from audit.keys import make_key
from bench.deployed import DeployedProcess
from bench.servers import servers_folder
from bench.web.ground import free_port
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from eventstore.connections import DATABASE_LOST
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from faults import clocks
from faults.disk import Disk, own_disk
from faults.doors import ApiDoor, SenderDoor, SendsCommands
from faults.launched import BUG, CLOCK
from faults.links import Connect, Link
from faults.planted import in_database
from faults.reader import READY
from faults.told import Door
from faults.victims import Server, Victim
from tests import staging as s
from workflows.client import connect

TASK_QUEUE = "faults"
_ANY_NUMBER = "1000000000"
_PEOPLE = (s.ISSUER, s.LEAD, s.CONTROLLER, s.OPERATOR)
_CHECKPOINT_SECONDS = "5"


@dataclass(frozen=True, kw_only=True)
class Servers:
    """PostgreSQL and Temporal, which several runs may share, one after the other."""

    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    folder: Path
    disk: Disk | None = None
    """PostgreSQL's, where it is one of its own that can be made full."""

    @property
    def socket(self) -> str:
        """PostgreSQL's."""
        return str(self.folder / "postgres" / "cluster" / ".s.PGSQL.5432")


@contextmanager
def servers() -> Generator[Servers]:
    """Both up, on a folder that is gone when they are."""
    with ExitStack() as stack:
        folder = stack.enter_context(servers_folder())
        disk = stack.enter_context(own_disk(folder / "postgres"))
        yield Servers(
            postgres=stack.enter_context(EmbeddedPostgres(folder / "postgres")),
            temporal=stack.enter_context(EmbeddedTemporal(folder / "temporal", headless=True)),
            folder=folder,
            disk=disk,
        )


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Bugs under test."""

    in_database: str | None = None
    in_code: Mapping[str, str] = field(default_factory=dict[str, str])
    """By role: worker, web, reader."""


NOTHING = Planted()


@dataclass(kw_only=True)
class Ground:
    """All of it up. Made by `ground`."""

    servers: Servers
    name: str
    """Of the database and of Temporal's namespace: no other run has it."""
    folder: Path
    database_url: str
    """Past all links: what is looked at here is not cut off."""
    client: Client
    """Connected to Temporal past all links."""
    links: Mapping[str, Link]
    reader: Victim
    postgres: Server
    temporal: Server
    workers: list[Victim] = field(default_factory=list[Victim])
    web: Victim | None = None
    doors: dict[Door, SendsCommands] = field(default_factory=dict[Door, SendsCommands])
    clocks: dict[str, Path] = field(default_factory=dict[str, Path])
    """By process, the file that says by how much its clock is wrong."""

    @property
    def processes(self) -> list[Victim]:
        return [*self.workers, self.reader, *([self.web] if self.web is not None else [])]

    @property
    def seen(self) -> Path:
        """What the reader wrote down."""
        return self.folder / "seen"

    @property
    def signing_key(self) -> Path:
        return self.folder / "audit.key"

    @property
    def outside(self) -> Path:
        """Where checkpoints are kept besides."""
        return self.folder / "audit"

    def clock(self, who: str) -> dict[str, str]:
        """A clock that can be turned, as the process is told of it."""
        self.clocks[who] = self.folder / f"{who.replace(' ', '-')}.clock"
        self.clocks[who].write_text("0", encoding="ascii")
        return {CLOCK: str(self.clocks[who])}


@asynccontextmanager
async def prepared(servers: Servers) -> AsyncGenerator[str]:
    """The name of a database with the schema and the staged directory, to be copied for each run."""
    name = "staged"
    await _at(servers, f"create database {name}")
    url = servers.postgres.url_of(name)
    await migrate(url)
    async with PostgresEventStore.open(url) as store, PostgresPersonStore.open(url) as persons:
        await s.stage(CommandHandler(store, tzdata=s.TZDATA), persons)
    await clocks.own_clock(url)
    yield name


@asynccontextmanager
async def copied(servers: Servers, template: str, name: str) -> AsyncGenerator[str]:
    """The URL of a database of this name, past all links; dropped on leaving."""
    await _at(servers, f"create database {name} template {template}")
    try:
        yield servers.postgres.url_of(name)
    finally:
        with suppress(*DATABASE_LOST):  # what was found meanwhile is not to be lost with it
            await _at(servers, f"drop database {name} with (force)")


@asynccontextmanager
async def ground(
    servers: Servers,
    template: str,
    *,
    workers: int = 2,
    planted: Planted = NOTHING,
) -> AsyncGenerator[Ground]:
    """A database of its own, Remit's processes on it, and links between all of them.

    Args:
        template: of `prepared`.
    """
    name = f"run_{uuid4().hex[:8]}"
    folder = servers.folder / name
    folder.mkdir(mode=0o755)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(copied(servers, template, name))
        if planted.in_database is not None:
            await in_database.plant(url, planted.in_database)
        namespace = await _namespace(servers, name)
        settings = _settings(folder, namespace)
        client = await connect(servers.temporal.address, namespace=namespace)
        between = _Between(stack, servers, name)
        seen = str(folder / "seen")
        found = Ground(
            servers=servers,
            name=name,
            folder=folder,
            database_url=url,
            client=client,
            links=between.links,
            reader=Victim(
                "reader",
                process("reader", [await between.database("reader"), seen], READY, {}, planted),
            ),
            postgres=Server.of_postgres(servers.postgres),
            temporal=Server.of_temporal(servers.temporal),
        )
        for number in range(1, workers + 1):
            who = f"worker {number}"
            own = settings | await between.both(who) | found.clock(who)
            working = process("worker", [], "working on task queue", own, planted)
            found.workers.append(Victim(who, working))
        port = free_port()
        own = settings | await between.both("web") | found.clock("web")
        own["REMIT_WEB_PORT"] = str(port)
        found.web = Victim("web", process("web", [], "answering at", own, planted))
        for victim in found.processes:
            await stack.enter_async_context(victim)
        await asyncio.gather(*(victim.until_ready() for victim in found.processes))
        where = await between.temporal("driver")
        found.doors["update"] = SenderDoor(await connect(where, namespace=namespace), TASK_QUEUE)
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=35))
        where = await between.port("driver", "web", port)
        found.doors["api"] = ApiDoor(f"http://{where}", await _tokens(url), http)
        yield found


class _Between:
    """Makes links, which end with the stack."""

    def __init__(self, stack: AsyncExitStack, servers: Servers, database: str) -> None:
        self.links: dict[str, Link] = {}
        self._stack = stack
        self._servers = servers
        self._database = database

    async def database(self, who: str) -> str:
        """The URL by which they reach it."""
        socket = self._servers.socket
        link = await self._link(
            f"{who} to PostgreSQL", lambda: asyncio.open_unix_connection(socket)
        )
        return f"postgresql://postgres@127.0.0.1:{link.port}/{self._database}"

    async def temporal(self, who: str) -> str:
        return await self.port(who, "Temporal", int(self._servers.temporal.address.split(":")[1]))

    async def both(self, who: str) -> dict[str, str]:
        return {
            "REMIT_DATABASE_URL": await self.database(who),
            "REMIT_TEMPORAL_ADDRESS": await self.temporal(who),
        }

    async def port(self, who: str, what: str, port: int) -> str:
        link = await self._link(
            f"{who} to {what}", lambda: asyncio.open_connection("127.0.0.1", port)
        )
        return f"127.0.0.1:{link.port}"

    async def _link(self, name: str, connect: Connect) -> Link:
        self.links[name] = await self._stack.enter_async_context(Link(name, connect))
        return self.links[name]


async def _namespace(servers: Servers, name: str) -> str:
    """One of Temporal's for each run: two Remits in one would share workflow ids."""
    client = await connect(servers.temporal.address)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=name, workflow_execution_retention_period=Duration(seconds=86_400)
        )
    )
    known = await connect(servers.temporal.address, namespace=name)
    async with asyncio.timeout(60):
        while True:
            try:
                await known.count_workflows()
            except RPCError:  # not every part of the server has heard of it
                await asyncio.sleep(0.2)
            else:
                return name


def process(
    role: str, arguments: list[str], ready: str, settings: Mapping[str, str], planted: Planted
) -> DeployedProcess:
    """Of this role, with the bug that is planted for it, if one is."""
    bug = planted.in_code.get(role)
    return DeployedProcess(
        ["-m", "faults.launched", role, *arguments],
        ready,
        {**settings, **({BUG: bug} if bug else {})},
    )


def _settings(folder: Path, namespace: str) -> dict[str, str]:
    """Of the workers and the web, which share them. Nobody is told that they ask too often."""
    keys, signing, outside = folder / "identity.keys", folder / "audit.key", folder / "audit"
    make_keys(keys)
    make_key(signing, "faults.example/log")
    outside.mkdir()
    return {
        "REMIT_TEMPORAL_NAMESPACE": namespace,
        "REMIT_TEMPORAL_TASK_QUEUE": TASK_QUEUE,
        "REMIT_IDENTITY_KEY_FILE": str(keys),
        "REMIT_AUDIT_KEY_FILE": str(signing),
        "REMIT_AUDIT_URL": outside.as_uri(),
        "REMIT_AUDIT_CHECKPOINT_SECONDS": _CHECKPOINT_SECONDS,
        "REMIT_WEB_REQUESTS_PER_ADDRESS": _ANY_NUMBER,
        "REMIT_WEB_REQUESTS_PER_PERSON": _ANY_NUMBER,
        "COLUMNS": "200",
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore"),
    }


async def _tokens(url: str) -> dict[str, str]:
    ends = datetime.now(UTC) + timedelta(days=1)
    async with open_access_pool(url) as pool:
        tokens = ApiTokens(pool)
        return {
            person: await tokens.create(person, label="faults", scopes=SCOPES, expires_at=ends)
            for person in _PEOPLE
        }


async def _at(servers: Servers, statement: str) -> None:
    connection = await asyncpg.connect(servers.postgres.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
