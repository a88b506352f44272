"""How `remit` ends when it does not succeed: one exception for each exit code."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import ValidationError


class CliError(Exception):
    """The base: exit code 1, something unexpected."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, message: str, result: Mapping[str, object] | None = None) -> None:
        """`result` is what there is to say in JSON besides."""
        super().__init__(message)
        self.result = result or {}


class UsageError(CliError):
    """Exit code 2: an option or argument makes no sense."""

    exit_code = 2
    code = "usage"


def bad_database_url() -> UsageError:
    """Says nothing of what is in it: that may be a part of a password."""
    return UsageError(
        "REMIT_DATABASE_URL makes no sense: it should read postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE, special "
        "characters of the password percent-encoded"
    )


def other_schema(error: Exception) -> UsageError:
    return UsageError(
        f"the schema of the database is not this Remit's: {error} (`remit migrate`, or a newer Remit here)"
    )


class OwnCode(StrEnum):
    """Codes of refusals that only the command line knows, besides those of `domain.rejections`."""

    NOT_COVERED = "not-covered"
    """There is no checkpoint over what a bundle is asked for."""
    NOT_ERASED = "not-erased"
    """A receipt is asked for a person who was not erased."""
    NOT_OUTSIDE = "not-outside"
    """A checkpoint was signed, and cannot be written outside."""
    NOT_SIGNED = "not-signed"
    """No checkpoint can be signed: the log is not the one that was signed, or outside something else stands."""
    REBUILD_UNDER_WAY = "rebuild-under-way"
    """Another process makes the same read models anew."""


class Refused(CliError):
    """Exit code 3: a rule refused the command. Nothing was written but what `result` lists.

    `code` is a `domain.rejections.Code`, perhaps of a newer worker than this, or an `OwnCode`.
    """

    exit_code = 3

    def __init__(
        self,
        code: str,
        message: str,
        field: str | None,
        result: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, result)
        self.rejection = code
        self.field = field


class OutOfReach(CliError):
    """Exit code 4: a server did not answer, or the outcome is unknown. Sending again is safe."""

    exit_code = 4
    code = "out-of-reach"


class BadFile(CliError):
    """Exit code 5: a file has problems; the message says what of it was imported, mostly nothing."""

    exit_code = 5
    code = "bad-file"


class NotAsRecorded(CliError):
    """Exit code 5 as well: what was looked at is not as the log says; the answer tells what."""

    exit_code = 5
    code = "not-as-recorded"


class NotAsSigned(CliError):
    """Exit code 7: `remit audit` found that the record is not what was signed; the first finding."""

    exit_code = 7
    code = "not-as-signed"


class Unwell(CliError):
    """Exit code 6: `remit doctor` found that something Remit needs is not as it must be."""

    exit_code = 6
    code = "unwell"


_NO_OTHER_NAMES: Mapping[str, str] = {}


def sentences(error: ValidationError, names: Mapping[str, str] = _NO_OTHER_NAMES) -> str:
    """What is wrong with each field, in a line; `names` says what a user knows a field by.

    Values are not shown: some settings are secrets.
    """
    found: list[str] = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        field, *inside = map(str, problem["loc"] or ("",))
        where = ".".join((names.get(field, field), *inside))
        what = problem["msg"].removeprefix("Value error, ")
        found.append(f"{where}: {what}" if where else what)
    return "; ".join(found)
