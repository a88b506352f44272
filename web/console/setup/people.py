"""People: who is known, and the page of one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from web.api.asked import page
from web.api.directory import get_person, names_of
from web.api.names import After, Id
from web.console.forms import TYPE, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup import choices
from web.console.setup.directory_forms import PERSONS
from web.console.setup.person_forms import every_of_person, of_person
from web.console.setup.sending import change_directory
from web.console.setup.then import asking_then
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

_LINES = 50
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
_MOST_NAMES = 5000
"""People among whom names are searched; among more, ids."""


@router.get(PERSONS)
async def list_people(visit: Visiting, q: Words = "", after: After = "") -> HTMLResponse:
    """By id, with the offices that they hold; with `q` those who are called so."""
    asking = await asking_then(visit)
    directory, wanted = asking.reader.directory, q.strip().casefold()
    known = sorted(one for one in directory.channels if one > after)
    if wanted:
        names = await names_of(asking, known if len(known) <= _MOST_NAMES else ())
        known = [one for one in known if wanted in f"{one} {names.get(one, '')}".casefold()]
    some = known[: _LINES + 1]
    lines = page(some, _LINES, some[_LINES - 1] if len(some) > _LINES else None)
    return await visit.drawing.page(
        visit,
        "setup/people.html",
        active="setup",
        q=q,
        lines=lines,
        names=await names_of(asking, lines.items),
        held={one: directory.offices_held(one, asking.at) for one in lines.items},
        erased=directory.erased,
    )


@router.get(PERSONS + "/{person}")
async def show_person(visit: Visiting, person: Id) -> HTMLResponse:
    """As of the moment of the visit; where they are reached, for themselves and administrators."""
    return await _page(visit, person)


@router.post(PERSONS + "/{person}")
async def change_person(visit: Acting, person: Id) -> Response:
    """Carry out a command to the person. What is told of an erasure is told once, at once."""
    sent = await sent_form(visit.asking.request)
    form = one_of(every_of_person(visit, await get_person(visit.asking, person)), sent.get(TYPE))
    try:
        done = await change_directory(visit, form, sent, {"person": person})
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, person, refused=refused, status=problem.status)
    if form.type == "ErasePerson":
        return await visit.drawing.page(
            visit, "setup/erased.html", active="setup", person=person, done=done
        )
    return recorded(visit, f"{PERSONS}/{person}", done.position)


async def _page(
    visit: Visit, person: str, *, refused: Form | None = None, status: int = 200
) -> HTMLResponse:
    asking = await asking_then(visit, own=person == visit.asking.reader.person)
    told = await get_person(asking, person)
    directory = asking.reader.directory
    shown: dict[str, Any] = {
        "told": told,
        "offices": directory.offices,
        "bodies": directory.bodies,
        "names": await visit.people(
            one for s in told.substitutions for one in (s.absent, s.substitute)
        ),
        "forms": put_back(of_person(visit, told), refused),
        "channels": dict(choices.channels(visit.words)),
    }
    return await visit.drawing.page(
        visit, "setup/person.html", active="setup", status=status, **shown
    )
