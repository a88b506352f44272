"""New files: they appear under their names once they are whole and on the disk, and never replace another."""

import errno
import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
"""What file systems without hard links answer, such as FAT on a stick."""


class CannotWrite(RuntimeError):
    """{file} is there already, or cannot be written: {reason}."""


@contextmanager
def new_files(*outputs: Path, mode: int = 0o666) -> Generator[Sequence[Path]]:
    """Empty files beside the outputs, to be filled; at the end they become them, all or none.

    If anything fails in the block they go. Of the mode there is what the umask leaves.

    Raises `CannotWrite`, also for an output that has appeared meanwhile.
    """
    for output in outputs:
        with writing(output):
            if output.exists():
                raise FileExistsError
    parts = [output.with_name(f".remit-{token_hex(8)}") for output in outputs]
    try:
        for part, output in zip(parts, outputs, strict=True):
            with writing(output):
                part.touch(mode, exist_ok=False)
        yield parts
        for part, output in zip(parts, outputs, strict=True):
            with writing(output):
                _sync(part)
        _name(parts, outputs)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


@contextmanager
def writing(output: Path) -> Generator[None]:
    """Raises `CannotWrite` for what fails in the block: put nothing else into it than writing."""
    try:
        yield
    except FileExistsError as error:
        raise CannotWrite(f"{output} is there already: name a new file") from error
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotWrite(f"{output} cannot be written: {reason}") from error


def _name(parts: Sequence[Path], outputs: Sequence[Path]) -> None:
    named: list[Path] = []
    try:
        for part, output in zip(parts, outputs, strict=True):
            with writing(output):
                _link(part, output)
                named.append(output)
                _sync(output.parent)
    except CannotWrite:
        for output in named:
            output.unlink()
        raise


def _link(part: Path, output: Path) -> None:
    """Give the file its name, unless another has it."""
    try:
        output.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        output.touch(exist_ok=False)
        part.replace(output)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
