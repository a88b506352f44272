"""What requests ask in the same way: a moment, a page, a position that must be reached, a version."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Query
from pydantic import BaseModel, Field

from domain.value import Instant
from eventstore.replay import AsOf
from readmodels.checkpoints import reached
from readmodels.programme_report import moment_of
from web.api.asking import Asking
from web.problems import ApiCode, FieldProblem, Problem

MOST = 500
"""Items of a page, at most."""
_PATIENCE = 3.0
"""Seconds that a position is waited for."""
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    next: str | None = Field(description="`after` of the next page; none if this is the last")


Word = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="items of a page")]
AtLeast = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**62,
        description="a position that the answer must have seen, such as that of a command of one's own",
    ),
]
DryRun = Annotated[
    bool, Query(description="only say what it would lead to; nothing is recorded or sent")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """As of when."""

    as_of: AsOf

    def at(self, now: datetime) -> datetime:
        """The moment that lateness is told for."""
        return moment_of(self.as_of, now)


async def _moment(
    as_of: Annotated[
        Instant | None,
        Query(description="by what had occurred by then, as known today; with its offset"),
    ] = None,
    as_recorded: Annotated[
        Instant | None, Query(description="by what was in the log by then; with its offset")
    ] = None,
) -> Moment:
    return Moment(as_of=AsOf(occurred=as_of, recorded=as_recorded))


AsOfWhen = Annotated[Moment, Depends(_moment)]


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=100,
            description='the `ETag` that the command is for, such as `"7"`: refused if something happened since',
        ),
    ] = None,
) -> int | None:
    """The version that is asked for."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise invalid("if-match", 'is no ETag of ours; send it as it was told: `"7"`')
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_if_match)]


async def _no_if_match(
    if_match: Annotated[str | None, Header(max_length=100, include_in_schema=False)] = None,
) -> None:
    if if_match is not None:
        raise invalid("if-match", "is for what there is already, and this is new: leave it out")


FOR_NO_VERSION = Depends(_no_if_match)
"""Of what founds something: an `If-Match` is refused, not passed over."""


def etag(version: int) -> dict[str, str]:
    """The header of an answer that is of this version."""
    return {"etag": f'"{version}"'}


def invalid(field: str, message: str) -> Problem:
    return Problem(
        ApiCode.VALIDATION,
        f"{field} {message}",
        errors=[FieldProblem(field=field, message=message)],
    )


def page(items: Sequence[T], limit: int, name: str | None) -> Page[T]:
    """Of one item more than the page has, if there is a next one.

    Args:
        name: of the last item of the page, where the next begins.
    """
    return Page(items=items[:limit], next=name if len(items) > limit else None)


def whole(items: Sequence[T]) -> Page[T]:
    """Of a list that has no second page."""
    return Page(items=items, next=None)


async def wait_for(asking: Asking, position: int | None, *projections: str) -> None:
    """Until the read models have seen the position.

    Raises `Problem`: validation if there is no such position; position-not-reached if they take too long.
    """
    if position is None:
        return
    if position > await asking.services.store.head():
        raise invalid("at_least", "lies beyond the end of the log; send what a command answered")
    if not await reached(asking.services.pool, projections, position, seconds=_PATIENCE):
        raise Problem(
            ApiCode.POSITION_NOT_REACHED,
            f"position {position} is not in the lists yet; ask again",
            headers={"retry-after": "1"},
        )
