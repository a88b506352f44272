"""The step between this process and a server it starts: drop root, tie the two lives, become the server.

Run as a script, never imported: `python -I -S child_launcher.py PARENT_PID SIGNAL USER COMMAND...`.
It is a program of its own, and not a `preexec_fn`, because Python code between fork and exec can
deadlock in a process that has threads.
"""

import ctypes
import os
import pwd
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def launch(parent: int, death_signal: int, user: str, command: list[str]) -> None:
    """Replace this process by `command`.

    Args:
        parent: the process whose end, on Linux, sends `death_signal` to the command.
        death_signal: the number of the signal.
        user: whom to run as; empty to stay who we are.
        command: an absolute path and its arguments.
    """
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":  # after setuid, which forgets the setting
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() == parent:  # else the parent is gone already
        os.execv(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
