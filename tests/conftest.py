"""The servers that tests run on: one PostgreSQL and one Temporal per pytest process, real ones.

With CI set in the environment a skipped test counts as a failed one.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests.cli.up import Running, Up, call
from tests.programmes import ADMINISTRATOR, EXAMPLE_DIRECTORY, EXAMPLE_MEASURES, REGISTRAR
from tests.scheduling import OneStackOneProcess
from tests.staging import TZDATA, stage

TEMPORAL_FOR_TESTS = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # So soon that every longer test continues as new on its way.
    "limit.historyCount.suggestContinueAsNew": "100",
    # By up to so much a timer fires late, each skipped one by that much; a second, unless told.
    "history.timerProcessorMaxTimeShift": '"100ms"',
}
WITH_SCHEMA, EMPTY, _STAGED = "with_schema", "template1", "staged"
"""What a new database may be a copy of: one with the schema and an empty log, or one with nothing."""
_LONGEST = ("test_outage.py", "test_three_years.py", "test_kills.py", "test_on_real_servers.py")
_WAITING = ("workflows", "cli", "browser", "web", "console", "deploy")
# How long an example takes says how busy the machine is; speed is measured in bench/.
settings.register_profile("remit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# By `--hypothesis-profile=thorough`.
settings.register_profile("thorough", settings.get_profile("remit"), max_examples=400)
settings.load_profile("remit")
_ROOM = 4 << 30
"""Bytes: for some servers, one of each pytest process, and what they hold at a time."""
_numbers = count(1)
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest for servers comes first, so that the other tests run beside it. `--no-loadscope-reorder`, which
    the Makefile gives, keeps that order among several processes.
    """
    items.sort(key=lambda i: (i.path.name not in _LONGEST, i.path.parent.name not in _WAITING))


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: it is not looked through for garbage over and over."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneStackOneProcess | None:
    """Of `--dist loadfile`, which the Makefile gives."""
    return OneStackOneProcess(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return report if hasattr(report, "wasxfail") else _not_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _not_skipped((yield))


def _not_skipped(report: _Report) -> _Report:
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI: {report.longreprtext}"
    return report


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """A folder for servers: other than pytest's own, open to the user that PostgreSQL runs as."""
    with _folder_of_servers() as folder:
        yield folder


@contextmanager
def _folder_of_servers(below: str | None = None) -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="remit-", dir=below) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def memory_dir() -> Iterator[Path]:
    """The same in memory, where there is room: hundreds of files are made and dropped with each database, and ext4 without a
    journal looks for a free inode past all that were dropped within the last seconds.
    """
    with _folder_of_servers(_memory()) as folder:
        yield folder


def _memory() -> str | None:
    """None: the temporary folder will do."""
    folder = os.environ.get("TESTS_MEMORY", "/dev/shm")
    if not os.access(folder, os.W_OK):
        return None
    found = os.statvfs(folder)
    has_room = found.f_bavail * found.f_frsize > _ROOM
    return folder if has_room and not found.f_flag & os.ST_NOEXEC else None


@pytest.fixture(scope="session")
def postgres(memory_dir: Path) -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL server; a test asks for `database_url` instead, a database of its own.

    Migrated once, and copied for every test: to migrate takes ten times as long as to copy.
    """
    with EmbeddedPostgres(memory_dir / "postgres", durable=False) as server:
        asyncio.run(_execute(server, f"CREATE DATABASE {WITH_SCHEMA}"))
        asyncio.run(migrate(server.url_of(WITH_SCHEMA)))
        yield server


async def _execute(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(server.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """The superuser's URL of the server's own database."""
    return postgres.database_url


@asynccontextmanager
async def fresh_database(
    postgres: EmbeddedPostgres, template: str = WITH_SCHEMA, *, name: str | None = None
) -> AsyncGenerator[str]:
    """The superuser's URL of a new copy of the template, which nobody is connected to; dropped afterwards.

    Named, it may be a template itself.
    """
    copy = name or f"test_{next(_numbers)}"
    await _execute(postgres, f"CREATE DATABASE {copy} TEMPLATE {template}")
    try:
        yield postgres.url_of(copy)
    finally:
        await _execute(postgres, f"DROP DATABASE {copy} WITH (FORCE)")


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A new database for the test, with the schema and an empty log."""
    async with fresh_database(postgres) as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def staged_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The name of a database that `tests.staging` has set up, to be copied."""
    async with fresh_database(postgres, name=_STAGED) as url:
        async with (
            PostgresEventStore.open(url) as store,
            PostgresPersonStore.open(url) as persons,
        ):
            await stage(CommandHandler(store, tzdata=TZDATA), persons)
        yield _STAGED


@pytest.fixture
async def staged_url(postgres: EmbeddedPostgres, staged_database: str) -> AsyncIterator[str]:
    """A new database for the test, with the directory of `tests.staging` in it."""
    async with fresh_database(postgres, staged_database) as url:
        yield url


@pytest.fixture
async def empty_database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A new database for the test, with nothing in it."""
    async with fresh_database(postgres, EMPTY) as url:
        yield url


@pytest.fixture(scope="session")
def temporal_server(server_dir: Path) -> Iterator[EmbeddedTemporal]:
    """The Temporal server, on which a test may skip time; tests share it, so ids must be fresh."""
    with EmbeddedTemporal(
        server_dir / "temporal", headless=True, dynamic_config=TEMPORAL_FOR_TESTS
    ) as server:
        yield server


@pytest.fixture(scope="session")
def imported(server_dir: Path) -> Running:
    """The example, set up and imported, in a folder that nothing runs on any more: it is for copying."""
    folder = server_dir / "imported"
    with Up(folder):
        here = ("--data", folder)
        set_up = call("set-up", EXAMPLE_DIRECTORY, "--as", ADMINISTRATOR, *here)
        import_ = call("import", EXAMPLE_MEASURES, "--as", REGISTRAR, *here)
    return Running(folder=folder, set_up=set_up, import_=import_)
