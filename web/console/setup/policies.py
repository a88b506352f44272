"""Policies: which there are, what one says in sentences and as its file, and publishing one."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from domain.directory.policy_versions import versions_of
from domain.policies import Policy
from importing.policy_file import BadPolicyFile, policy_as_yaml, read_policy
from web.api.calendars import PolicyName, get_policy, list_policies
from web.console.forms import TYPE, Field, Form, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.setup.directory_forms import may_change
from web.console.setup.policy_words import PolicySaid, policy_said
from web.console.setup.sending import change_directory, files_problem, text_sent
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import Problem

router = APIRouter()

PATH = "/setup/policies"
_ROWS = 24


@router.get(PATH)
async def show_policies(visit: Visiting) -> HTMLResponse:
    """At their latest versions."""
    return await _page(visit)


@router.post(PATH)
async def publish_policy(visit: Acting) -> Response:
    """Publish a policy, or its next version."""
    sent = await sent_form(visit.asking.request)
    form = one_of(publishing(visit), sent.get(TYPE))
    try:
        policy = await policy_in(sent, "file")
        done = await change_directory(visit, form, sent, {"policy": policy}, apart=("file",))
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return await _page(visit, refused=refused, status=problem.status)
    return recorded(visit, f"{PATH}/{policy.id}", done.position)


@router.get(PATH + "/{policy}")
async def show_policy(
    visit: Visiting,
    policy: PolicyName,
    version: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
) -> HTMLResponse:
    """A version of it, by default the latest."""
    told = await get_policy(visit.asking, policy, version)
    versions = versions_of(visit.asking.reader.directory, policy)
    text = policy_as_yaml(told.rules)
    return await visit.drawing.page(
        visit,
        "setup/policy.html",
        active="setup",
        told=told,
        versions=list(reversed(versions)),
        said=_in_words(visit, told.rules),
        text=text,
        forms=publishing(visit, text),
    )


async def _page(visit: Visit, *, refused: Form | None = None, status: int = 200) -> HTMLResponse:
    return await visit.drawing.page(
        visit,
        "setup/policies.html",
        active="setup",
        status=status,
        lines=(await list_policies(visit.asking)).items,
        forms=put_back(publishing(visit), refused),
    )


def publishing(visit: Visit, text: str = "") -> Sequence[Form]:
    """The form that publishes one, begun from this text."""
    if not may_change(visit):
        return ()
    say = visit.words.say
    return (
        Form.of(
            "PublishPolicy",
            say("Publish a policy, or its next version"),
            PATH,
            say("Publish"),
            Field(
                name="file",
                label=say("What the policy's file says (YAML or JSON)"),
                kind="area",
                required=True,
                rows=_ROWS,
                value=text,
                help=say("docs/policies.md says what may stand in it."),
            ),
            said=say(
                "What is issued from now on goes by it; what is open keeps the rules that it has."
            ),
        ),
    )


async def policy_in(sent: FormData, name: str) -> Policy:
    """Raises `Problem` validation, with all that is wrong with the text."""
    try:
        # In a thread: a long YAML takes seconds, and whoever else is served meanwhile does not wait for it.
        return await asyncio.to_thread(read_policy, text_sent(sent, name))
    except BadPolicyFile as error:
        raise files_problem(error.problems, name) from error


def _in_words(visit: Visit, policy: Policy) -> Sequence[tuple[str | None, PolicySaid]]:
    """The usual rules, and those of each priority that has others."""
    said: list[tuple[str | None, PolicySaid]] = [
        (None, policy_said(policy, visit.words, visit.body))
    ]
    for priority, rules in sorted(policy.variants.items()):
        said.append((priority, policy_said(rules, visit.words, visit.body)))
    return said
