"""The directory: bodies as a tree, or found by words, and forms that found what is new."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from domain.directory.state import Body, Directory
from web.console.forms import TYPE, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup.directory_forms import BODIES, PERSONS, founding
from web.console.setup.sending import change_directory
from web.console.setup.then import asking_then
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

PATH = "/setup/directory"
MOST_SHOWN = 500
"""Bodies of one page."""
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class Branch:
    """A body with those below it."""

    body: Body
    closed: bool
    below: Sequence["Branch"]


@router.get(PATH)
async def show_directory(visit: Visiting, q: Words = "") -> HTMLResponse:
    """All bodies as they stand below each other; with `q` those that are called so."""
    return await _page(visit, q)


@router.post(PATH)
async def found(visit: Acting) -> Response:
    """Register a body or a person."""
    sent = await sent_form(visit.asking.request)
    form = one_of(founding(visit), sent.get(TYPE))
    try:
        done = await change_directory(visit, form, sent)
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, "", refused=refused, status=problem.status)
    return recorded(visit, _of_founded(form.read(sent, visit.zone)), done.position)


async def _page(
    visit: Visit, q: str, *, refused: Form | None = None, status: int = 200
) -> HTMLResponse:
    directory = (await asking_then(visit)).reader.directory
    wanted = q.strip().casefold()
    named = [one for one in directory.bodies.values() if _is_called(one, wanted)]
    return await visit.drawing.page(
        visit,
        "setup/directory.html",
        active="setup",
        status=status,
        q=q,
        known=len(directory.bodies),
        found=sorted(named, key=lambda one: one.name.casefold())[:MOST_SHOWN] if wanted else None,
        tree=tree(directory, visit),
        most=MOST_SHOWN,
        forms=put_back(founding(visit), refused),
    )


def tree(directory: Directory, visit: Visit) -> Sequence[Branch]:
    """From those below none on, so many in all: the rest is on the pages of the bodies."""
    below: Mapping[str | None, list[Body]] = defaultdict(list)
    for body in sorted(directory.bodies.values(), key=lambda one: one.name.casefold()):
        below[body.parent if body.parent in directory.bodies else None].append(body)
    room = iter(range(MOST_SHOWN))
    return _branches(None, below, visit, room)


def _branches(
    parent: str | None, below: Mapping[str | None, list[Body]], visit: Visit, room: Iterator[int]
) -> Sequence[Branch]:
    return [
        Branch(body, body.closed(body.day(visit.at)), _branches(body.id, below, visit, room))
        for body in below[parent]
        if next(room, None) is not None
    ]


def _is_called(body: Body, words: str) -> bool:
    return words in body.name.casefold() or words in body.id.casefold()


def _of_founded(entered: Mapping[str, Any]) -> str:
    """The page of what the command was about: its id as it was read, without the blanks that were pasted along with it."""
    if entered[TYPE] == "RegisterBody":
        return f"{BODIES}/{entered['body']}"
    return f"{PERSONS}/{entered['person']}"
