"""The page of one instruction: what a person sees of it, and what they do not."""

import asyncio
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from audit.keys import make_key
from cli.web_services import serve_web
from domain.identifiers import instruction_id
from domain.instruction.commands import CLIENT_COMMANDS
from domain.instruction.events import InstructionEvent
from tests.staging import TZDATA
from tests.web.bureau import AGENCY, COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import Page, read, visit, visit_with
from web.console.instruction.actions import ELSEWHERE, ORDER
from web.console.instruction.fields import FIELDS
from web.console.instruction.titles import titles
from web.console.instruction.told import LEFT_OUT
from web.console.labels import LABELS
from web.console.language import read_words
from web.serving import listen
from worker import audit_keeper

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _forms(page: Page) -> set[str]:
    """The commands that are offered."""
    return {
        one["id"].removeprefix("form-")
        for one in page.main.all("form")
        if one.attributes.get("id", "").startswith("form-")
    }


async def _staged(desk: Bureau, number: str, **said: Any) -> None:
    """Assigned to the ministry, with the agency to help and the region to look on."""
    await desk.issued(number, **said)
    await desk.done("p-issuer", number, "SetObservers", observers=[REGION])
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY, co_assignees=[AGENCY])


async def test_every_command_has_a_form_or_is_elsewhere() -> None:
    assert FIELDS.keys() | ELSEWHERE.keys() == CLIENT_COMMANDS
    assert not FIELDS.keys() & ELSEWHERE.keys()
    assert set(ORDER) == FIELDS.keys()
    assert titles(read_words()["en"]).keys() == FIELDS.keys() | {"AttachEvidence"}


async def test_every_field_of_an_event_has_a_name_or_is_for_machines() -> None:
    said = {
        name
        for event in get_args(get_args(InstructionEvent)[0])
        for name in event.model_fields
        if name not in ("type", "occurred_at", "by")
    }
    assert said - LABELS["field"].keys() - LEFT_OUT == set()


async def test_it_says_how_it_stands_and_who_has_to_do_with_it(desk: Bureau) -> None:
    await _staged(desk, "PI-1", deadline={"on": "2098-05-17"}, priority="high")
    page = await visit(desk, "p-lead", "/instructions/PI-1")
    assert page.main.one("h1").text == "PI-1"
    state = page.one("section", id="state").text
    assert "Assigned" in state
    assert "17 May 2098" in state
    assert "priority: High" in state
    who = page.one("section", id="who").text
    directory = await desk.handler.directory()
    for body in (COUNCIL, MINISTRY, AGENCY, REGION):
        assert directory.bodies[body].name in who
    russian = await visit(desk, "p-lead", "/instructions/PI-1", language="ru")
    assert "17 мая 2098" in russian.one("section", id="state").text
    assert "Ответственный исполнитель" in russian.one("section", id="who").text


async def test_each_is_offered_what_the_rules_leave_open_and_nothing_else(desk: Bureau) -> None:
    await _staged(desk, "PI-2")
    offered = {
        person: _forms(await visit(desk, person, "/instructions/PI-2"))
        for person in ("p-lead", "p-agency", "p-controller", "p-region", "p-auditor", "p-operator")
    }
    assert {"Acknowledge", "Decline", "SubmitReport", "RequestExtension"} <= offered["p-lead"]
    assert "Accept" not in offered["p-lead"]
    assert offered["p-agency"] >= {"ReportProgress", "Comment"}
    assert not offered["p-agency"] & {"Acknowledge", "SubmitReport"}
    assert "Accept" not in offered["p-controller"]  # nothing is reported yet
    assert {"Reassign", "Suspend"} <= offered["p-controller"]
    assert offered["p-region"] == {"Comment", "AttachEvidence"}
    assert offered["p-auditor"] == set()
    assert {"Escalate", "Snooze", "RequestProgress"} <= offered["p-operator"]
    assert "AcknowledgeEscalation" not in offered["p-operator"]


async def test_what_is_awaited_comes_first_and_is_open(desk: Bureau) -> None:
    await _staged(desk, "PI-3")
    page = await visit(desk, "p-lead", "/instructions/PI-3")
    first = next(page.main.all("details", name="actions"))
    assert "open" in first.attributes
    assert first.one("form")["id"] == "form-Acknowledge"
    await desk.done("p-lead", "PI-3", "Acknowledge")
    page = await visit(desk, "p-lead", "/instructions/PI-3")
    assert "Acknowledge" not in _forms(page)


async def test_work_that_stands_at_nothing_again_is_said_to(desk: Bureau) -> None:
    await _staged(desk, "PI-ZERO")
    await desk.done("p-lead", "PI-ZERO", "ReportProgress", percent=90)
    await desk.done("p-lead", "PI-ZERO", "ReportProgress", percent=0)
    events = (await desk.get("p-lead", "/instructions/PI-ZERO/events")).json()["items"]
    last = [one["version"] for one in events if one["type"] == "ProgressReported"][-1]
    history = (await visit(desk, "p-lead", "/instructions/PI-ZERO/history")).main.text
    assert "Per cent done 90 %" in history
    assert "Per cent done 0 %" in history
    asked = {"version": last}
    page = await visit(desk, "p-auditor", "/instructions/PI-ZERO/replay", params=asked)
    assert "Per cent done 0 %" in page.main.one(id="says").text


async def test_who_may_not_see_it_is_not_told_of_it(desk: Bureau) -> None:
    await _staged(desk, "PI-4")
    for path in ("", "/history", "/deliveries"):
        assert (await visit(desk, "p-stranger", f"/instructions/PI-4{path}")).status == 404
    assert (await visit(desk, "p-issuer", "/instructions/PI-4/deliveries")).status == 200
    assert (await visit(desk, "p-lead", "/instructions/PI-4/deliveries")).status == 403
    assert (await visit(desk, "p-region", "/instructions/PI-4/history")).status == 403
    page = await visit(desk, "p-region", "/instructions/PI-4")
    assert not list(page.all("section", id="history"))
    assert not list(page.all(id="evidence"))


async def test_a_number_with_a_slash_has_a_page_by_its_id(desk: Bureau) -> None:
    await desk.issued("PI/5")
    page = await visit(desk, "p-issuer", f"/instructions/{instruction_id('PI/5')}")
    assert page.main.one("h1").text == "PI/5"
    assert page.form("Assign")["action"] == f"/instructions/{instruction_id('PI/5')}"


async def test_as_of_an_earlier_moment_it_shows_what_was_and_nothing_can_be_done(
    desk: Bureau,
) -> None:
    await _staged(desk, "PI-6")
    events = (await desk.get("p-issuer", "/instructions/PI-6/events")).json()["items"]
    before = next(one for one in events if one["type"] == "InstructionAssigned")["occurred_at"]
    await desk.done("p-lead", "PI-6", "Acknowledge")
    page = await visit(desk, "p-lead", "/instructions/PI-6", params={"as_of": before})
    assert "Assigned" in page.one("section", id="state").text
    assert _forms(page) == set()
    assert "nothing can be done" in page.main.text
    assert "Assignment acknowledged" not in page.one("section", id="history").text
    now = await visit(desk, "p-lead", "/instructions/PI-6")
    assert "In progress" in now.one("section", id="state").text
    assert "Assignment acknowledged" in now.one("section", id="history").text


async def test_the_timeline_has_a_mark_and_a_reason_for_every_due_moment(desk: Bureau) -> None:
    await _staged(desk, "PI-7")
    moments = (await desk.get("p-lead", "/instructions/PI-7/explanation")).json()["moments"]
    assert len(moments) > 5
    page = await visit(desk, "p-lead", "/instructions/PI-7")
    line = page.one("section", id="line")
    drawing = line.one("svg", role="img")
    assert len(list(drawing.all("svg"))) == len(moments)
    listed = [one for one in line.all("details") if list(one.all("dl"))][1:]
    assert len(listed) == len(moments)
    assert any("after the assignment, if nobody has taken note: to" in one.text for one in listed)
    assert all("Counts from" in one.text and "Policy" in one.text for one in listed)
    russian = await visit(desk, "p-lead", "/instructions/PI-7", language="ru")
    text = russian.one("section", id="line").text
    assert "до срока" in text
    assert "после назначения, если поручение не принято к исполнению" in text
    assert "before the deadline" not in text


async def test_history_tells_who_by_which_office_and_what_was_corrected(desk: Bureau) -> None:
    await _staged(desk, "PI-8")
    await desk.done("p-lead", "PI-8", "Comment", text="See anex 2.")
    events = (await desk.get("p-issuer", "/instructions/PI-8/events")).json()["items"]
    version = next(one for one in events if one["type"] == "Commented")["version"]
    await desk.done(
        "p-issuer", "PI-8", "Correct", version=version, field="text", value="See annex 2.", reason="A slip."
    )  # fmt: skip
    page = await visit(desk, "p-issuer", "/instructions/PI-8/history")
    comment = page.one("li", id=f"v{version}").text
    assert "Comment" in comment
    assert "See anex 2." in comment  # as it is on record
    assert "corrected by event" in comment
    assert "P-Lead" in comment
    assert "p-lead" in comment
    assert "authenticated (api-token)" in comment
    assert "happened and recorded" in comment
    russian = await visit(desk, "p-issuer", "/instructions/PI-8/history", language="ru")
    assert "исправлено событиями: " in russian.one("li", id=f"v{version}").text


async def test_a_long_history_goes_on_overleaf(desk: Bureau) -> None:
    await desk.issued("PI-9")
    for nth in range(52):
        await desk.done("p-issuer", "PI-9", "Comment", text=f"note {nth}")
    first = await visit(desk, "p-issuer", "/instructions/PI-9/history")
    assert len(list(first.one("section", id="events").all("li"))) == 50
    after = first.one("a", rel="next")["href"]
    rest = await visit(desk, "p-issuer", after)
    assert "note 51" in rest.main.text
    assert "note 0" not in rest.main.text
    page = await visit(desk, "p-issuer", "/instructions/PI-9")
    assert "note 51" in page.one("section", id="history").text
    assert "note 5 " not in page.one("section", id="history").text


async def test_parts_and_wholes_lead_to_each_other(desk: Bureau) -> None:
    await _staged(desk, "PI-10")
    command = {
        "type": "IssueSubInstruction",
        "number": "PI-10/1",
        "text": "A part",
        "deadline": {"on": "2099-01-31"},
    }
    await desk.ask("p-lead", "POST", "/instructions/PI-10/commands", json=command)
    part = instruction_id("PI-10/1")
    page = await visit(desk, "p-lead", "/instructions/PI-10")
    links = [one["href"] for one in page.one("section", id="parts").all("a")]
    assert links == [f"/instructions/{part}"]
    below = await visit(desk, "p-lead", f"/instructions/{part}")
    assert "/instructions/PI-10" in [
        one["href"] for one in below.one("section", id="details").all("a")
    ]
    assert "SubmitReport" not in _forms(page)  # the part is open


async def test_notices_are_listed_for_those_who_see_them(desk: Bureau) -> None:
    await _staged(desk, "PI-11")
    page = await visit(desk, "p-issuer", "/instructions/PI-11/deliveries")
    table = page.main.one("table").text
    assert "Instruction assigned" in table
    assert "P-Lead" in table
    assert "Log of this installation" in table
    russian = await visit(desk, "p-issuer", "/instructions/PI-11/deliveries", language="ru")
    assert "Исполнитель назначен" in russian.main.one("table").text


def _proof_status(page: Page) -> str:
    return page.one("section", id="proof").one("span", class_="badge").text


async def test_auditors_see_how_far_it_is_proved_and_get_the_bundle(desk: Bureau) -> None:
    await _staged(desk, "PI-12")
    page = await visit(desk, "p-auditor", "/instructions/PI-12")
    assert _proof_status(page) == "not covered yet"
    bundle = f"/api/v1/instructions/{instruction_id('PI-12')}/bundle"
    assert bundle in [one["href"] for one in page.one("section", id="proof").all("a")]
    async with asyncio.timeout(60):
        while _proof_status(page) != "covered":  # what became of its notices is still recorded
            await desk.sign()
            page = await visit(desk, "p-auditor", "/instructions/PI-12")
    lead = await visit(desk, "p-lead", "/instructions/PI-12")
    assert bundle not in [one["href"] for one in lead.main.all("a")]


async def test_how_far_it_is_proved_is_for_tokens_of_an_audit_and_noted_once(desk: Bureau) -> None:
    await _staged(desk, "PI-14")
    path, asked = "/instructions/PI-14", {"outcome": "read", "person": "p-auditor", "limit": 10}

    async def noted() -> dict[str, Any]:
        log = await desk.get("p-auditor", "/audit/access-log", params=asked)
        return next(
            one for one in log.json()["items"] if one["route"] != "/api/v1/audit/access-log"
        )

    page = await visit_with(desk, "p-auditor", path, "read")
    assert "covered" not in page.one("section", id="proof").text
    page = await visit_with(desk, "p-auditor", path, "read", "audit")
    assert "covered" in page.one("section", id="proof").text
    last = await noted()
    assert (last["route"], last["subject"]) == ("/instructions/{number}", "PI-14")
    headers = {
        "authorization": f"Bearer {await desk.token('p-auditor')}",
        "accept": "text/html",
        "remit-redraw": "true",
    }
    redrawn = await desk.client.get(path, headers=headers)
    proof = read(redrawn).one("section", id="proof")
    assert "A signed checkpoint covers" not in proof.text
    assert next(iter(proof.all("a")))["href"] == path  # to look anew
    assert (await noted())["id"] == last["id"]


async def test_a_trail_that_is_not_what_was_signed_is_told_and_hides_no_instruction(
    desk: Bureau, tmp_path: Path
) -> None:
    await _staged(desk, "PI-15")
    async with audit_keeper(desk.settings) as keeper:
        assert keeper is not None
        await keeper.keep()
    key = tmp_path / "other.key"
    make_key(key, "remit.example/log")
    settings = desk.settings.model_copy(update={"audit_key_file": key})
    headers = {"authorization": f"Bearer {await desk.token('p-auditor')}", "accept": "text/html"}
    async with (
        serve_web(settings, listen("127.0.0.1", 0), tzdata=TZDATA) as url,
        httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as browser,
    ):
        page = read(await browser.get("/instructions/PI-15"))
    assert page.status == 200
    assert page.main.one("h1").text == "PI-15"
    assert "not what was signed" in page.one("section", id="proof").text


async def test_who_watches_it_is_led_to_its_workflow(desk: Bureau) -> None:
    await _staged(desk, "PI-13")
    workflow = instruction_id("PI-13")
    link = f"https://temporal.example.org/namespaces/default/workflows/{workflow}"
    for person, is_led in (("p-operator", True), ("p-issuer", True), ("p-lead", False)):
        page = await visit(desk, person, "/instructions/PI-13")
        assert (link in [one["href"] for one in page.main.all("a")]) == is_led, person


async def test_how_long_it_stood_still_is_said_in_days(desk: Bureau) -> None:
    await _staged(desk, "PI-STILL")
    await desk.done("p-issuer", "PI-STILL", "Suspend", reason="It waits for a treaty.")
    await desk.done("p-issuer", "PI-STILL", "Resume")
    page = await visit(desk, "p-issuer", "/instructions/PI-STILL/history", language="ru")
    assert "Длительность приостановления" in page.main.text
    assert "0 дней" in page.main.text
    assert "P0D" not in page.main.text
