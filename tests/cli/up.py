"""`remit up` as a process of its own, and other calls of the installed command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

REMIT = Path(sys.executable).with_name("remit")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one call came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was written, wherever the lines were broken."""
        return " ".join((self.out + self.err).split())


def environment() -> dict[str, str]:
    """This process's, without settings of Remit."""
    kept = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    return kept | {"COLUMNS": "80"}


def _is_setting(name: str) -> bool:
    return name.startswith("REMIT_") and name != "REMIT_CI_RUN"


def call(*arguments: str | Path, timeout: float = 300) -> Answer:
    """The installed command with these arguments, to its end."""
    done = subprocess.run(
        [REMIT, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        timeout=timeout,
        check=False,
    )
    return Answer(code=done.returncode, out=done.stdout, err=done.stderr)


class Up:
    """Runs for as long as the block does, its data in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.addresses: Mapping[str, str] = {}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [REMIT, "up", "--data", self.folder, "--json"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, encoding="utf-8", env=environment()
        )
        assert self._process.stdout is not None
        written = ""
        for line in self._process.stdout:
            written += line
            if line == "}\n":
                break
        self.addresses = json.loads(written)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """Send the signal; answers what the process returned, once it has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(number)
        code = self._process.wait(60)
        self._process.stdout.close()
        return code


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that name the folder or work below it (Linux only)."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = (process / "cwd").readlink()
        except OSError:
            continue  # ended meanwhile, or a zombie
        if int(process.name) != os.getpid() and (str(folder) in line or folder in where.parents):
            found.append(line)
    return found


def wait_for_the_end_of_all(folder: Path, seconds: float = 30) -> None:
    """Raises `AssertionError` if a process of the folder is still there after so long."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


@dataclass(frozen=True, kw_only=True)
class Running:
    """A `remit up` with the example in it, or its folder after it."""

    folder: Path
    set_up: Answer
    import_: Answer


@contextmanager
def running_on_a_copy(imported: Running, folder: Path) -> Generator[Running]:
    """`remit up` with the example in it."""
    # With its owners: as root, PostgreSQL runs as another user.
    subprocess.run(["/usr/bin/env", "cp", "-a", imported.folder, folder], check=True)
    with Up(folder):
        yield replace(imported, folder=folder)
