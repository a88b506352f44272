"""How `remit` ends when it does not succeed: one exception for each exit code."""

from typing import ClassVar


class CliError(Exception):
    """The base: exit code 1, something unexpected."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"


class UsageError(CliError):
    """Exit code 2: an option or argument makes no sense."""

    exit_code = 2
    code = "usage"


class Refused(CliError):
    """Exit code 3: a rule refused the command; nothing was written."""

    exit_code = 3

    def __init__(self, code: str, message: str, field: str | None) -> None:
        super().__init__(message)
        self.rejection = code
        self.field = field


class OutOfReach(CliError):
    """Exit code 4: a server did not answer, or the outcome is unknown. Sending again is safe."""

    exit_code = 4
    code = "out-of-reach"


class BadFile(CliError):
    """Exit code 5: a file has problems; nothing of it was imported."""

    exit_code = 5
    code = "bad-file"
