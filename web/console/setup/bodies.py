"""The page of a body: what it is, what stands above and below it, its offices and who holds them."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from domain.directory.state import Body
from web.api.directory import get_body
from web.api.names import Id
from web.console.forms import TYPE, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup import choices
from web.console.setup.body_forms import every_of_body, of_body
from web.console.setup.directory_forms import BODIES, may_change
from web.console.setup.sending import change_directory
from web.console.setup.then import asking_then
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem, not_found

router = APIRouter()

_MOST_BELOW = 500


@router.get(BODIES + "/{body}")
async def show_body(visit: Visiting, body: Id) -> HTMLResponse:
    """As of the moment of the visit."""
    return await _page(visit, body)


@router.post(BODIES + "/{body}")
async def change_body(visit: Acting, body: Id) -> Response:
    """Carry out a command to the body, or one of its offices."""
    sent = await sent_form(visit.asking.request)
    form = one_of(every_of_body(visit, _known(visit, body), ()), sent.get(TYPE))
    try:
        done = await change_directory(visit, form, sent, _subject(form, body))
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, body, refused=refused, status=problem.status)
    return recorded(visit, f"{BODIES}/{body}", done.position)


async def _page(
    visit: Visit, body: str, *, refused: Form | None = None, status: int = 200
) -> HTMLResponse:
    asking = await asking_then(visit)
    told = await get_body(asking, body)
    directory = asking.reader.directory
    below = [one for one in directory.bodies.values() if one.parent == body]
    forms: Sequence[Form] = ()
    if may_change(visit):
        forms = of_body(visit, _known(visit, body), await choices.people(visit))
    return await visit.drawing.page(
        visit,
        "setup/body.html",
        active="setup",
        status=status,
        told=told,
        bodies=directory.bodies,
        below=sorted(below, key=lambda one: one.name.casefold())[:_MOST_BELOW],
        country=directory.country(body),
        forms=put_back(forms, refused),
    )


def _subject(form: Form, body: str) -> Mapping[str, str]:
    """What the command says besides what is entered: an office says itself whose it is."""
    match form.type:
        case "Appoint" | "CloseOffice":
            return {}
        case _:
            return {"body": body}


def _known(visit: Visit, body: str) -> Body:
    """Raises `Problem` not-found."""
    found = visit.asking.reader.directory.bodies.get(body)
    if found is None:
        raise not_found(f"body {body}")
    return found
