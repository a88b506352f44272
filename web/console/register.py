"""The register: every instruction there is, filtered and searched; and the views of it that people keep."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from access.saved_views import LONGEST_NAME, MOST, NameTaken, NoPlace, SavedView
from audit.exports.export import Format
from readmodels.at_once import at_once
from web.api.asked import invalid
from web.api.names import After
from web.api.paths import PREFIX
from web.api.registered import Registered, RegisteredOnes
from web.console.forms import TYPE, Field, Form
from web.console.issuing import issuers_of
from web.console.paths import with_query
from web.console.register_filters import (
    as_meant,
    asked_of,
    chips_of,
    names_of,
    query_of,
    register_choices,
)
from web.console.register_lines import lines_of
from web.console.sending import beside_fields, recorded
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form, text_of
from web.problems import Problem, not_found

router = APIRouter()

PATH = "/instructions"
_FORMATS: Sequence[tuple[Format, str]] = (
    ("xlsx", "Excel"),
    ("csv", "CSV"),
    ("jsonl", "JSON Lines"),
    ("ocel-json", "OCEL 2.0 (JSON)"),
    ("ocel-sqlite", "OCEL 2.0 (SQLite)"),
)
_SAVE, _DELETE = "SaveView", "DeleteView"


@router.get(PATH)
async def show_register(visit: Visiting, chosen: RegisteredOnes, after: After = "") -> HTMLResponse:
    """What the visitor may see of it, by number."""
    chosen = as_meant(visit, chosen)
    return await _drawn(visit, chosen, after, _saving(visit, chosen))


@router.post(PATH)
async def keep_views(
    visit: Acting, request: Request, chosen: RegisteredOnes, after: After = ""
) -> Response:
    """Keep what is chosen under a name, or forget a view."""
    sent, chosen = await sent_form(request), as_meant(visit, chosen)
    if sent.get(TYPE) == _DELETE:
        return await _deleted(visit, chosen, text_of(sent, "name"))
    form = _saving(visit, chosen)
    try:
        name = str(form.read(sent, visit.zone).get("name", ""))
        await _save(visit, SavedView(name=name, query=query_of(chosen)))
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _drawn(visit, chosen, after, refused, status=problem.status)
    return recorded(visit, PATH, asked=asked_of(chosen))


async def _save(visit: Visit, view: SavedView) -> None:
    """Raises `Problem` validation."""
    if not 0 < len(view.name) <= LONGEST_NAME:
        raise invalid("name", f"is a text of 1 to {LONGEST_NAME} characters")
    try:
        await visit.asking.services.views.save(visit.asking.reader.person, view)
    except NameTaken as error:
        raise invalid("name", "is that of another view of yours; choose another") from error
    except NoPlace as error:
        raise invalid("name", f"is one too many: {MOST} are kept; delete one first") from error


async def _deleted(visit: Visit, chosen: Registered, name: str) -> Response:
    if not await visit.asking.services.views.delete(visit.asking.reader.person, name):
        raise not_found("such view")
    return recorded(visit, PATH, asked=asked_of(chosen))


async def _drawn(
    visit: Visit, chosen: Registered, after: str, saving: Form, *, status: int = 200
) -> HTMLResponse:
    asking = visit.asking
    choices, lines, views = await at_once(
        register_choices(visit, chosen),
        lines_of(visit, chosen, after),
        asking.services.views.all(asking.reader.person),
    )
    return await visit.drawing.page(
        visit,
        "register.html",
        active="register",
        status=status,
        asked=chosen,
        names=names_of(visit),
        choices=choices,
        chips=chips_of(visit, PATH, chosen, choices),
        lines=lines,
        views=[
            (view.name, visit.url(PATH, **dict(parse_qsl(view.query))), view.query)
            for view in views
        ],
        query=query_of(chosen),
        saving=saving,
        deleting=_DELETE,
        exports=_exports(visit, chosen),
        bulk=with_query("/bulk", **asked_of(chosen)) if asked_of(chosen) else None,
        commands=visit.is_now and bool(asking.reader.scope("commands").pairs[0]),
        issues=visit.is_now and bool(issuers_of(visit)),
    )


def _saving(visit: Visit, chosen: Registered) -> Form:
    say = visit.words.say
    return Form.of(
        _SAVE,
        say("Keep this view"),
        visit.url(PATH, **asked_of(chosen)),
        say("Keep"),
        Field(name="name", label=say("Name of the view"), required=True, most=LONGEST_NAME),
        said=say("What is chosen now, under a name of yours: only you see it."),
    )


def _exports(visit: Visit, chosen: Registered) -> Sequence[tuple[str, str]]:
    """Each format by its name, and where the file is made. Of another moment, what was on record then."""
    moment = visit.moment.as_of.recorded
    asked = {**asked_of(chosen), "as_recorded": moment.isoformat() if moment else None}
    return [(name, with_query(f"{PREFIX}/exports/{code}", **asked)) for code, name in _FORMATS]
