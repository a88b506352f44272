"""The embedded servers start, answer, stop, and leave no process behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg
import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from cli.devstack import DevStackError, EmbeddedPostgres, EmbeddedTemporal


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # a zombie that nobody has reaped yet has ended all the same
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def _keyword_attributes(address: str) -> set[str]:
    client = await Client.connect(address)
    request = ListSearchAttributesRequest(namespace="default")
    answer = await client.operator_service.list_search_attributes(request)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    return {name for name, kind in answer.custom_attributes.items() if kind == keyword}


async def test_each_test_has_an_empty_database_of_its_own(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert await connection.fetchval(tables) == 0
        assert await connection.fetchval("SELECT current_database()") != "postgres"
    finally:
        await connection.close()


async def test_the_database_knows_russian_letters(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT upper('поручение')") == "ПОРУЧЕНИЕ"
    finally:
        await connection.close()


async def test_postgres_keeps_its_data_over_a_restart(server_dir: Path) -> None:
    for expected in (0, 1):
        with EmbeddedPostgres(server_dir / "restarted") as server:
            pid = server.pid
            connection = await asyncpg.connect(server.database_url)
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (fact int)")
            assert await connection.fetchval("SELECT count(*) FROM kept") == expected
            await connection.execute("INSERT INTO kept VALUES (1)")
            await connection.close()
        assert pid is not None
        assert not _runs(pid)


async def test_a_long_path_is_no_obstacle_to_the_socket(server_dir: Path) -> None:
    with EmbeddedPostgres(server_dir / ("long" * 30), durable=False) as server:
        connection = await asyncpg.connect(server.database_url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


def test_a_second_server_on_the_same_data_is_refused(server_dir: Path) -> None:
    with (
        EmbeddedPostgres(server_dir / "shared", durable=False),
        pytest.raises(DevStackError, match=r"postmaster\.pid"),
        EmbeddedPostgres(server_dir / "shared", durable=False),
    ):
        pass


def test_a_closed_directory_serves_its_owner_and_is_never_opened(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    if os.geteuid() == 0:  # PostgreSQL would run as somebody else, who cannot get there
        with pytest.raises(DevStackError, match="cannot pass"), EmbeddedPostgres(tmp_path / "data"):
            pass
    else:
        with EmbeddedPostgres(tmp_path / "data", durable=False) as server:
            assert server.pid is not None
    assert tmp_path.stat().st_mode & 0o777 == 0o700


async def test_temporal_answers_on_its_address(temporal_server: EmbeddedTemporal) -> None:
    client = await Client.connect(temporal_server.address)
    assert await client.service_client.check_health()
    assert temporal_server.ui_url is None


async def test_temporal_keeps_its_state_and_address_until_wiped(server_dir: Path) -> None:
    path = server_dir / "temporal-restarted"
    server = EmbeddedTemporal(path, search_attributes={"RemitPhase": "Keyword"})
    with server:
        first, address = server.pid, server.address
        assert server.ui_url is not None
        assert await _keyword_attributes(address) == {"RemitPhase"}
        with pytest.raises(DevStackError, match="stop"):
            server.wipe()
    assert first is not None
    assert not _runs(first)
    with server:
        assert server.address == address
    more = {"RemitPhase": "Keyword", "RemitBody": "Keyword"}
    with EmbeddedTemporal(path, headless=True, search_attributes=more) as server:
        assert await _keyword_attributes(server.address) == set(more)
    server.wipe()
    with EmbeddedTemporal(path, headless=True) as server:
        assert await _keyword_attributes(server.address) == set()


def test_temporal_comes_back_to_an_address_that_was_taken_for_a_moment(server_dir: Path) -> None:
    server = EmbeddedTemporal(server_dir / "taken", headless=True)
    with server:
        address = server.address
    host, _, port = address.partition(":")
    squatter = socket.create_server((host, int(port)))
    threading.Timer(0.5, squatter.close).start()
    with server:
        assert server.address == address


def test_a_server_that_does_not_come_up_says_why(server_dir: Path) -> None:
    broken = {"no-json": "{"}
    server = EmbeddedTemporal(server_dir / "broken", dynamic_config=broken)
    with pytest.raises(DevStackError, match="invalid dynamic config"):
        server.start()
    assert server.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the death of a parent")
def test_the_servers_die_with_a_killed_parent(server_dir: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from cli.devstack import EmbeddedPostgres, EmbeddedTemporal\n"
        "data = Path(sys.argv[1])\n"
        "with EmbeddedPostgres(data) as postgres, EmbeddedTemporal(data) as temporal:\n"
        "    print(postgres.pid, temporal.pid, flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(server_dir / "orphans")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(_runs, pids))
        parent.send_signal(signal.SIGKILL)
    patience = time.monotonic() + 20
    while any(map(_runs, pids)) and time.monotonic() < patience:
        time.sleep(0.1)
    assert not any(map(_runs, pids))
