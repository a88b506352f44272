"""What may be told of an error: never its text, which may hold an address or what people wrote."""

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from traceback import extract_tb
from typing import Any

_CODES = ("code", "status", "errno", "sqlstate")
"""Attributes under which SMTP, HTTP, gRPC, the operating system and PostgreSQL say what went wrong."""


def named(error: BaseException) -> str:
    """Its class, and the codes that came with it: `SMTPRecipientsRefused (451)`, `ConnectionRefusedError (111)`."""
    codes = ", ".join(dict.fromkeys(_codes(error)))
    return type(error).__name__ + (f" ({codes})" if codes else "")


def placed(error: BaseException) -> str:
    """Where in the program it came up: `compose.py:93`."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _codes(error: object) -> Iterator[str]:
    for name in _CODES:
        code = getattr(error, name, None)
        if isinstance(code, Enum):
            yield code.name
        elif isinstance(code, int) or (name == "sqlstate" and isinstance(code, str)):
            yield str(code)
    each: Any = getattr(error, "recipients", None)  # as aiosmtplib tells who was refused
    if isinstance(each, Iterable) and not isinstance(each, str | bytes):
        for one in each:  # pyright: ignore[reportUnknownVariableType]
            yield from _codes(one)  # pyright: ignore[reportUnknownArgumentType]
