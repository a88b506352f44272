"""The first page: each finds there what waits for them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.web.bureau import COUNCIL, Bureau
from tests.web.console.pages import Page, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _overview(desk: Bureau, person: str, position: int = 0, **asked: Any) -> Page:
    page = await visit(desk, person, "/", params={"at_least": position, **asked})
    assert page.status == 200, page.text
    return page


async def test_who_leads_finds_what_to_take_note_of_and_is_led_there(desk: Bureau) -> None:
    person, region = await desk.newcomer()
    number = f"OV-{uuid4()}"
    await desk.issued(number)
    position = await desk.done("p-issuer", number, "Assign", lead=region)
    waits = (await _overview(desk, person, position)).one("section", id="waits")
    [there] = waits.all("a")
    assert (there.text, there["href"]) == ("1", "/work?only=acknowledge")
    work = await visit(desk, person, f"{there['href']}&at_least={position}")
    [row] = work.main.one("tbody").all("tr")
    assert number in row.text


async def test_who_holds_no_office_is_told_whom_to_ask(desk: Bureau) -> None:
    assert "Ask an administrator" in (await _overview(desk, "p-nobody")).main.text
    assert "Ask an administrator" not in (await _overview(desk, "p-lead")).main.text


async def test_an_operator_finds_escalations_and_what_is_late(desk: Bureau) -> None:
    page = await _overview(desk, "p-operator")
    links = [link["href"] for link in page.one("section", id="waits").all("a")]
    assert links == ["/escalations", "/late"]


async def test_an_auditor_finds_the_log_and_how_far_checkpoints_follow_it(desk: Bureau) -> None:
    page = await _overview(desk, "p-auditor")
    assert "Events in the log" in page.main.text
    assert not list(page.all("section", id="waits"))
    noted = await _noted(desk)
    assert "/" in noted
    headers = {
        "authorization": f"Bearer {await desk.token('p-auditor')}",
        "accept": "text/html",
        "remit-redraw": "true",
    }
    drawn_anew = await desk.client.get("/", headers=headers)
    assert "Programmes" in drawn_anew.text
    assert "Events in the log" not in drawn_anew.text
    assert (await _noted(desk)).count("/") == noted.count("/")
    assert "Events in the log" not in (await _overview(desk, "p-lead")).main.text


async def _noted(desk: Bureau) -> list[str]:
    """Where the auditor read, as the log of access has it."""
    found = await desk.get("p-auditor", "/audit/access-log", params={"person": "p-auditor"})
    return [one["route"] for one in found.json()["items"] if one["outcome"] == "read"]


async def test_who_looks_back_is_told_that_what_waits_is_of_now(desk: Bureau) -> None:
    page = await _overview(desk, "p-issuer", as_of="2026-02-01")
    assert not list(page.all("section", id="waits"))
    assert "as of now only" in page.text


async def test_programmes_in_force_stand_with_their_figures_and_what_they_were(
    desk: Bureau,
) -> None:
    programme = f"OV-{uuid4()}"
    said = {
        "type": "AdoptProgramme",
        "programme": programme,
        "title": f"Title of {programme}",
        "body": COUNCIL,
        "period_start": "2026-01-01",
        "period_end": "2028-12-31",
    }
    await desk.ask("p-issuer", "POST", "/programmes", json=said)
    before = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    command = {"type": "HoldMeeting", "meeting": "m1", "title": "First", "at": before}
    await desk.ask("p-issuer", "POST", f"/programmes/{programme}/commands", json=command)
    position = await desk.issued(f"{programme}-1", programme=programme)
    listed = await _overview(desk, "p-issuer", position, after=f"{programme[:-1]}")
    (article,) = [one for one in listed.main.all("article") if programme in one.text]
    assert "0 of 1 (0 %)" in article.text
    links = [link["href"] for link in article.all("a")]
    assert f"/programmes/{programme}/measures?figure=implemented" in links
    assert f"/programmes/{programme}/meetings/m1" in links
    assert f"/programmes/{programme}/difference" in links
    assert programme not in (await _overview(desk, "p-stranger", position)).main.text
