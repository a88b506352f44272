"""A server run as a child of this process, which writes a log and ends when this process ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_POLL_SECONDS = 0.05
_SHOWN_LOG_BYTES = 3000
_LAUNCHER = Path(__file__).with_name("child_launcher.py")


class DevStackError(Exception):
    """An embedded server is not installed, did not come up, or did not do what it was told."""


class ChildServer:
    """One server process. It has a process group of its own, so that Ctrl-C reaches us first.

    Args:
        name: what messages call it.
        log: the file that takes its output; appended to.
        stop_signal: the signal on which it ends cleanly; also sent, on Linux, when this process dies.
    """

    def __init__(self, name: str, log: Path, stop_signal: signal.Signals) -> None:
        self._name = name
        self._log = log
        self._stop_signal = stop_signal
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None when it was not started, or was stopped."""
        return self._process.pid if self._process else None

    def start(self, command: Sequence[str | Path], *, user: str | None = None) -> None:
        """Start the server, as another user if told; it is not ready yet when this returns."""
        if self._process is not None:
            raise DevStackError(f"{self._name} runs already (pid {self.pid})")
        self._process = self._spawn(command, user)

    def run(self, command: Sequence[str | Path], *, user: str | None = None) -> None:
        """Run a command that prepares or instructs the server to its end.

        Raises:
            DevStackError: it failed.
        """
        if status := self._spawn(command, user).wait():
            raise self._error(f"{Path(command[0]).name} failed with status {status}")

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until the server answers.

        Args:
            ready: asked every few moments.
            timeout: seconds.

        Raises:
            DevStackError: it ended, or the time is over. A server that still runs is not stopped.
        """
        deadline = time.monotonic() + timeout
        while self._process is not None:
            answered = ready()
            status = self._process.poll()  # asked last: another server may have answered
            if status is not None:
                raise self._error(f"{self._name} ended with status {status} while starting")
            if answered:
                return
            if time.monotonic() > deadline:
                raise self._error(f"{self._name} is not ready after {timeout:g} seconds")
            time.sleep(_POLL_SECONDS)

    def stop(self, patience: float = 20) -> None:
        """Stop the server, by force after `patience` seconds; nothing happens when it does not run."""
        if self._process is None:
            return
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _spawn(self, command: Sequence[str | Path], user: str | None) -> subprocess.Popen[bytes]:
        launcher = [sys.executable, "-I", "-S", _LAUNCHER]
        arguments = [str(os.getpid()), str(int(self._stop_signal)), user or ""]
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(
                [*launcher, *arguments, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
                process_group=0,
            )

    def _error(self, sentence: str) -> DevStackError:
        written = self._log.read_bytes()[self._log_start :][-_SHOWN_LOG_BYTES:]
        tail = written.decode(errors="replace").strip() or "(nothing)"
        return DevStackError(f"{sentence}; {self._log} ends with:\n{tail}")
