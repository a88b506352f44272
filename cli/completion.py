"""Completion of verbs, options and their values in a shell."""

import sys
from typing import Literal

from cyclopts import App

from cli.commands import build
from cli.operations import group


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a script that completes verbs, options and values; docs/cli.md says where it goes.

    Parameters
    ----------
    shell
        The shell it is for.
    """
    sys.stdout.write(build().generate_completion(shell=shell))


def add_to(app: App) -> None:
    app.command(completion, group=group)
