"""A policy tried on what happened: whom it would have told, and when, next to who was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from domain.directory.policy_versions import latest_policies
from domain.facts import Facts
from domain.instruction.warnings_given import TwoLives
from domain.policies import Policy
from operators.backtest import Backtest, backtest
from readmodels.register import Register, RegisterRow
from web.api.asked import invalid
from web.api.directory import insider
from web.console.choices import programmes_of
from web.console.forms import Field, Form
from web.console.sending import beside_fields
from web.console.setup.policies import policy_in
from web.console.visit import Visit, Visiting
from web.console.worklists import target_told
from web.form_sent import sent_form, text_of
from web.problems import Problem, headers_of
from web.turns import Turns

router = APIRouter()

PATH = "/setup/backtest"
MOST = 200
"""Instructions at a time: it has to end while somebody waits."""
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure of both lives."""

    name: str
    happened: int
    would: int


@router.get(PATH)
async def show_backtest(visit: Visiting) -> HTMLResponse:
    """The form alone."""
    insider(visit.asking)
    return await _page(visit, await _form(visit))


@router.post(PATH)
async def run_backtest(visit: Visiting) -> HTMLResponse:
    """Try it on those whose history the visitor may read. Nothing is recorded."""
    insider(visit.asking)
    request = visit.asking.request
    sent = await sent_form(request)  # as slowly as it may come, it takes no turn
    backtests: Turns = request.app.state.backtests
    form = await _form(visit, text_of(sent, "programme"))
    try:
        with backtests.turn(visit.asking.reader.person):
            said = form.read(sent, visit.zone)
            policy = await _policy(visit, sent)
            programme = said.get("programme")
            if programme is not None and programme not in _programmes(form):
                raise invalid("programme", "is none of those to choose from")
            rows = await _rows(visit, programme)
            made = await _tried(visit, rows[:MOST], policy, at_their_time=said["at_their_time"])
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        page = await _page(visit, refused, status=problem.status)
        page.headers.update(headers_of(problem))
        return page
    return await _page(
        visit,
        form.entered(sent),
        made=made,
        more=len(rows) > MOST,
        bars=_bars(visit, made),
        lives=_told(made),
    )


async def _tried(
    visit: Visit, rows: Sequence[RegisterRow], policy: Policy, *, at_their_time: bool
) -> Backtest:
    services = visit.asking.services
    facts = Facts(directory=visit.asking.reader.directory, tzdata=services.tzdata)
    return await backtest(
        services.store, rows, policy, facts, visit.asking.at, at_their_time=at_their_time
    )


async def _page(visit: Visit, form: Form, *, status: int = 200, **shown: Any) -> HTMLResponse:
    return await visit.drawing.page(
        visit,
        "setup/backtest.html",
        active="setup",
        status=status,
        form=form,
        most=MOST,
        most_shown=_MOST_SHOWN,
        **({"made": None} | shown),
    )


async def _form(visit: Visit, programme: str | None = None) -> Form:
    """Args:
    programme: the one that is chosen.
    """
    say = visit.words.say
    known = latest_policies(visit.asking.reader.directory)
    return Form.of(
        "",
        say("Try a policy"),
        PATH,
        say("Try it"),
        Field(
            name="published",
            label=say("A published policy"),
            kind="choice",
            options=[(one.policy.id, one.policy.id) for one in known],
        ),
        Field(
            name="file",
            label=say("Or what another policy's file says (YAML or JSON)"),
            kind="area",
            rows=10,
            help=say("If something stands here, it is tried."),
        ),
        Field(
            name="programme",
            label=say("Programme"),
            kind="choice",
            options=[(one.id, one.title) for one in await programmes_of(visit, programme)],
            help=say("Empty: all instructions."),
        ),
        Field(
            name="at_their_time",
            label=say("As if history had been entered when it happened"),
            kind="flag",
            value="true",
            help=say("Else what was entered later is warned of from then on only."),
        ),
    )


def _programmes(form: Form) -> Mapping[str, str]:
    """Those to choose from."""
    return dict(next(field.options for field in form.fields if field.name == "programme"))


async def _policy(visit: Visit, sent: FormData) -> Policy:
    """The text's, else the chosen one. Raises `Problem` validation."""
    chosen = text_of(sent, "published")
    if text_of(sent, "file").strip():
        return await policy_in(sent, "file")
    for one in latest_policies(visit.asking.reader.directory):
        if one.policy.id == chosen:
            return one.policy
    raise invalid("published", "is missing; choose one, or give another's file")


async def _rows(visit: Visit, programme: str | None) -> Sequence[RegisterRow]:
    """One more than are tried, if there are as many."""
    return await Register(visit.asking.services.pool).page(
        programme=programme,
        issued=True,
        scope=visit.asking.reader.scope("history"),
        limit=MOST + 1,
    )


def _bars(visit: Visit, made: Backtest) -> Sequence[Bar]:
    say, was, would = visit.words.say, made.happened, made.relived
    by_target = [
        Bar(
            say("Escalations: %(to)s", to=target_told(visit, to)),
            was.escalations.get(to, 0),
            would.escalations.get(to, 0),
        )
        for to in sorted({*was.escalations, *would.escalations})
    ]
    return [
        Bar(say("Reminders"), was.reminders, would.reminders),
        Bar(say("Requests for progress"), was.progress_requests, would.progress_requests),
        *by_target,
        Bar(say("Deadlines that passed while it was open"), was.late, would.late),
        Bar(say("Of these, brought before somebody"), was.late_escalated, would.late_escalated),
    ]


def _told(made: Backtest) -> Sequence[TwoLives]:
    """Those in which something is otherwise, what would be caught earliest first; so many at most."""
    differing = [two for two in made.lives if _other(two)]
    return sorted(differing, key=_earlier, reverse=True)[:_MOST_SHOWN]


def _other(two: TwoLives) -> bool:
    return [(one.kind, one.rule, one.at) for one in two.happened.given] != [
        (one.kind, one.rule, one.at) for one in two.relived.given
    ]


def _earlier(two: TwoLives) -> float:
    by = two.caught_earlier_by
    return by.total_seconds() if by is not None else float("-inf")
