"""What is being done just now, for the lines of the log that are written meanwhile."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Literal

Field = Literal["command_id", "stream", "request_id"]

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(fields: Mapping[Field, str]) -> Generator[None]:
    """Every line written within the block, and by tasks that begin in it, is about this as well."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def what_it_is_about() -> Mapping[str, str]:
    return _ABOUT.get()
