"""Instructions over HTTP: issued, carried out, looked at; by a real worker, and the log says who did it."""

import asyncio
from uuid import uuid4

import pytest

from domain.identifiers import SYSTEM, instruction_id
from domain.instruction.events import NotificationDelivered
from eventstore.codec import event_of
from tests.web.bureau import Bureau

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _number() -> str:
    return f"N-{uuid4()}"


async def test_a_life_from_issuance_to_acceptance_is_on_record_as_authenticated(
    desk: Bureau,
) -> None:
    number = _number()
    await desk.issued(number)
    for person, type_, said in (
        ("p-issuer", "Assign", {"lead": "ministry"}),
        ("p-lead", "Acknowledge", {}),
        ("p-lead", "ReportProgress", {"percent": 40, "text": "half way"}),
        ("p-lead", "SubmitReport", {"text": "done"}),
        ("p-controller", "Accept", {}),
    ):
        position = await desk.done(person, number, type_, **said)
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert (told["phase"], told["percent"], told["leads"]) == ("Completed", 40, ["ministry"])
    stored = await desk.store.read_stream(instruction_id(number))
    by = {e.type: event_of(e).by for e in stored if e.actor != "system"}
    assert by["InstructionAssigned"].identity.kind == "authenticated"
    assert by["InstructionAssigned"].identity.method == "api-token"
    assert by["InstructionCompleted"].actor == "p-controller"
    listed = await desk.get("p-issuer", "/instructions", params={"q": number, "at_least": position})
    [line] = listed.json()["items"]
    assert (line["number"], line["phase"]) == (number, "Completed")


async def test_the_same_key_answers_as_it_did_and_another_body_under_it_is_refused(
    desk: Bureau,
) -> None:
    number, key = _number(), str(uuid4())
    await desk.issued(number)
    first = await desk.command("p-issuer", number, "Comment", text="once", key=key)
    again = await desk.command("p-issuer", number, "Comment", text="once", key=key)
    other = await desk.command("p-issuer", number, "Comment", text="twice", key=key)
    assert first.json() == again.json() | {"next_wake": first.json()["next_wake"]}
    assert (other.status_code, other.json()["code"]) == (422, "command-id-reused")


async def _until_delivered(desk: Bureau, number: str) -> None:
    """Until a notice of its assignment is on record as delivered."""
    while True:
        stored = await desk.store.read_stream(instruction_id(number))
        [assigned] = [one.version for one in stored if one.type == "InstructionAssigned"]
        delivered = (e for one in stored if isinstance(e := event_of(one), NotificationDelivered))
        if any(event.notice.version == assigned for event in delivered):
            return
        await asyncio.sleep(0.05)


async def test_a_command_for_an_older_version_is_refused_and_deliveries_do_not_age_it(
    desk: Bureau,
) -> None:
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead="ministry")
    seen = await desk.get("p-lead", f"/instructions/{number}")
    tag = seen.headers["etag"]
    await _until_delivered(desk, number)
    now = await desk.get("p-lead", f"/instructions/{number}")
    assert now.headers["etag"] == tag
    ask = {"method": "POST", "path": f"/instructions/{number}/commands"}
    note = {"type": "Comment", "text": "noted"}
    taken = await desk.ask("p-lead", **ask, json=note, headers={"if-match": tag})
    assert taken.status_code == 200, taken.text
    late = await desk.ask("p-lead", **ask, json=note, headers={"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    fresh = await desk.ask("p-lead", **ask, json=note, headers={"if-match": taken.headers["etag"]})
    assert fresh.status_code == 200, fresh.text


async def _by_people(desk: Bureau, number: str) -> list[str]:
    """Types of its events, but for those of Remit's own, which follow at any time."""
    stored = await desk.store.read_stream(instruction_id(number))
    return [one.type for one in stored if one.actor != SYSTEM]


async def test_what_a_command_would_lead_to_is_told_and_nothing_recorded(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number)
    before = await _by_people(desk, number)
    answer = await desk.ask(
        "p-issuer",
        "POST",
        f"/instructions/{number}/commands",
        params={"dry_run": True},
        json={"type": "Assign", "lead": "ministry"},
    )
    assert answer.json()["status"] == "foreseen"
    assert answer.json()["events"][0]["type"] == "InstructionAssigned"
    assert await _by_people(desk, number) == before
    assert "InstructionAssigned" not in before


async def test_a_rule_s_refusal_is_a_problem_in_the_reader_s_language(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number)
    answer = await desk.ask(
        "p-issuer",
        "POST",
        f"/instructions/{number}/commands",
        json={"type": "Accept"},
        headers={"accept-language": "ru"},
    )
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, told["code"]) == (403, "not-authorised")
    assert told["title"] == "У Вас нет на это полномочий"
    assert "control" in told["detail"]


async def test_whoever_has_nothing_to_do_with_it_learns_nothing_of_it(desk: Bureau) -> None:
    number = _number()
    position = await desk.issued(number)
    for answer in (
        await desk.get("p-stranger", f"/instructions/{number}"),
        await desk.get("p-stranger", f"/instructions/{instruction_id(number)}/events"),
        await desk.command("p-stranger", number, "Comment", text="what is this?"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    absent = await desk.get("p-stranger", f"/instructions/{number}x")
    there = await desk.get("p-stranger", f"/instructions/{number}")
    assert absent.json()["detail"].replace("x", "") == there.json()["detail"].replace("x", "")
    listed = await desk.get(
        "p-stranger", "/instructions", params={"q": number, "at_least": position}
    )
    assert listed.json() == {"items": [], "next": None}


async def test_pages_follow_one_another_without_gap_or_repetition(desk: Bureau) -> None:
    prefix, position = str(uuid4()), 0
    for n in range(5):
        position = await desk.issued(f"{prefix}-{n}")
    found: list[str] = []
    after = ""
    while after is not None:
        answer = await desk.get(
            "p-issuer",
            "/instructions",
            params={"q": f"{prefix}-", "limit": 2, "after": after, "at_least": position},
        )
        found += [line["number"] for line in answer.json()["items"]]
        after = answer.json()["next"]
    assert found == [f"{prefix}-{n}" for n in range(5)]


async def test_the_past_is_told_as_of_a_moment(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead="ministry")
    events = (await desk.get("p-issuer", f"/instructions/{number}/events")).json()["items"]
    issued = events[0]["occurred_at"]
    then = await desk.get("p-lead", f"/instructions/{number}", params={"as_of": issued})
    assert then.json()["phase"] == "Issued"
    before = await desk.get(
        "p-lead", f"/instructions/{number}", params={"as_of": "2001-01-01T00:00:00Z"}
    )
    assert before.status_code == 404
