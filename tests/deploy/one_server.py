"""The system of deploy/compose without containers: its commands and variables as they are, run as processes of this machine.

What differs: PostgreSQL and Temporal are the embedded ones; names of services are addresses of this machine, ports are free
ones, and paths lie below one folder. Each service finds in its folder of secrets what Compose would mount there.
"""

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from tests.cli.up import environment
from tests.deploy.rendering import COMPOSE, DEPLOY, Object, composed, program
from tests.notifications.mail_server import MailServer

_STATEMENTS = re.compile(r";\s*$", re.MULTILINE)
_CONNECT = re.compile(r"^\\connect (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_PATIENCE = 60
"""Seconds for a process to be healthy."""
_INSIDE = "/run/secrets"
_PROXY = "172.31.255.10/32"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is replaced
_WEB_PORT, _MAIL_PORT = "8080", "1025"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class OneServer:
    """The servers, and what has been started of the services."""

    folder: Path
    services: Mapping[str, Object]
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    mail: MailServer
    metrics_ports: dict[str, int] = field(default_factory=dict[str, int])
    sdk_ports: dict[str, int] = field(default_factory=dict[str, int])
    web_port: int = field(default_factory=free_port)

    def command(self, service: str, *arguments: str) -> Sequence[str | Path]:
        """As the image's entrypoint has it, with the service's own command unless another is given."""
        return [program("remit"), *(arguments or self.services[service]["command"])]

    def variables(self, service: str) -> dict[str, str]:
        """Those of the service, and of this process those that are no settings."""
        given = {name: self._here(service, value) for name, value in self._given(service).items()}
        for name, ports in (
            ("REMIT_METRICS_PORT", self.metrics_ports),
            ("REMIT_TEMPORAL_METRICS_PORT", self.sdk_ports),
        ):
            if given.get(name):
                given[name] = str(ports.setdefault(service, free_port()))
        return environment() | given

    def database_url(self, login: str) -> str:
        return _as(login, self.postgres.url_of("remit"))

    def run(self, service: str, *arguments: str) -> str:
        """To its end, which has to be a good one; gives what it said."""
        done = self.ended(service, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ended(self, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(service, *arguments),
            env=self.variables(service),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    @contextmanager
    def running(self, *services: str) -> Generator[None]:
        """As long as the block does; healthy by the very checks that Compose makes. Each ends with 0."""
        with ExitStack() as stack:
            started = [stack.enter_context(self._started(service)) for service in services]
            for service in services:
                self._wait_until_healthy(service)
            yield
            for process in started:
                process.send_signal(signal.SIGTERM)
            for service, process in zip(services, started, strict=True):
                assert process.wait(60) == 0, self._log(service).read_text()[-3000:]

    @contextmanager
    def _started(self, service: str) -> Generator[subprocess.Popen[bytes]]:
        with self._log(service).open("wb") as log:
            process = subprocess.Popen(
                self.command(service),
                env=self.variables(service),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _wait_until_healthy(self, service: str) -> None:
        variables = self.variables(service)
        check, port = self._health_check(service), self.metrics_ports[service]
        wait_until(
            lambda: _listens(port) and self._passes(check, variables),
            lambda: self._log(service).read_text()[-3000:],
        )

    def _log(self, service: str) -> Path:
        return self.folder / f"{service}.log"

    def _given(self, service: str) -> Mapping[str, str]:
        return {name: value or "" for name, value in self.services[service]["environment"].items()}

    def _here(self, service: str, value: str) -> str:
        for there, here in {
            _INSIDE: str(self._secrets(service)),
            "temporal:7233": self.temporal.address,
            "/var/lib/remit": str(self.folder / "state"),
            _EVERYWHERE: "127.0.0.1",
            "127.0.0.1:8080": f"127.0.0.1:{self.web_port}",
            _PROXY: "127.0.0.1/32",
        }.items():
            value = value.replace(there, here)
        ports = {
            _WEB_PORT: str(self.web_port),
            _MAIL_PORT: str(self.mail.port),
            "mail": "127.0.0.1",
        }
        return ports.get(value, value)

    def _secrets(self, service: str) -> Path:
        """The service's folder of secrets, filled as Compose would."""
        folder = self.folder / f"secrets-of-{service}"
        if not folder.exists():
            folder.mkdir()
            sources = composed()["secrets"]
            for secret in self.services[service].get("secrets", ()):
                made = self.folder / "secrets" / Path(sources[secret["source"]]["file"]).name
                target = folder / Path(secret.get("target") or secret["source"]).name
                target.write_bytes(made.read_bytes())
        return folder

    def _health_check(self, service: str) -> Sequence[str]:
        kind, *check = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        declared = self._given(service)["REMIT_METRICS_PORT"]
        port = str(self.metrics_ports[service])
        assert any(declared in word for word in check)
        return [word.replace(declared, port) for word in check]

    def _passes(self, check: Sequence[str], variables: Mapping[str, str]) -> bool:
        path = f"{program('python').parent}:{os.environ['PATH']}"
        done = subprocess.run(
            check, env={**variables, "PATH": path}, capture_output=True, check=False
        )
        return done.returncode == 0


def wait_until(ready: Callable[[], bool], why: Callable[[], str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not ready():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


def make_secrets(folder: Path, postgres: EmbeddedPostgres) -> None:
    """By the script itself, then with the database's address here."""
    run_secrets_script(folder)
    for file in (folder / "secrets").glob("*_database_url"):
        url = file.read_text().strip()
        [login] = re.findall(r"postgresql://(\w+):\w+@postgres:5432/remit", url)
        file.chmod(0o600)
        file.write_text(f"{_as(login, postgres.url_of('remit'))}\n")


def run_secrets_script(folder: Path) -> None:
    done = subprocess.run(
        [COMPOSE / "secrets.sh", folder],
        env={"PATH": os.environ["PATH"], "REMIT": str(program("remit"))},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _as(login: str, url: str) -> str:
    return re.sub(r"//postgres@", f"//{quote(login)}@", url)


async def make_logins(postgres: EmbeddedPostgres) -> None:
    """What deploy/postgres/logins.sql says, statement by statement as psql would. The embedded server trusts everybody."""
    text = _COMMENT.sub("", (DEPLOY / "postgres" / "logins.sql").read_text())
    at_first, *elsewhere = _CONNECT.split(text)
    parts = [("postgres", at_first), *zip(elsewhere[::2], elsewhere[1::2], strict=True)]
    for database, statements in parts:
        connection = await asyncpg.connect(postgres.url_of(database))
        try:
            for statement in filter(str.strip, _STATEMENTS.split(statements)):
                await connection.execute(statement)
        finally:
            await connection.close()


def make_namespace(temporal: EmbeddedTemporal, services: Mapping[str, Object]) -> None:
    """By the script that the service `temporal-namespace` runs."""
    given: Mapping[str, Any] = services["temporal-namespace"]["environment"]
    here = {
        "TEMPORAL_ADDRESS": temporal.address,
        "PATH": f"{program('temporal').parent}:/usr/bin:/bin",
    }
    done = subprocess.run(
        ["/bin/sh", COMPOSE / "temporal-namespace.sh"],
        env={**given, **here},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def proxied(server: OneServer, http: int, https: int) -> Generator[Path]:
    """deploy/caddy before the web; gives its log."""
    log = server.folder / "caddy.log"
    given: Mapping[str, str] = server.services["proxy"]["environment"]
    with ExitStack() as stack:
        process = subprocess.Popen(
            [
                program("caddy"),
                "run",
                "--adapter",
                "caddyfile",
                "--config",
                DEPLOY / "caddy" / "Caddyfile",
            ],
            env={
                **given,
                "REMIT_UPSTREAM": f"127.0.0.1:{server.web_port}",
                "REMIT_HTTP_PORT": str(http),
                "REMIT_HTTPS_PORT": str(https),
                "HOME": str(server.folder),
                "PATH": os.environ["PATH"],
            },
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        wait_until(lambda: _speaks_tls(https), log.read_text)
        yield log


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _speaks_tls(port: int) -> bool:
    """Caddy listens before it has signed its certificate."""
    unknown = ssl.create_default_context()
    unknown.check_hostname, unknown.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            unknown.wrap_socket(connection, server_hostname="localhost").close()
    except OSError:
        return False
    return True
