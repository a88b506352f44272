"""Rights that follow a body, or end with it, and what may be learnt of what is hidden."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from access.scopes import Scope
from domain.attribution import Command
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, ReorganiseBody
from domain.outcomes import Recorded
from domain.reading import Reader
from tests.web.bureau import API, COUNCIL, MINISTRY, OTHER, Bureau
from web.api.asking import Asking
from web.api.tokens import TokenAsked, create_token
from web.identity.authenticated import Authenticated
from web.problems import Problem
from web.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")

_PERIOD = {"period_start": "2026-01-01", "period_end": "2099-12-31"}


async def _recorded(desk: Bureau, type_: type[Command], **said: Any) -> None:
    command = type_.model_validate({"command_id": str(uuid4()), "actor": "p-administrator", **said})
    outcome = await desk.handler.handle(command, datetime.now(UTC))
    assert isinstance(outcome, Recorded), outcome


async def _body_of_the_other_council(desk: Bureau) -> str:
    """With the region's head in office there too."""
    body = f"b-{uuid4()}"
    office = f"{body}.head"
    await _recorded(desk, RegisterBody, body=body, name=body, body_kind="agency", parent=OTHER)
    await _recorded(desk, RegisterOffice, office=office, body=body, office_kind="head")
    await _recorded(desk, Appoint, person="p-region", office=office, since=date(2020, 1, 1))
    return body


async def _programme(desk: Bureau, body: str, by: str, type_: str = "AdoptProgramme") -> str:
    programme = f"P-{uuid4()}"
    said = {"type": type_, "programme": programme, "title": "Programme", "body": body}
    answer = await desk.ask(by, "POST", "/programmes", json={**said, **_PERIOD})
    assert answer.status_code == 201, answer.text
    return programme


async def _recurrence(desk: Bureau, issuer: str, by: str, **said: Any) -> str:
    recurrence = f"R-{uuid4()}"
    terms = {
        "type": "StartRecurrence",
        "recurrence": recurrence,
        "title": "Yearly",
        "rule": "FREQ=YEARLY",
        "first_day": "2098-01-15",
        "number": "Y-{year}-" + str(uuid4()),
        "text": "Report the year",
        "issuer": issuer,
        "lead": issuer,
        **said,
    }
    answer = await desk.ask(by, "POST", "/recurrences", json=terms)
    assert answer.status_code == 201, answer.text
    return recurrence


async def test_what_a_body_had_is_read_by_its_heir_and_by_those_above_the_old_one_no_more(
    desk: Bureau,
) -> None:
    body = await _body_of_the_other_council(desk)
    programme = await _programme(desk, body, "p-region")
    recurrence = await _recurrence(desk, body, "p-region")
    await desk.sign()
    paths = (
        f"/programmes/{programme}",
        f"/programmes/{programme}/figures",
        f"/programmes/{programme}/bundle",
        f"/recurrences/{recurrence}",
        f"/recurrences/{recurrence}/events",
    )

    async def reads(person: str) -> list[bool]:
        position = await desk.store.head()
        answers = [(await desk.get(person, path)).status_code == 200 for path in paths]
        exported = await desk.get(person, "/exports/jsonl", params={"at_least": position})
        streams = {json.loads(line)["stream_id"] for line in exported.text.splitlines()}
        named = (f"programme-{programme}", f"recurrence-{recurrence}")
        return [*answers, *(one in streams for one in named)]

    assert await reads("p-other-auditor") == [True] * 7
    assert await reads("p-ministry-auditor") == [False] * 7
    await _recorded(desk, ReorganiseBody, body=body, kind="merged", into=[MINISTRY], heir=MINISTRY)
    assert await reads("p-ministry-auditor") == [True] * 7
    assert await reads("p-other-auditor") == [False] * 7


async def test_a_programme_s_bundle_holds_no_recurrence_that_is_not_for_whom_it_is_made(
    desk: Bureau,
) -> None:
    """It was to issue measures; the body that issues it went elsewhere, where others audit."""
    body = f"b-{uuid4()}"
    office = f"{body}.head"
    await _recorded(desk, RegisterBody, body=body, name=body, body_kind="agency", parent=COUNCIL)
    await _recorded(desk, RegisterOffice, office=office, body=body, office_kind="head")
    await _recorded(desk, Appoint, person="p-region", office=office, since=date(2020, 1, 1))
    programme = await _programme(desk, COUNCIL, "p-issuer")
    recurrence = await _recurrence(desk, body, "p-region", programme=programme)
    await desk.sign()
    whole = await desk.get("p-auditor", f"/programmes/{programme}/bundle")
    assert whole.status_code == 200, whole.text
    await _recorded(desk, ReorganiseBody, body=body, kind="merged", into=[OTHER], heir=OTHER)
    await desk.sign()
    refused = await desk.get("p-auditor", f"/programmes/{programme}/bundle")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert recurrence not in refused.text


async def _with(
    desk: Bureau, person: str, scopes: set[Scope], method: str, path: str, **asked: Any
) -> httpx.Response:
    token = await desk.token(person, frozenset(scopes))
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
    return await desk.client.request(method, API + path, headers=headers, **asked)


async def _noted(desk: Bureau, limit: int = 1, **asked: Any) -> Sequence[dict[str, Any]]:
    asked = {"outcome": "refused", "limit": limit, **asked}
    answer = await desk.get("p-auditor", "/audit/access-log", params=asked)
    return answer.json()["items"]


async def test_an_administrator_s_token_does_what_is_theirs_alone_only_with_scope_admin(
    desk: Bureau,
) -> None:
    path, boss = "/directory/persons/p-lead", "p-administrator"
    told = await _with(desk, boss, {"read"}, "GET", path)
    assert (told.json()["name"], told.json()["reached"]) == ("P-Lead", None)
    told = await _with(desk, boss, {"read", "admin"}, "GET", path)
    assert told.json()["reached"]["email"] == "p-lead@example.org"
    for kind in ("tokens", "calendar-feeds"):
        of = f"/{kind}?person=p-lead"
        assert (await _with(desk, boss, {"read"}, "GET", of)).json()["code"] == "forbidden"
        assert (await _with(desk, boss, {"read", "admin"}, "GET", of)).status_code == 200
        own = await _with(desk, boss, {"read"}, "GET", f"/{kind}")
        assert {one["person"] for one in own.json()["items"]} <= {boss}
    body = {"body": f"b-{uuid4()}", "name": "New", "body_kind": "agency"}
    register = {"type": "RegisterBody", **body}
    commands = "/directory/commands"
    for dry in (True, False):
        refused = await _with(
            desk,
            boss,
            {"read", "command"},
            "POST",
            commands,
            json=register,
            params={"dry_run": dry},
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    done = await _with(desk, boss, {"command", "admin"}, "POST", commands, json=register)
    assert done.status_code == 200, done.text
    own = {"type": "SetPreferences", "person": boss, "language": "en"}
    assert (await _with(desk, boss, {"command"}, "POST", commands, json=own)).status_code == 200
    admin = await _with(desk, "p-lead", {"command", "admin"}, "POST", commands, json=register)
    assert admin.json()["code"] == "not-authorised"


async def test_a_token_of_somebody_else_is_ended_by_administrators_and_whoever_tries_is_noted(
    desk: Bureau,
) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = await desk.tokens.create("p-lead", label=str(uuid4()), scopes={"read"}, expires_at=until)
    known, none = made.split("_")[1], uuid4().hex[:12]
    for asker, scopes in (
        ("p-region", {"read", "command"}),
        ("p-administrator", {"command"}),
    ):
        for token in (known, none):
            answer = await _with(
                desk, asker, cast("set[Scope]", scopes), "DELETE", f"/tokens/{token}"
            )
            assert answer.status_code == 404
        [noted] = await _noted(desk, person=asker)
        assert noted["subject"] == known
    ended = await _with(desk, "p-administrator", {"command", "admin"}, "DELETE", f"/tokens/{known}")
    assert ended.status_code == 204


async def test_a_token_whose_end_has_come_by_the_database_s_clock_is_refused_as_one_by_ours(
    desk: Bureau,
) -> None:
    """As far as this process knows it is an hour earlier."""
    at = datetime.now(UTC) - timedelta(hours=1)
    directory = await desk.handler.directory()
    asking = Asking(
        services=cast(Services, SimpleNamespace(tokens=desk.tokens)),
        request=Request({"type": "http"}),
        authenticated=Authenticated(
            person="p-lead",
            method="session",
            scopes=frozenset({"read", "command"}),
            directory=directory,
        ),
        reader=Reader.of("p-lead", directory, at),
        at=at,
    )
    asked = TokenAsked(label="late", scopes=("read",), expires_at=at + timedelta(minutes=1))
    with pytest.raises(Problem) as refused:
        await create_token(asking, asked)
    assert (refused.value.code, refused.value.errors[0].field) == ("validation", "expires_at")


async def test_whoever_gets_the_address_of_a_calendar_reads_so_the_token_must_be_for_that(
    desk: Bureau,
) -> None:
    path = "/calendar-feeds"
    refused = await _with(desk, "p-lead", {"command"}, "POST", path, json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    made = await _with(desk, "p-lead", {"command", "read"}, "POST", path, json={})
    assert made.status_code == 201


async def test_what_lets_somebody_in_is_noted_when_it_is_made_and_when_it_is_ended(
    desk: Bureau,
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for kind, body in (
        ("tokens", {"label": "x", "scopes": ["read"], "expires_at": until}),
        ("calendar-feeds", {}),
    ):
        made = (await desk.ask("p-agency", "POST", f"/{kind}", json=body)).json()["id"]
        ended = await desk.ask("p-administrator", "DELETE", f"/{kind}/{made}")
        assert ended.status_code == 204
        for outcome, person in (("signed-in", "p-agency"), ("signed-out", "p-administrator")):
            [noted] = await _noted(desk, person=person, outcome=outcome)
            assert (noted["subject"], noted["how"]) == (made, "api-token")
            assert kind in noted["route"]


async def test_a_calendar_that_is_none_is_noted_without_its_address(desk: Bureau) -> None:
    secret = uuid4().hex
    answer = await desk.client.get(f"/feeds/{secret}.ics")
    assert answer.status_code == 404
    [noted] = [
        one for one in await _noted(desk, 5) if one["request_id"] == answer.headers["x-request-id"]
    ]
    assert (noted["route"], noted["person"], noted["subject"]) == ("/feeds/{token}.ics", None, None)
    assert secret not in json.dumps(noted)


async def test_what_is_not_there_leaves_the_same_trace_as_what_is_hidden(desk: Bureau) -> None:
    number = f"N-{uuid4()}"
    await desk.issued(number)
    programme = await _programme(desk, COUNCIL, "p-issuer")
    recurrence = await _recurrence(desk, COUNCIL, "p-issuer")
    for hidden, path in (
        (number, "/instructions/{}"),
        (programme, "/programmes/{}"),
        (programme, "/programmes/{}/bundle"),
        (recurrence, "/recurrences/{}"),
    ):
        absent = str(uuid4())
        answers = [
            (await desk.get("p-stranger", path.format(one))).json() for one in (hidden, absent)
        ]
        assert [one["code"] for one in answers] == ["not-found"] * 2
        noted = await _noted(desk, 2, person="p-stranger")
        assert [one["subject"] for one in noted] == [absent, hidden]


async def test_what_is_named_to_a_list_that_leaves_it_out_leaves_a_trace(desk: Bureau) -> None:
    hidden, absent = f"N-{uuid4()}", f"N-{uuid4()}"
    position = await desk.issued(hidden)
    for named in (hidden, absent):
        asked = {"instruction": named, "at_least": position}
        assert (await desk.get("p-stranger", "/ledger", params=asked)).json()["items"] == []
        assert [one["subject"] for one in await _noted(desk, person="p-stranger")] == [named]
        own = await desk.get("p-issuer", "/ledger", params=asked)
        assert own.status_code == 200
    assert all(one["subject"] != hidden for one in await _noted(desk, 5, person="p-issuer"))
    bulk = {"operation": {"type": "RequestProgress"}, "filter": {"numbers": [hidden, absent]}}
    assert (await desk.ask("p-stranger", "POST", "/bulk", json=bulk)).json()["chosen"] == 0
    noted = await _noted(desk, 2, person="p-stranger")
    assert {(one["subject"], one["code"]) for one in noted} == {
        (hidden, "not-found"),
        (absent, "not-found"),
    }


async def test_a_refusal_names_what_was_to_be_made_or_whose_was_asked_for(desk: Bureau) -> None:
    number = f"N-{uuid4()}"
    said = {"number": number, "text": "x", "issuer": COUNCIL, "deadline": {"on": "2099-03-31"}}
    refused = await desk.ask("p-region", "POST", "/instructions", json={"type": "Issue", **said})
    assert refused.status_code == 403
    [noted] = await _noted(desk, person="p-region", outcome="command-refused")
    assert noted["subject"] == number
    for kind in ("tokens", "calendar-feeds", "sessions"):
        assert (await desk.get("p-region", f"/{kind}?person=p-lead")).status_code == 403
        [noted] = await _noted(desk, person="p-region")
        assert (noted["route"], noted["subject"]) == (f"/api/v1/{kind}", "p-lead")


async def test_a_hidden_programme_is_not_found_out_by_naming_it_in_a_command(desk: Bureau) -> None:
    """Adopted, drafted and closed ones of the council's, and none, are one to whoever sees none of them."""
    adopted = await _programme(desk, COUNCIL, "p-issuer")
    drafted = await _programme(desk, COUNCIL, "p-issuer", "DraftProgramme")
    closed = await _programme(desk, COUNCIL, "p-issuer")
    close = {"type": "CloseProgramme"}
    done = await desk.ask("p-issuer", "POST", f"/programmes/{closed}/commands", json=close)
    assert done.status_code == 200, done.text
    own, number = await _programme(desk, OTHER, "p-stranger"), f"N-{uuid4()}"
    said = {"text": "x", "issuer": OTHER, "deadline": {"on": "2099-03-31"}}
    await desk.issued(number, by="p-stranger", issuer=OTHER, controller=None, programme=own)

    async def issuing(type_: str, named: str) -> httpx.Response:
        body = {"type": type_, "number": f"N-{uuid4()}", "programme": named, **said}
        return await desk.ask("p-stranger", "POST", "/instructions", json=body)

    async def carrying_over(named: str, *, dry: bool, by: str = "p-stranger") -> httpx.Response:
        return await desk.ask(
            by,
            "POST",
            f"/instructions/{number}/commands",
            json={"type": "CarryOver", "into": named},
            params={"dry_run": dry},
        )

    async def recurring(named: str) -> httpx.Response:
        terms = {"title": "Yearly", "rule": "FREQ=YEARLY", "first_day": "2098-01-15"}
        body = {**terms, "number": "Y-{year}", "text": "x", "issuer": OTHER, "lead": OTHER}
        start = {"type": "StartRecurrence", "recurrence": f"R-{uuid4()}", "programme": named}
        return await desk.ask("p-stranger", "POST", "/recurrences", json={**start, **body})

    ways: Sequence[Callable[[str], Awaitable[httpx.Response]]] = (
        partial(issuing, "Issue"),
        partial(issuing, "Propose"),
        partial(carrying_over, dry=False),
        partial(carrying_over, dry=True),
        partial(carrying_over, dry=True, by="p-other-operator"),  # who may not, whichever it is
        recurring,
    )
    for ask in ways:
        told: set[tuple[int, str, str]] = set()
        for named in (adopted, drafted, closed, f"P-{uuid4()}"):
            answer = await ask(named)
            problem = answer.json()
            told.add((answer.status_code, problem["code"], problem["detail"].replace(named, "")))
        assert {(status, code) for status, code, _ in told} == {(422, "unknown")}, told
        assert len(told) == 1, told


async def test_who_may_issue_under_a_programme_that_they_do_not_see_is_told_why_they_may_not_yet(
    desk: Bureau,
) -> None:
    drafted = await _programme(desk, COUNCIL, "p-issuer", "DraftProgramme")
    body = {"type": "Issue", "number": f"N-{uuid4()}", "programme": drafted, "text": "x"}
    body |= {"issuer": MINISTRY, "deadline": {"on": "2099-03-31"}}
    refused = await desk.ask("p-lead", "POST", "/instructions", json=body)
    assert refused.json()["code"] == "programme-not-in-force", refused.text


async def test_the_id_of_a_hidden_programme_is_taken_however_it_stands(desk: Bureau) -> None:
    adopted = await _programme(desk, COUNCIL, "p-issuer")
    drafted = await _programme(desk, COUNCIL, "p-issuer", "DraftProgramme")
    for type_ in ("AdoptProgramme", "DraftProgramme"):
        for named in (adopted, drafted):
            said = {"type": type_, "programme": named, "title": "Mine", "body": OTHER, **_PERIOD}
            answer = await desk.ask("p-stranger", "POST", "/programmes", json=said)
            assert (answer.status_code, answer.json()["code"]) == (409, "already-exists")
            assert COUNCIL not in answer.json()["detail"]
