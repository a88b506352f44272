"""Where the embedded servers keep their data, and whether another user could reach it."""

import os
import stat
from pathlib import Path


def default_data_dir() -> Path:
    """Answer where `remit up` keeps its data when nobody says otherwise.

    `.remit-data` in the working directory; for root in a place that other users cannot reach
    (see the module's docstring), `/var/lib/remit`.
    """
    here = Path.cwd() / ".remit-data"
    return Path("/var/lib/remit") if is_root() and closed_directory(here.parent) else here


def is_root() -> bool:
    """Tell whether this process is root's."""
    return os.geteuid() == 0


def make_directory(path: Path) -> None:
    """Make `path` and what lacks above it, open to pass for others whatever the umask says."""
    if not path.exists():
        make_directory(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def closed_directory(path: Path) -> Path | None:
    """Answer the first directory, from the top, that other users cannot pass on the way into `path`."""
    path = path.resolve()
    for directory in (*reversed(path.parents), path):
        if directory.exists() and not directory.stat().st_mode & stat.S_IXOTH:
            return directory
    return None
