"""What is done from the page of an instruction: every command by its form, what is refused beside its field, and files."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.web.bureau import AGENCY, COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import fill, submit, visit
from web.console.instruction.fields import FIELDS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

_SOON = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
_LIFE: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("p-issuer", "SetObservers", {"observers": [REGION]}),
    ("p-issuer", "SetMilestones", {"milestones.0.title": "Draft", "milestones.0.due": "2098-01-31"}),
    ("p-issuer", "Assign", {"lead": AGENCY, "joint_leads": [], "co_assignees": [REGION]}),
    ("p-agency", "Decline", {"reason": "It is the ministry's."}),
    ("p-controller", "Assign", {"lead": MINISTRY, "co_assignees": [AGENCY]}),
    ("p-lead", "AcknowledgeNotice", {}),
    ("p-lead", "Acknowledge", {}),
    ("p-controller", "RequestProgress", {"text": "How far is it?"}),
    ("p-agency", "ReportProgress", {"percent": "40", "text": "Begun", "milestones": ["step-1"]}),
    ("p-lead", "RequestExtension", {"until": "2100-01-31", "until.time": "18:00", "reason": "Late."}),
    ("p-lead", "WithdrawExtension", {}),
    ("p-lead", "RequestExtension", {"until": "2100-02-28", "reason": "Later."}),
    ("p-controller", "RefuseExtension", {"reason": "No."}),
    ("p-lead", "RequestExtension", {"until": "2100-02-28", "reason": "Please."}),
    ("p-controller", "ApproveExtension", {"until": "2100-01-31"}),
    ("p-issuer", "ChangeDeadline", {"deadline": "2099-12-31", "reason": "Sooner."}),
    ("p-issuer", "ChangePolicy", {"priority": "high", "reason": "It matters."}),
    ("p-operator", "Escalate", {"to": "issuer", "reason": "No word."}),
    ("p-operator", "AcknowledgeEscalation", {"until": _SOON}),
    ("p-operator", "Snooze", {"until": _SOON, "reason": "Friday."}),
    ("p-operator", "Deescalate", {"reason": "Settled."}),
    ("p-lead", "IssueSubInstruction", {"number": "PA-LIFE-1", "text": "A part", "deadline": "2099-01-31"}),
    ("p-issuer", "IssuePart", {"number": "PA-LIFE-2", "text": "Another", "deadline": "2099-01-31", "lead": REGION}),
    ("p-issuer", "Suspend", {"reason": "Wait.", "with_parts": "true"}),
    ("p-issuer", "Resume", {"with_parts": "true"}),
    ("p-issuer", "Reassign", {"lead": MINISTRY, "co_assignees": [AGENCY, REGION]}),
    ("p-issuer", "Cancel", {"reason": "Not needed.", "with_parts": "true"}),
    ("p-issuer", "Reopen", {"reason": "Needed after all."}),
    ("p-lead", "SubmitReport", {"text": "Done."}),
    ("p-lead", "WithdrawReport", {}),
    ("p-lead", "SubmitReport", {"text": "Done indeed."}),
    ("p-controller", "Return", {"reason": "The annex."}),
    ("p-lead", "SubmitReport", {"text": "With the annex."}),
    ("p-controller", "Accept", {"text": "Thank you."}),
    ("p-region", "Comment", {"text": "Well done."}),
    ("p-issuer", "Correct", {"version": "1", "field": "text", "value": "Do it well.", "reason": "A slip."}),
)  # fmt: skip
"""Person by person, what is entered in which form. Unless it is said here, a field is sent as it was drawn."""
_ELSEWHERE = {"Adopt", "Refuse", "CarryOver", "SetController"}
"""Of the forms, those that are tried by themselves below."""


async def _types(desk: Bureau, number: str) -> list[str]:
    told = (await desk.get("p-issuer", f"/instructions/{number}/events?limit=500")).json()
    return [one["type"] for one in told["items"]]


async def test_a_whole_life_is_led_by_forms(desk: Bureau) -> None:
    await desk.issued("PA-LIFE")
    for person, type_, entered in _LIFE:
        answer = await fill(desk, person, "/instructions/PA-LIFE", type_, entered)
        assert answer.status == 303, (type_, answer.main.text)
        there = await visit(desk, person, answer.headers["location"])
        assert there.status == 200, type_
        assert there.one(id="done").text == "Recorded."
    assert {type_ for _, type_, _ in _LIFE} | _ELSEWHERE == FIELDS.keys()
    told = (await desk.get("p-issuer", "/instructions/PA-LIFE")).json()
    assert (told["phase"], told["text"], told["percent"]) == ("Completed", "Do it well.", 40)
    assert told["deadline"]["on"] == "2099-12-31"
    assert told["priority"] == "high"
    assert {part["number"] for part in told["parts"]} == {"PA-LIFE-1", "PA-LIFE-2"}
    assert told["milestones"][0]["reached_at"]
    types = await _types(desk, "PA-LIFE")
    assert {"AssignmentDeclined", "NotificationAcknowledged", "EscalationSnoozed"} <= set(types)


async def test_a_time_is_entered_by_the_clocks_of_whoever_enters_it(desk: Bureau) -> None:
    await desk.issued("PA-ZONE")
    entered = {"deadline": "2098-06-30", "deadline.time": "18:00", "reason": "By the hour."}
    await fill(desk, "p-issuer", "/instructions/PA-ZONE", "ChangeDeadline", entered)
    zone = ZoneInfo((await desk.handler.directory()).bodies[COUNCIL].zone)
    told = (await desk.get("p-issuer", "/instructions/PA-ZONE")).json()
    instant = datetime.fromisoformat(told["deadline"]["instant"])
    assert instant == datetime(2098, 6, 30, 18, tzinfo=zone)


async def test_a_proposal_is_adopted_or_refused(desk: Bureau) -> None:
    for number, type_, entered, phase in (
        ("PA-P1", "Adopt", {"deadline": "2099-05-31", "source.kind": "decision", "source.number": "7"}, "Issued"),
        ("PA-P2", "Refuse", {"reason": "Too early."}, "Cancelled"),
    ):  # fmt: skip
        await desk.issued(number, type="Propose")
        answer = await fill(desk, "p-issuer", f"/instructions/{number}", type_, entered)
        assert answer.status == 303, answer.main.text
        told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
        assert told["phase"] == phase
    assert (await desk.get("p-issuer", "/instructions/PA-P1")).json()["source"]["number"] == "7"


async def test_the_controller_is_another_or_nobody(desk: Bureau) -> None:
    await desk.issued("PA-CTL")
    path = "/instructions/PA-CTL"
    await fill(desk, "p-issuer", path, "SetController", {"controller": AGENCY})
    assert (await desk.get("p-issuer", path)).json()["controller"] == AGENCY
    await fill(desk, "p-issuer", path, "SetController", {"controller": ""})
    assert (await desk.get("p-issuer", path)).json()["controller"] is None


async def test_a_measure_is_carried_over_into_a_programme_that_is_in_force(desk: Bureau) -> None:
    for programme in ("pa-old", "pa-new"):
        await _adopted(desk, "p-issuer", programme, COUNCIL)
    position = await desk.issued("PA-CARRY", programme="pa-old")
    await desk.get("p-issuer", f"/programmes?at_least={position}")
    answer = await fill(desk, "p-issuer", "/instructions/PA-CARRY", "CarryOver", {"into": "pa-new"})
    assert answer.status == 303, answer.main.text
    assert (await desk.get("p-issuer", "/instructions/PA-CARRY")).json()["programme"] == "pa-new"


async def test_it_is_offered_no_programme_that_its_issuer_may_not_know_of(desk: Bureau) -> None:
    for programme in ("pa-own", "pa-own-too"):
        await _adopted(desk, "p-lead", programme, MINISTRY)
    for programme in ("pa-hidden", "pa-known"):
        await _adopted(desk, "p-issuer", programme, COUNCIL)
    await desk.issued("PA-OWN", by="p-lead", issuer=MINISTRY, programme="pa-own")
    await desk.issued("PA-KNOWN", programme="pa-known")
    position = await desk.done("p-issuer", "PA-KNOWN", "Assign", lead=MINISTRY)
    await desk.get("p-lead", f"/programmes?at_least={position}")
    page = await visit(desk, "p-lead", "/instructions/PA-OWN")
    offered = {
        one["value"] for one in page.form("CarryOver").one("select", name="into").all("option")
    }
    assert {"pa-own-too", "pa-known"} <= offered
    assert "pa-hidden" not in offered


async def _adopted(desk: Bureau, person: str, programme: str, body: str) -> None:
    said = {
        "type": "AdoptProgramme",
        "programme": programme,
        "title": programme,
        "body": body,
        "period_start": "2026-01-01",
        "period_end": "2098-12-31",
    }
    answer = await desk.ask(person, "POST", "/programmes", json=said)
    assert answer.status_code == 201, answer.text


async def test_what_is_refused_is_told_beside_its_field_with_what_was_entered(desk: Bureau) -> None:
    await desk.issued("PA-NO")
    await desk.done("p-issuer", "PA-NO", "Assign", lead=MINISTRY)
    entered = {"until": "2098-01-01", "reason": "We are late."}
    page = await fill(desk, "p-lead", "/instructions/PA-NO", "RequestExtension", entered)
    assert page.status == 422
    form = page.form("RequestExtension")
    until = form.one("input", id="f-RequestExtension-until")
    assert (until["value"], until["aria-invalid"]) == ("2098-01-01", "true")
    assert "must end later" in form.one(id="f-RequestExtension-until-errors").text
    assert form.one("textarea").text == "We are late."
    opened = [one for one in page.main.all("details", name="actions") if "open" in one.attributes]
    assert [one.one("form")["id"] for one in opened] == ["form-RequestExtension"]
    again = page.fields("RequestExtension")
    russian = await submit(desk, "p-lead", "/instructions/PA-NO", again, language="ru")
    said = russian.form("RequestExtension").one(id="f-RequestExtension-until-errors")
    assert said.text.startswith("Новый срок не позже прежнего. Запросите более поздний срок.")
    assert "must end later" in said.one("span", lang="en").text
    mended = page.fields("RequestExtension") | {"until": "2100-01-01"}
    assert (await submit(desk, "p-lead", "/instructions/PA-NO", mended)).status == 303


async def test_what_makes_no_sense_is_told_beside_its_field(desk: Bureau) -> None:
    await desk.issued("PA-ODD")
    await desk.done("p-issuer", "PA-ODD", "Assign", lead=MINISTRY)
    page = await fill(desk, "p-lead", "/instructions/PA-ODD", "ReportProgress", {"percent": "140"})
    assert page.status == 422
    errors = page.form("ReportProgress").one(id="f-ReportProgress-percent-errors").text
    assert "100" in errors


async def test_what_happened_meanwhile_is_not_overwritten(desk: Bureau) -> None:
    await desk.issued("PA-VERSION")
    page = await visit(desk, "p-issuer", "/instructions/PA-VERSION")
    said = page.fields("Assign") | {"lead": MINISTRY}
    await desk.done(
        "p-issuer", "PA-VERSION", "ChangeDeadline", deadline={"on": "2099-01-31"}, reason="So."
    )
    answer = await submit(desk, "p-issuer", "/instructions/PA-VERSION", said)
    assert answer.status == 412
    assert "decide anew" in answer.form("Assign").text
    again = answer.fields("Assign")  # of the version that is shown now
    assert again["lead"] == MINISTRY
    assert (await submit(desk, "p-issuer", "/instructions/PA-VERSION", again)).status == 303


async def test_what_is_not_open_any_more_is_refused_by_its_rule(desk: Bureau) -> None:
    await desk.issued("PA-LATE")
    await desk.done("p-issuer", "PA-LATE", "Assign", lead=MINISTRY)
    page = await visit(desk, "p-lead", "/instructions/PA-LATE")
    said = page.fields("Acknowledge") | {"if_match": ""}
    await desk.done("p-lead", "PA-LATE", "Acknowledge")
    answer = await submit(desk, "p-lead", "/instructions/PA-LATE", said)
    assert answer.status == 409
    assert "must be Assigned" in answer.form("Acknowledge").text


async def test_sent_twice_it_is_recorded_once(desk: Bureau) -> None:
    await desk.issued("PA-TWICE")
    page = await visit(desk, "p-issuer", "/instructions/PA-TWICE")
    said = page.fields("Comment") | {"text": "Once."}
    for _ in range(2):
        assert (await submit(desk, "p-issuer", "/instructions/PA-TWICE", said)).status == 303
    assert (await _types(desk, "PA-TWICE")).count("Commented") == 1


async def test_declined_twice_it_is_recorded_and_not_said_to_be_nowhere(desk: Bureau) -> None:
    """Whoever pressed twice may not see it any more when they press again."""
    await desk.issued("PA-GONE")
    await desk.done("p-issuer", "PA-GONE", "Assign", lead=AGENCY)
    page = await visit(desk, "p-agency", "/instructions/PA-GONE")
    said = page.fields("Decline") | {"reason": "It is the ministry's."}
    for _ in range(2):
        answer = await submit(desk, "p-agency", "/instructions/PA-GONE", said)
        assert answer.status == 303
        assert urlsplit(answer.headers["location"]).path == "/instructions"
        assert "done=true" in answer.headers["location"]
    assert (await _types(desk, "PA-GONE")).count("AssignmentDeclined") == 1
    other = said | {"idempotency_key": str(uuid4())}
    assert (await submit(desk, "p-agency", "/instructions/PA-GONE", other)).status == 404


async def test_a_file_sent_twice_is_recorded_whoever_they_are_by_then(desk: Bureau) -> None:
    await desk.issued("PA-FILE-GONE")
    await desk.done("p-issuer", "PA-FILE-GONE", "Assign", lead=AGENCY)
    page = await visit(desk, "p-agency", "/instructions/PA-FILE-GONE")
    action, said = page.form("AttachEvidence")["action"], page.fields("AttachEvidence")
    file = {"file": ("act.pdf", b"the act")}
    assert (await submit(desk, "p-agency", action, said, files=file)).status == 303
    await desk.done("p-issuer", "PA-FILE-GONE", "Reassign", lead=REGION)
    again = await submit(desk, "p-agency", action, said, files=file)
    assert again.status == 303
    assert (await _types(desk, "PA-FILE-GONE")).count("EvidenceAttached") == 1


async def test_another_reason_under_the_same_key_is_not_said_to_be_recorded(desk: Bureau) -> None:
    """Back in the browser, another word, sent again."""
    await desk.issued("PA-BACK")
    await desk.done("p-issuer", "PA-BACK", "Assign", lead=AGENCY)
    page = await visit(desk, "p-agency", "/instructions/PA-BACK")
    said = page.fields("Decline") | {"reason": "It is the ministry's."}
    assert (await submit(desk, "p-agency", "/instructions/PA-BACK", said)).status == 303
    other = said | {"reason": "We have nobody for it."}
    answer = await submit(desk, "p-agency", "/instructions/PA-BACK", other)
    assert answer.status == 422
    assert "another command" in answer.text
    assert not list(answer.all(id="history"))


async def test_a_registrar_enters_what_happened_earlier(desk: Bureau) -> None:
    zone = ZoneInfo((await desk.handler.directory()).bodies[COUNCIL].zone)
    now = datetime.now(zone)
    issued = {"at": f"{now - timedelta(days=9):%Y-%m-%dT%H:%M%z}", "reason": "On paper."}
    await desk.issued("PA-EARLIER", by="p-registrar", backdated=issued)
    path, earlier = "/instructions/PA-EARLIER", {"earlier": "true"}
    page = await visit(desk, "p-registrar", path)
    assert f"{path}?earlier=true" in [one["href"] for one in page.main.all("a")]
    assert not list(page.main.all("form", id="form-Assign"))
    page = await visit(desk, "p-registrar", path, params=earlier)
    said = page.fields("Assign") | {
        "lead": MINISTRY,
        "backdated.at": f"{now - timedelta(days=10):%Y-%m-%dT%H:%M}",
        "backdated.reason": "It came on paper.",
    }
    refused = await submit(desk, "p-registrar", path, said, params=earlier)
    assert refused.status == 422  # before it was issued
    assert "it was issued" in refused.form("Assign").one(id="f-Assign-backdated-at-errors").text
    said["backdated.at"] = f"{now - timedelta(days=8):%Y-%m-%dT%H:%M}"
    assert (await submit(desk, "p-registrar", path, said, params=earlier)).status == 303
    events = (await desk.get("p-issuer", f"{path}/events")).json()["items"]
    assigned = next(one for one in events if one["type"] == "InstructionAssigned")
    assert assigned["by"]["backdating_reason"] == "It came on paper."
    assert (
        datetime.fromisoformat(assigned["occurred_at"]).date() == (now - timedelta(days=8)).date()
    )
    lead = await visit(desk, "p-lead", path)
    assert "Entered later: It came on paper." in lead.one("section", id="history").text
    assert not [one for one in lead.main.all("a") if "earlier" in one["href"]]


async def test_a_file_is_sent_by_a_form_and_fetched_again(desk: Bureau) -> None:
    await desk.issued("PA-FILE")
    await desk.done("p-issuer", "PA-FILE", "Assign", lead=MINISTRY)
    content = b"the act" * 100_000
    page = await visit(desk, "p-lead", "/instructions/PA-FILE")
    form = page.form("AttachEvidence")
    assert form["enctype"] == "multipart/form-data"
    said = page.fields("AttachEvidence")
    answer = await submit(
        desk, "p-lead", form["action"], said, files={"file": ("Акт 1.pdf", content)}
    )
    assert answer.status == 303, answer.text
    page = await visit(desk, "p-lead", answer.headers["location"])
    files = page.one(id="evidence")
    digest = sha256(content).hexdigest()
    assert digest in files.text
    assert "684 KiB" in files.text
    link = files.one("a")
    assert link.text == "Акт 1.pdf"
    headers = {"authorization": f"Bearer {await desk.token('p-lead')}"}
    fetched = await desk.client.get(link["href"], headers=headers)
    assert fetched.content == content
    report = page.form("SubmitReport")
    assert [one["value"] for one in report.all("input", name="evidence")] == [digest]
    submitted = page.fields("SubmitReport") | {"text": "Done.", "evidence": [digest]}
    assert (await submit(desk, "p-lead", "/instructions/PA-FILE", submitted)).status == 303
    events = (await desk.get("p-issuer", "/instructions/PA-FILE/events")).json()["items"]
    reported = next(one for one in events if one["type"] == "CompletionReported")
    assert [one["sha256"] for one in reported["data"]["evidence"]] == [digest]


async def test_no_file_is_told_beside_the_field(desk: Bureau) -> None:
    await desk.issued("PA-EMPTY")
    page = await visit(desk, "p-issuer", "/instructions/PA-EMPTY")
    said, action = page.fields("AttachEvidence"), page.form("AttachEvidence")["action"]
    answer = await submit(desk, "p-issuer", action, said)
    assert answer.status == 422
    assert "choose one" in answer.form("AttachEvidence").text
    there = await visit(desk, "p-issuer", action)  # as the browser asks again at that address
    assert (there.status, there.headers["location"]) == (303, "/instructions/PA-EMPTY")


async def test_who_may_not_is_refused(desk: Bureau) -> None:
    await desk.issued("PA-RIGHTS")
    page = await visit(desk, "p-issuer", "/instructions/PA-RIGHTS")
    said = page.fields("Comment") | {"text": "Me too."}
    assert (await submit(desk, "p-stranger", "/instructions/PA-RIGHTS", said)).status == 404
    refused = await submit(desk, "p-auditor", "/instructions/PA-RIGHTS", said)
    assert refused.status == 403
    assert (await _types(desk, "PA-RIGHTS")).count("Commented") == 0
