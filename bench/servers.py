"""Servers of a benchmark's own, with a folder that is gone when they are."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal


@contextmanager
def servers() -> Generator[tuple[EmbeddedPostgres, EmbeddedTemporal, Path]]:
    """Both, and a folder for what else a benchmark needs."""
    with (
        servers_folder() as folder,
        EmbeddedPostgres(folder / "postgres") as postgres,
        EmbeddedTemporal(folder / "temporal", headless=True) as temporal,
    ):
        yield postgres, temporal, folder


@contextmanager
def servers_folder() -> Generator[Path]:
    """For servers that are others, or set up otherwise."""
    with TemporaryDirectory(prefix="remit-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        yield folder
