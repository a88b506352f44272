"""Completion of verbs, options and their values in a shell."""

import sys
from typing import Literal

from cyclopts import App

from cli.operations import group


def add_to(app: App) -> None:
    """Add the verb; what it prints follows from the app as it is when it is called."""

    def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
        """Print a script that completes verbs, options and values; docs/cli.md says where it goes.

        Parameters
        ----------
        shell
            The shell it is for.
        """
        sys.stdout.write(app.generate_completion(shell=shell))

    app.command(completion, group=group)
