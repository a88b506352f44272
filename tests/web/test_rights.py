"""Rights that follow a body, or end with it, and what may be learnt of what is hidden."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.attribution import Command
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, ReorganiseBody
from domain.outcomes import Recorded
from tests.web.bureau import COUNCIL, MINISTRY, OTHER, Bureau
from worker import audit_keeper

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


async def _sign(desk: Bureau) -> None:
    async with audit_keeper(desk.settings) as keeper:
        assert keeper is not None
        await keeper.keep()


async def test_what_a_body_had_is_read_by_its_heir_and_by_those_above_the_old_one_no_more(
    desk: Bureau,
) -> None:
    body = await _body_of_the_other_council(desk)
    programme = await _programme(desk, body, "p-region")
    recurrence = await _recurrence(desk, body, "p-region")
    await _sign(desk)
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
    await _sign(desk)
    whole = await desk.get("p-auditor", f"/programmes/{programme}/bundle")
    assert whole.status_code == 200, whole.text
    await _recorded(desk, ReorganiseBody, body=body, kind="merged", into=[OTHER], heir=OTHER)
    await _sign(desk)
    refused = await desk.get("p-auditor", f"/programmes/{programme}/bundle")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert recurrence not in refused.text
