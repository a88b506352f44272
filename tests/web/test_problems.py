"""Every code has a status, and words in every language."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError

from access.log import AccessLog
from domain.directory.preferences import Language
from domain.identifiers import instruction_id
from domain.instruction.commands import ClientCommand
from domain.rejections import Code, rejected
from readmodels.projector import open_projection_pool
from tests.web.bureau import API, COUNCIL, Bureau
from web.api.requests import validation_problem
from web.api.routes import api
from web.languages import preferred
from web.problems import STATUS, ApiCode, Problem, details
from web.wording import WORDING

_CODES = sorted({*map(str, Code), *map(str, ApiCode)})


def test_every_code_has_a_status_and_words_in_both_languages() -> None:
    assert sorted(map(str, STATUS)) == _CODES
    for words in WORDING.values():
        assert sorted(words) == _CODES
        assert all(one.title and one.way_out for one in words.values())


def test_a_code_of_a_newer_worker_is_a_conflict_that_keeps_its_code() -> None:
    told = details(Problem("brand-new", "a rule of tomorrow"), "en")
    assert (told.status, told.code, told.detail) == (409, "brand-new", "a rule of tomorrow")


def test_what_is_at_fault_is_named_by_its_place_in_what_was_sent() -> None:
    said = {"type": "Snooze", "command_id": "1", "actor": "p", "instruction": instruction_id("N")}
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(ClientCommand).validate_python({**said, "until": "soon"})
    for within, place in (("", "until"), ("operation.", "operation.until")):
        assert [one.field for one in validation_problem(wrong.value, within=within).errors] == [
            place
        ]
    for field, sent_as in (("command_id", "idempotency-key"), ("expected_version", "if-match")):
        problem = Problem.of(rejected(Code.COMMAND_ID_REUSED, "it is", field))
        assert problem.field == sent_as
    assert Problem.of(rejected(Code.UNKNOWN, "it is", "lead")).field == "lead"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ru", "ru"),
        ("ru-BY,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.4, ru;q=0.7", "ru"),
        ("de, fr", "en"),
        ("de, ru;q=0.1", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=x", "en"),
        ("ru;q=nan", "en"),
    ],
)
def test_the_language_is_the_one_wanted_most(header: str | None, language: Language) -> None:
    assert preferred(header) == language


def test_fields_begin_with_a_small_letter_and_commands_with_a_capital() -> None:
    """By which the place of an error is told without the command that the body was taken for."""
    app = FastAPI()
    app.include_router(api())
    schemas: list[dict[str, Any]] = list(app.openapi()["components"]["schemas"].values())
    fields = {name for schema in schemas for name in schema.get("properties", {})}
    assert {name for name in fields if name[:1].isupper()} == set()
    kinds = set(re.findall(r'"mapping": \{"(\w+)"', json.dumps(app.openapi())))
    assert kinds
    assert {kind for kind in kinds if not kind[:1].isupper()} == set()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_place_is_told_by_the_field_alone(desk: Bureau) -> None:
    number = str(uuid4())
    await desk.issued(number)
    answers = {
        "lead": await desk.command("p-issuer", number, "Assign"),
        "Lead": await desk.command("p-issuer", number, "Assign", lead="ministry", Lead="x"),
        "deadline.on": await desk.command("p-issuer", number, "ChangeDeadline", deadline={"on": 1}),
        "limit": await desk.get("p-issuer", "/instructions", params={"limit": "x"}),
        "at_least": await desk.get("p-issuer", "/instructions", params={"at_least": "99999999"}),
        "body": await desk.ask("p-issuer", "POST", f"/instructions/{number}/commands", json=[]),
    }
    for field, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (422, "validation"), answer.text
        assert field in [one["field"] for one in answer.json()["errors"]]


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_no_parameter_is_refused_wherever_it_is_sent(desk: Bureau) -> None:
    document = (await desk.client.get(f"{API}/openapi.json")).json()
    person, asked = "p-auditor", {"nonesuch": "1"}
    for path, of_path in document["paths"].items():
        for method, operation in of_path.items():
            where = re.sub(r"\{\w+\}", "x", path).removeprefix(API)
            answer = await desk.ask(person, method.upper(), where, params=asked)
            assert answer.status_code == 422, operation["operationId"]
            [error] = answer.json()["errors"]
            declared = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
            assert error["field"] == "nonesuch"
            assert all(one["name"] in error["message"] for one in declared), answer.text
    answer = await desk.client.get(f"{API}/instructions", params=asked)
    assert answer.status_code == 401, "who asks comes first"


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_taken_once_is_refused_where_it_is_given_again(desk: Bureau) -> None:
    """The last would count, and a `dry_run=true` before it not."""
    document = (await desk.client.get(f"{API}/openapi.json")).json()
    several = set[str]()
    for path, of_path in document["paths"].items():
        for method, operation in of_path.items():
            where = re.sub(r"\{\w+\}", "x", path).removeprefix(API)
            for one in operation.get("parameters", ()):
                if one["in"] != "query":
                    continue
                asked = [(one["name"], "true")] * 2
                answer = await desk.ask("p-auditor", method.upper(), where, params=asked)
                if "array" in str(one["schema"]):
                    several.add(one["name"])
                    assert "more than once" not in answer.text
                else:
                    assert answer.status_code == 422, operation["operationId"]
                    [error] = answer.json()["errors"]
                    assert error["field"] == one["name"]
                    assert "more than once" in error["message"]
    assert "standing" in several


@pytest.mark.asyncio(loop_scope="session")
async def test_a_command_without_a_key_is_told_that_it_has_to_have_one(desk: Bureau) -> None:
    headers = {"authorization": f"Bearer {await desk.token('p-issuer')}"}
    answer = await desk.client.post(f"{API}/bulk", headers=headers, json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "key-required")


@pytest.mark.asyncio(loop_scope="session")
async def test_who_shows_nothing_is_not_noted_and_who_shows_what_is_not_accepted_is(
    desk: Bureau,
) -> None:
    nothing, bad = str(uuid4()), str(uuid4())
    for sent in ({"x-request-id": nothing}, {"x-request-id": bad, "authorization": "Bearer x"}):
        assert (await desk.client.get(f"{API}/me", headers=sent)).status_code == 401
    async with open_projection_pool(desk.settings.database_url, role="remit_auditor") as pool:
        noted = await AccessLog(pool).latest(outcome="refused", limit=1000)
    asked = {one.request_id for one in noted}
    assert bad in asked
    assert nothing not in asked


@pytest.mark.asyncio(loop_scope="session")
async def test_headers_of_answers_are_those_of_the_document(desk: Bureau) -> None:
    document = (await desk.client.get(f"{API}/openapi.json")).json()
    described = {
        (operation["operationId"], status): {name.lower() for name in response.get("headers", {})}
        for of_path in document["paths"].values()
        for operation in of_path.values()
        for status, response in operation["responses"].items()
    }
    told = set[str]().union(*described.values())
    number = str(uuid4())
    issue = {"type": "Issue", "number": number, "text": "Do it.", "issuer": COUNCIL}
    issue |= {"deadline": {"on": "2099-03-31"}}
    path = f"/instructions/{number}"
    comment = {"type": "Comment", "text": "Well."}
    answers = {
        "found_instruction": await desk.ask("p-issuer", "POST", "/instructions", json=issue),
        "get_instruction": await desk.get("p-issuer", path),
        "list_instructions": await desk.get("p-issuer", "/instructions"),
        "command_instruction": await desk.ask("p-issuer", "POST", f"{path}/commands", json=comment),
        "export_instructions": await desk.get(
            "p-issuer", "/exports/csv", params={"issuer": COUNCIL, "q": number}
        ),
        "get_history": await desk.get("p-stranger", f"{path}/events"),
        "list_deliveries": await desk.ask("p-issuer", "PUT", f"{path}/deliveries"),
    }
    statuses = [answer.status_code for answer in answers.values()]
    assert statuses == [201, 200, 200, 200, 200, 404, 405]
    for name, answer in answers.items():
        assert set(answer.headers) & told == described[name, str(answer.status_code)], name
