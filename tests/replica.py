"""A streaming replica of a PostgreSQL server, as its own programs make one."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cli.data_directory import is_root
from cli.devstack import EmbeddedPostgres
from cli.embedded_postgres import postgres_binaries


@contextmanager
def replica_of(primary: EmbeddedPostgres, folder: Path) -> Generator[EmbeddedPostgres]:
    """It follows the primary for as long as the block runs; the folder is new."""
    owner = "nobody" if is_root() else None
    cluster = folder / "cluster"
    cluster.mkdir(parents=True, mode=0o700)
    folder.chmod(0o755)
    if owner is not None:
        shutil.chown(cluster, owner)
    copy = postgres_binaries(folder if owner else None) / "pg_basebackup"
    subprocess.run(
        [copy, "-d", primary.database_url, "-D", cluster, "-R", "-X", "stream", "-c", "fast"],
        user=owner,
        cwd=cluster,
        check=True,
    )
    # The primary's socket, and its lock, stand among its data.
    (cluster / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    with EmbeddedPostgres(folder, durable=False) as replica:
        yield replica
