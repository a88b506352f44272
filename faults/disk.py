"""A disk of PostgreSQL's own that can be made full: a file system in memory, mounted for this process alone.

Mounting takes root, and a mount namespace of our own, in which __main__.py starts itself anew: what is mounted goes with the
process, whatever becomes of it. Elsewhere there is no such disk, and its fault is left out, and said to be.
"""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

NAMESPACE = "FAULTS_OWN_MOUNTS"
"""Set in the environment once this process has a mount namespace of its own."""
_BYTES = 3 << 30
_LOOKS = 50
"""Until it is given up to be faster than PostgreSQL."""


class Disk:
    """Mounted there."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def fill(self) -> None:
        """Not a page is left: the file system is made as small as what it holds.

        What is written between the look and the change makes the kernel refuse it; then it is looked at anew.
        """
        for attempt in range(_LOOKS):
            found = os.statvfs(self._place)
            try:
                self._size((found.f_blocks - found.f_bfree) * found.f_frsize)
            except subprocess.CalledProcessError:
                if attempt == _LOOKS - 1:
                    raise
            else:
                return

    def free(self) -> None:
        self._size(_BYTES)

    def _size(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self._place))


def may_mount() -> bool:
    """Whether `unshare` gives this process mounts of its own."""
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() != 0:
        return False
    return (
        subprocess.run([unshare, "--mount", "true"], capture_output=True, check=False).returncode
        == 0
    )


@contextmanager
def own_disk(place: Path) -> Generator[Disk | None]:
    """None where this process may not mount one."""
    if NAMESPACE not in os.environ:
        yield None
        return
    place.mkdir(mode=0o755)
    _run("mount", "-t", "tmpfs", "-o", f"size={_BYTES},mode=0755", "none", str(place))
    try:
        yield Disk(place)
    finally:
        _run("umount", "--lazy", str(place))


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    assert found is not None
    subprocess.run([found, *arguments], capture_output=True, check=True)
