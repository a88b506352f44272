"""A process of Remit as deployed, but for a bug that is planted in it and a clock that can be turned:
`python -m faults.launched worker|web|reader|appender [ARGUMENT…]`.

`FAULTS_BUG` names the bug. `FAULTS_CLOCK` names a file that holds by how many seconds the clock is wrong: what this process's
Python calls the time; neither the machine's clock nor what Temporal's core goes by.
"""

import ctypes
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import time_machine

from faults.planted.in_code import plant

BUG, CLOCK = "FAULTS_BUG", "FAULTS_CLOCK"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK = 0.2
"""Seconds between two looks at the file."""
_MAINS = {
    "worker": "worker",
    "web": "cli.main",
    "reader": "faults.reader",
    "appender": "faults.appending.client",
}


def _turn_as_told(file: Path) -> None:
    """For as long as the process runs."""
    turned: time_machine.travel | None = None
    wrong_by = 0.0
    while True:
        with suppress(OSError, ValueError):  # it is just being written
            told = float(file.read_text())
            if told != wrong_by:
                if turned is not None:
                    turned.stop()
                turned = None
                if told:
                    turned = time_machine.travel(timedelta(seconds=told), tick=True)
                    turned.start()
                wrong_by = told
        time.sleep(_LOOK)


def _end_with_whoever_started_it() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    role, *arguments = sys.argv[1:]
    _end_with_whoever_started_it()
    if file := os.environ.get(CLOCK):
        threading.Thread(target=_turn_as_told, args=(Path(file),), daemon=True).start()
    run: Callable[[], None] = importlib.import_module(_MAINS[role]).main
    if bug := os.environ.get(BUG):
        plant(bug)
    sys.argv = ["remit", "web"] if role == "web" else [role, *arguments]
    run()


if __name__ == "__main__":
    main()
