"""Parameters that name something by its id, or say where a page begins."""

from typing import Annotated

from fastapi import Path, Query

from domain.identifiers import SLUG
from web.problems import ApiCode, Problem

Id = Annotated[str, Path(pattern=SLUG, max_length=128, description="its id")]
SomeId = Annotated[str | None, Query(pattern=SLUG, max_length=128)]
After = Annotated[
    str, Query(max_length=200, pattern=r"^[^\x00]*$", description="`next` of the page before")
]


def place(after: str) -> int:
    """Of a page that begins at the n-th item. Raises `Problem` bad-cursor if it is none."""
    if after == "":
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 9):
        raise Problem(ApiCode.BAD_CURSOR, "`after` names no place in this list")
    return int(after)
