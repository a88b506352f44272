"""The queue of escalations, and what an operator does about one."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.web.bureau import CONTROL, MINISTRY, OTHER, Bureau
from tests.web.console.pages import Element, Page, submit, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _escalated(desk: Bureau) -> tuple[str, int]:
    """One of its own sector, so that nobody else's stands beside it."""
    number = f"QE-{uuid4()}"
    await desk.issued(number, sector=number)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    position = await desk.done(
        "p-operator", number, "Escalate", to="controller", reason="Nothing is heard."
    )
    return number, position


async def _queue(desk: Bureau, person: str, number: str, position: int, **asked: object) -> Page:
    params = {"sector": number, "at_least": position, **asked}
    page = await visit(desk, person, "/escalations", params=params)
    assert page.status == 200
    return page


def _rows(page: Page) -> list[Element]:
    return list(page.one("section", id="queue").one("tbody").all("tr"))


def _types(page: Page) -> list[str]:
    return [one["value"] for one in page.main.all("input", name="type")]


async def test_the_queue_says_to_whom_why_and_by_whom(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position)
    [row] = _rows(page)
    for said in ("Nobody has taken it on", "Controller", "Nothing is heard.", "P-Operator"):
        assert said in row.text
    assert row.one("input", name="number")["value"] == number


async def test_rows_are_chosen_as_in_the_register_and_kept_when_drawn_anew(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position)
    [row] = _rows(page)
    box, form = row.one("input", name="number"), page.main.one("form", id="chosen")
    assert (box["value"], box["form"]) == (number, "chosen")
    assert row["id"].removeprefix("line-") == box["id"].removeprefix("choose-")
    assert "data-choosing" in form.attributes
    assert [one for one in page.all("script") if "choosing.js" in one["src"]]


async def test_what_is_done_about_one_is_called_the_same_wherever_it_is_done(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position)
    [row] = _rows(page)
    acted = await _queue(desk, "p-operator", number, position, act=number)
    [opened, *_] = acted.one("section", id="act").all("details", name="actions")
    bulk = await visit(desk, "p-operator", "/bulk", params={"number": number})
    titles = [one.text for one in bulk.main.all("summary", class_="collapse-title")]
    called = opened.one("summary").text
    assert row.one("a", class_="btn").text == f"{called}…"
    assert called in titles


async def test_who_only_looks_has_nothing_to_do_there(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-issuer", number, position, act=number)
    [row] = _rows(page)
    assert not list(row.all("input"))
    assert not _types(page)
    for person in ("p-stranger", "p-lead", "p-nobody"):
        other = await _queue(desk, person, number, position)
        assert "Nothing is escalated so." in other.main.text
        refused = await visit(desk, person, "/escalations", params={"act": number})
        assert refused.status in (403, 404)


async def test_what_stands_open_is_taken_on_and_leaves_the_queue(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position, act=number)
    assert _types(page) == ["AcknowledgeEscalation", "Snooze", "Deescalate", "Escalate"]
    form = page.form("AcknowledgeEscalation")
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    sent = page.fields("AcknowledgeEscalation") | {"until": until}
    answer = await submit(desk, "p-operator", form["action"], sent)
    assert answer.status == 303
    again = await visit(desk, "p-operator", answer.headers["location"])
    assert "Recorded." in again.main.text
    assert number not in again.one("section", id="queue").text
    [row] = _rows(await _queue(desk, "p-operator", number, position, standing="acknowledged"))
    assert "Taken on since" in row.text
    assert "until" in row.text


async def test_what_is_done_about_one_leads_back_to_the_same_page_of_the_queue(
    desk: Bureau,
) -> None:
    number, position = await _escalated(desk)
    after = "2020-01-01T00:00:00.000000Z/A-1"
    page = await _queue(desk, "p-operator", number, position, act=number, after=after)
    form = page.form("AcknowledgeEscalation")
    sent = page.fields("AcknowledgeEscalation") | {"until": "2098-01-01T09:00"}
    answer = await submit(desk, "p-operator", form["action"], sent)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (asked["after"], asked["sector"]) == ([after], [number])


async def test_a_silence_that_ends_before_it_begins_is_refused_beside_its_field(
    desk: Bureau,
) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position, act=number)
    sent = page.fields("Snooze") | {"until": "2020-01-01T09:00", "reason": "On leave"}
    refused = await submit(desk, "p-operator", page.form("Snooze")["action"], sent)
    assert refused.status == 422
    form = refused.form("Snooze")
    field = form.one("input", name="until")
    assert field["aria-invalid"] == "true"
    [named] = [one for one in field["aria-describedby"].split() if one.endswith("-errors")]
    assert form.one("p", id=named).text
    assert form.one("textarea", name="reason").text == "On leave"
    mended = refused.fields("Snooze") | {"until": "2098-01-01T09:00"}
    assert (await submit(desk, "p-operator", form["action"], mended)).status == 303


async def test_sent_twice_it_is_recorded_once(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    page = await _queue(desk, "p-operator", number, position, act=number)
    sent = page.fields("Deescalate") | {"reason": "They have answered."}
    for _ in range(2):
        answer = await submit(desk, "p-operator", page.form("Deescalate")["action"], sent)
        assert answer.status == 303
    events = (await desk.get("p-issuer", f"/instructions/{number}/events")).json()["items"]
    assert [one["type"] for one in events].count("Deescalated") == 1


async def test_sent_twice_it_is_recorded_also_if_it_is_not_theirs_any_more(desk: Bureau) -> None:
    number = f"QE-{uuid4()}"
    await desk.issued(number, sector=number, controller=OTHER)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    position = await desk.done("p-operator", number, "Escalate", to="controller", reason="No word.")
    page = await _queue(desk, "p-other-operator", number, position, act=number)
    action = page.form("Deescalate")["action"]
    sent = page.fields("Deescalate") | {"reason": "They have answered."}
    assert (await submit(desk, "p-other-operator", action, sent)).status == 303
    await desk.done("p-issuer", number, "SetController", controller=CONTROL)
    assert (await submit(desk, "p-other-operator", action, sent)).status == 303
    changed = sent | {"reason": "Another."}
    assert (await submit(desk, "p-other-operator", action, changed)).status == 422
    other = sent | {"idempotency_key": str(uuid4())}
    assert (await submit(desk, "p-other-operator", action, other)).status == 404
    events = (await desk.get("p-issuer", f"/instructions/{number}/events")).json()["items"]
    assert [one["type"] for one in events].count("Deescalated") == 1


async def test_the_queue_filters_by_how_it_stands_and_keeps_that(desk: Bureau) -> None:
    number, position = await _escalated(desk)
    await desk.done("p-operator", number, "Snooze", until="2098-01-01T00:00:00Z", reason="Wait.")
    asked = {"standing": ["silenced", "ended"], "programme": "", "body": ""}
    page = await visit(
        desk,
        "p-operator",
        "/escalations",
        params={"sector": number, "at_least": position, **asked},
    )
    chosen = [
        one["value"]
        for one in page.main.all("input", name="standing")
        if "checked" in one.attributes
    ]
    assert chosen == ["silenced", "ended"]
