"""Where the pages are."""

from collections.abc import Iterable
from typing import cast
from urllib.parse import quote, urlencode

from starlette.requests import Request

from domain.identifiers import instruction_id

ASSETS = "/assets"


def instruction_path(number: str, id_: str | None = None, *behind: str) -> str:
    """Of an instruction's page, or of one behind it. By its number; by its id, where the number has a slash.

    Args:
        id_: the instruction's id; None where it is not at hand, and follows from the number.
    """
    name = (id_ or instruction_id(number)) if "/" in number else number
    return "/".join(["/instructions", quote(name, safe=""), *behind])


def path_of(request: Request) -> str:
    """Where it was sent, as an address has it: what stands in a number may be no letter of one."""
    return quote(request.scope["path"])


def address_of(request: Request) -> str:
    """The same with what was asked."""
    query = request.url.query
    return path_of(request) + (f"?{query}" if query else "")


def with_query(path: str, **asked: object) -> str:
    """The path with what is asked; what is None, false or empty is left out, true is `true`, several are each said."""
    said = [
        (name.rstrip("_"), "true" if one is True else str(one))
        for name, value in asked.items()
        for one in _each(value)
        if one is not None and one is not False and one != ""
    ]
    return f"{path}?{urlencode(said)}" if said else path


def _each(value: object) -> Iterable[object]:
    if isinstance(value, list | tuple):
        return cast(Iterable[object], value)
    return (value,)
