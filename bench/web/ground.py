"""The servers, a filled log, and the processes that requests go to: a worker, the web, and the bare peer."""

import os
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from temporalio.client import Client

from access.pool import open_access_pool
from access.tokens import ApiTokens
from activities.keyring import make_keys
from audit.keys import make_key
from bench.deployed import DeployedProcess, WebProcess, WorkerProcess
from bench.log.filling import fill_log
from bench.servers import servers
from bench.web.asked import Tokens, lives, rewritten, stage
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild
from settings import Settings
from tests import staging
from worker import audit_keeper
from workflows.client import connect

TASK_QUEUE = "remit"
PROGRAMME, ORDINARY = "programme", "ordinary"
"""Nearly all instructions are measures of one programme; the other one is of a size that there is."""
ORDINARY_MEASURES = 310
_ANY_NUMBER = "1000000000"


@dataclass(frozen=True, kw_only=True)
class WebGround:
    """All of it up. Nothing runs beside: read models are caught up when requests begin."""

    url: str
    """Of the web."""
    peer_url: str
    instructions: int
    """In the log."""
    tokens: Tokens
    database_url: str
    store: PostgresEventStore
    client: Client
    web: DeployedProcess
    worker: DeployedProcess


@asynccontextmanager
async def web_ground(instructions: int) -> AsyncGenerator[WebGround]:
    """With so many instructions in the log; ends and deletes all of it on leaving."""
    with servers() as (postgres, temporal, folder):
        url = postgres.database_url
        await migrate(url)
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(PostgresEventStore.open(url))
            # No worker conducts these: thousands would wake at once beside what is measured.
            await fill_log(
                url,
                [(PROGRAMME, instructions - ORDINARY_MEASURES), (ORDINARY, ORDINARY_MEASURES)],
                lives=await lives(),
                with_commands=True,
                rewrite=rewritten,
                conducted=False,
            )
            tokens = await staged(url, store)
            await _read_models(url, store)
            settings = deployed_settings(url, temporal.address, folder)
            settings["REMIT_AUDIT_PUBLIC_KEY"] = await _signed(url, folder)
            worker = await stack.enter_async_context(WorkerProcess(settings))
            web = await stack.enter_async_context(WebProcess(settings))
            peer = await stack.enter_async_context(
                DeployedProcess(["-m", "bench.web.peer", url], "answering at", {})
            )
            for one in (worker, web, peer):
                await one.until_ready()
            yield WebGround(
                url=f"http://127.0.0.1:{settings['REMIT_WEB_PORT']}",
                peer_url=peer.said[-1].split()[-1],
                instructions=instructions,
                tokens=tokens,
                database_url=url,
                store=store,
                client=await connect(temporal.address),
                web=web,
                worker=worker,
            )


async def staged(database_url: str, store: PostgresEventStore) -> Tokens:
    """The directory set up, and tokens of those who ask."""
    async with (
        PostgresPersonStore.open(database_url) as persons,
        open_access_pool(database_url) as access,
    ):
        handler = CommandHandler(store, tzdata=staging.TZDATA)
        return await stage(handler, persons, ApiTokens(access))


async def _signed(database_url: str, folder: Path) -> str:
    """A checkpoint over all that is there. Returns the key that verifies it: nothing is signed while requests are measured."""
    file = folder / "audit.key"
    signer = make_key(file, "bench.example/log")
    async with audit_keeper(Settings(database_url=database_url, audit_key_file=file)) as keeper:
        assert keeper is not None
        await keeper.keep()
    return signer.verifier.text


def deployed_settings(database_url: str, temporal_address: str, folder: Path) -> dict[str, str]:
    """Of the worker and the web, which share them. Nobody is told that they ask too often."""
    keys = folder / "identity.keys"
    make_keys(keys)
    return {
        "REMIT_DATABASE_URL": database_url,
        "REMIT_TEMPORAL_ADDRESS": temporal_address,
        "REMIT_TEMPORAL_TASK_QUEUE": TASK_QUEUE,
        "REMIT_IDENTITY_KEY_FILE": str(keys),
        "REMIT_WEB_PORT": str(free_port()),
        "REMIT_WEB_REQUESTS_PER_ADDRESS": _ANY_NUMBER,
        "REMIT_WEB_REQUESTS_PER_PERSON": _ANY_NUMBER,
        "COLUMNS": "200",
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore"),
    }


def free_port() -> int:
    """Of this machine; a web that is started again takes the same."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


async def _read_models(url: str, store: PostgresEventStore) -> None:
    """All of them, as they would be in a log that grew over years."""
    async with open_projection_pool(url) as pool:
        await Rebuild(url, store, pool, PROJECTIONS).run()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
