"""API tokens and sessions: one's own; everybody's, for administrators."""

import re
from datetime import timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from access.scopes import Scope
from access.tokens import LONGEST
from web.api.names import After, SomeId, place
from web.api.sessions import end_session, end_sessions, list_sessions
from web.api.tokens import TokenAsked, TokenMade, TokenTold, create_token, list_tokens, revoke_token
from web.console.forms import TYPE, Field, Form, body_of
from web.console.labels import label
from web.console.sending import beside_fields, recorded
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form, text_of
from web.problems import Problem, not_found

router = APIRouter()

PATH = "/setup/tokens"
_LINES = 50
_ID = re.compile(r"[0-9a-f]{12}")
_LONGEST_SUBJECT = 100
_USUAL = timedelta(days=90)


@router.get(PATH)
async def show_tokens(visit: Visiting, person: SomeId = None, after: After = "") -> HTMLResponse:
    """Those in use first; without `person` one's own, or for administrators everybody's."""
    return await _page(visit, person=person, after=after)


@router.post(PATH)
async def change_tokens(visit: Acting) -> Response:
    """Make a token, which is shown this once; or end one, a session, or all sessions of one's own."""
    asking, sent = visit.asking, await sent_form(visit.asking.request)
    token, session = text_of(sent, "revoke"), text_of(sent, "end")
    asking.request.state.subject = (token or session)[:_LONGEST_SUBJECT] or None
    if token:
        await revoke_token(asking, _id(token, "token"))
    elif session == "all":
        await end_sessions(asking, None, False)
    elif session:
        await end_session(asking, _id(session, "session"))
    else:
        return await _made(visit, sent)
    return recorded(visit, PATH)


async def _made(visit: Visit, sent: FormData) -> Response:
    form = _form(visit)
    try:
        said = form.read(sent, visit.zone)
        said.pop(TYPE, None)
        token = await create_token(visit.asking, body_of(TokenAsked, said))
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, form=refused, status=problem.status)
    answer = await _page(visit, made=token)
    answer.headers["cache-control"] = "no-store"
    return answer


async def _page(
    visit: Visit,
    *,
    person: str | None = None,
    after: str = "",
    form: Form | None = None,
    made: TokenMade | None = None,
    status: int = 200,
) -> HTMLResponse:
    asking = visit.asking
    tokens = sorted((await list_tokens(asking, person)).items, key=lambda one: _over(one, visit))
    begin = place(after)
    sessions = (await list_sessions(asking, person)).items
    shown = tokens[begin : begin + _LINES]
    return await visit.drawing.page(
        visit,
        "setup/tokens.html",
        active="setup",
        status=status,
        person=person,
        tokens=shown,
        next=str(begin + _LINES) if len(tokens) > begin + _LINES else None,
        over={one.id for one in shown if _over(one, visit)},
        sessions=sessions[:_LINES],
        more_sessions=max(0, len(sessions) - _LINES),
        names=await visit.people(one.person for one in (*shown, *sessions[:_LINES])),
        administers=asking.administers,
        form=form or _form(visit),
        made=made,
    )


def _form(visit: Visit) -> Form:
    say = visit.words.say
    mine = visit.asking.authenticated.scopes
    return Form.of(
        "",
        say("Make a token"),
        PATH,
        say("Make"),
        Field(name="label", label=say("What it is for"), required=True, most=200),
        Field(
            name="scopes",
            label=say("What it may be used for"),
            kind="choices",
            required=True,
            options=[
                (one, label(visit.words, "scope", one)) for one in get_args(Scope) if one in mine
            ],
            value=("read",),
            help=say("It gives no right that you have not."),
        ),
        Field(
            name="expires_at",
            label=say("Until"),
            kind="moment",
            required=True,
            value=f"{(visit.asking.at + _USUAL).astimezone(ZoneInfo(visit.zone)):%Y-%m-%dT%H:%M}",
            help=visit.words.count("%(n)s day at most.", "%(n)s days at most.", LONGEST.days),
        ),
    )


def _over(one: TokenTold, visit: Visit) -> bool:
    return one.revoked_at is not None or one.expires_at <= visit.asking.at


def _id(sent: str, what: str) -> str:
    """As the API's paths take it. Raises `Problem` not-found."""
    if _ID.fullmatch(sent) is None:
        raise not_found(what)
    return sent
