"""What waits for somebody, on their page: of leads and co-assignees, of controllers and issuers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.web.bureau import CONTROL, COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import Element, Page, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _number() -> str:
    return f"MW-{uuid4()}"


def _on(days: int) -> dict[str, str]:
    return {"on": f"{(datetime.now(UTC) + timedelta(days=days)).date()}"}


async def _assigned(
    desk: Bureau, number: str, *, deadline: dict[str, str] | None = None, **said: Any
) -> int:
    """The region leads, the ministry helps."""
    await desk.issued(number, deadline=deadline or _on(3), **said)
    return await desk.done("p-issuer", number, "Assign", lead=REGION, co_assignees=[MINISTRY])


async def _work(desk: Bureau, person: str, position: int, **asked: Any) -> Page:
    page = await visit(desk, person, "/work", params={"at_least": position, **asked})
    assert page.status == 200
    return page


def _row(page: Page, number: str) -> tuple[str, Element]:
    """The list that it stands in, and its row there; it stands in one."""
    found = [
        (section["id"], row)
        for section in page.main.all("section")
        for row in section.all("tr")
        if any(link.text == number for link in row.all("a"))
    ]
    assert len(found) == 1, [where for where, _ in found]
    return found[0]


def _steps(row: Element) -> list[str]:
    return [link["href"].partition("#form-")[2] for link in row.all("a", class_="btn")]


async def test_who_leads_takes_note_first_and_who_helps_does_not(desk: Bureau) -> None:
    number = _number()
    position = await _assigned(desk, number)
    where, row = _row(await _work(desk, "p-region", position), number)
    assert where == "acknowledge"
    assert _steps(row) == ["Acknowledge", "Decline"]
    assert f"Lead assignee from: {COUNCIL.title()}" in row.text
    assert "in 3 days" in row.text
    assert list(row.all("a", class_="link"))
    where, row = _row(await _work(desk, "p-lead", position), number)
    assert (where, _steps(row)) == ("soon", ["ReportProgress"])
    assert "Co-assignee" in row.text


async def test_a_step_is_called_what_its_form_is(desk: Bureau) -> None:
    number = _number()
    position = await _assigned(desk, number)
    _, row = _row(await _work(desk, "p-region", position), number)
    called = {link["href"].partition("#form-")[2]: link.text for link in row.all("a", class_="btn")}
    page = await visit(desk, "p-region", f"/instructions/{number}")
    forms = {
        one.one("form")["id"].removeprefix("form-"): one.one("summary").text
        for one in page.all("details", name="actions")
    }
    assert called == {type_: forms[type_] for type_ in called}
    assert called


async def test_a_reminder_is_told_to_who_was_reminded_until_they_acknowledge_it(
    desk: Bureau,
) -> None:
    number = _number()
    await _assigned(desk, number)
    position = await desk.done("p-operator", number, "Escalate", to="lead", reason="It is time.")
    told: list[str] = []
    async with asyncio.timeout(60):
        while not told:
            await asyncio.sleep(0.2)
            told = _reminders(await _work(desk, "p-region", position), number)
    assert told == ["1 reminder to you is not acknowledged"]
    deliveries = await desk.get("p-issuer", f"/instructions/{number}/deliveries")
    [notice] = [
        one
        for one in deliveries.json()["items"]
        if (one["recipient"], one["event"]) == ("p-region", "Escalated")
    ]
    named = {name: notice[name] for name in ("version", "recipient", "channel")}
    position = await desk.done("p-region", number, "AcknowledgeNotice", notice=named)
    assert not _reminders(await _work(desk, "p-region", position), number)


def _reminders(page: Page, number: str) -> list[str]:
    _, row = _row(page, number)
    return [link.text for link in row.all("a") if link["href"].endswith("#form-AcknowledgeNotice")]


async def test_what_is_at_work_goes_by_when_it_is_due(desk: Bureau) -> None:
    soon, later, late = _number(), _number(), _number()
    due = datetime.now(UTC) + timedelta(seconds=3)
    for number, deadline in ((soon, _on(6)), (later, _on(30)), (late, {"at": due.isoformat()})):
        await _assigned(desk, number, deadline=deadline)
        position = await desk.done("p-region", number, "Acknowledge")
    while datetime.now(UTC) <= due:
        page = await _work(desk, "p-region", position)
    page = await _work(desk, "p-region", position)
    assert _row(page, soon)[0] == "soon"
    where, row = _row(page, late)
    assert (where, _steps(row)) == ("overdue", ["SubmitReport", "RequestExtension"])
    assert "behind by" in row.text
    only = await _work(desk, "p-region", position, only="later")
    assert _row(only, later)[0] == "later"
    with pytest.raises(AssertionError):
        _row(only, soon)


async def test_a_report_waits_for_the_controller_and_one_sent_back_for_the_lead(
    desk: Bureau,
) -> None:
    number = _number()
    await _assigned(desk, number)
    await desk.done("p-region", number, "Acknowledge")
    position = await desk.done("p-region", number, "SubmitReport", text="It is done.")
    where, row = _row(await _work(desk, "p-controller", position), number)
    assert (where, _steps(row)) == ("verdict", ["Accept", "Return"])
    assert f"lead: {REGION.title()}" in row.text
    with pytest.raises(AssertionError):
        _row(await _work(desk, "p-region", position), number)
    position = await desk.done("p-controller", number, "Return", reason="A page is missing.")
    where, row = _row(await _work(desk, "p-region", position), number)
    assert (where, _steps(row)) == ("returned", ["SubmitReport", "ReportProgress"])
    position = await desk.done("p-region", number, "ReportProgress", percent=90)
    assert _row(await _work(desk, "p-region", position), number)[0] == "soon"


async def test_a_report_that_was_withdrawn_was_not_sent_back(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    await desk.done("p-region", number, "Acknowledge")
    await desk.done("p-region", number, "SubmitReport", text="It is done.")
    position = await desk.done("p-region", number, "WithdrawReport")
    assert _row(await _work(desk, "p-region", position), number)[0] == "soon"


async def test_joint_leads_find_each_what_waits_for_itself(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number, deadline=_on(3))
    position = await desk.done("p-issuer", number, "Assign", lead=REGION, joint_leads=[MINISTRY])
    assert await _lists(desk, number, position) == {
        "p-region": "acknowledge",
        "p-lead": "acknowledge",
    }
    position = await desk.done("p-region", number, "Acknowledge")
    assert await _lists(desk, number, position) == {"p-region": "soon", "p-lead": "acknowledge"}
    await desk.done("p-lead", number, "Acknowledge")
    position = await desk.done("p-region", number, "SubmitReport", text="Our half is done.")
    assert await _lists(desk, number, position) == {"p-lead": "soon"}
    await desk.done("p-lead", number, "SubmitReport", text="Ours, too.")
    position = await desk.done(
        "p-controller", number, "Return", reason="A page is missing.", sides=[REGION]
    )
    assert await _lists(desk, number, position) == {"p-region": "returned"}


async def _lists(desk: Bureau, number: str, position: int) -> dict[str, str]:
    """Of both leads, which list it stands in; the forms of its next steps are on its page."""
    found: dict[str, str] = {}
    for person in ("p-region", "p-lead"):
        page = await _work(desk, person, position)
        if number in page.main.text:
            found[person], row = _row(page, number)
            forms = (await visit(desk, person, f"/instructions/{number}")).main.all("form")
            assert {f"form-{step}" for step in _steps(row)} <= {form["id"] for form in forms}
    return found


async def test_a_request_for_more_time_waits_for_the_controller_else_for_the_issuer(
    desk: Bureau,
) -> None:
    controlled, free = _number(), _number()
    for number, controller in ((controlled, CONTROL), (free, None)):
        await _assigned(desk, number, controller=controller)
        await desk.done("p-region", number, "Acknowledge")
        position = await desk.done(
            "p-region", number, "RequestExtension", until=_on(9), reason="It rains."
        )
    page = await _work(desk, "p-controller", position)
    where, row = _row(page, controlled)
    assert (where, _steps(row)) == ("extension", ["ApproveExtension", "RefuseExtension"])
    assert "asked until" in row.text
    issuers = await _work(desk, "p-issuer", position)
    assert _row(issuers, free)[0] == "extension"
    for one, number in ((page, free), (issuers, controlled)):
        with pytest.raises(AssertionError):
            _row(one, number)


async def test_what_was_declined_and_what_was_proposed_waits_for_the_issuer(desk: Bureau) -> None:
    declined, proposed = _number(), _number()
    await _assigned(desk, declined)
    await desk.done("p-region", declined, "Decline", reason="It is not ours.")
    answer = await desk.ask(
        "p-issuer",
        "POST",
        "/instructions",
        json={
            "type": "Propose",
            "number": proposed,
            "text": "Perhaps do this",
            "issuer": COUNCIL,
            "deadline": _on(3),
        },
    )
    page = await _work(desk, "p-issuer", answer.json()["position"])
    where, row = _row(page, declined)
    assert (where, _steps(row)) == ("assign", ["Assign"])
    assert "Assignment declined" in row.text
    where, row = _row(page, proposed)
    assert (where, _steps(row)) == ("adopt", ["Adopt", "Refuse"])


async def test_nothing_of_others_work_is_shown(desk: Bureau) -> None:
    number = _number()
    position = await _assigned(desk, number)
    for person in ("p-stranger", "p-nobody", "p-operator"):
        page = await _work(desk, person, position)
        assert "Nothing waits for you" in page.main.text
        assert not list(page.main.all("table"))
    assert number not in (await _work(desk, "p-region", position, body=COUNCIL)).main.text


async def test_in_russian(desk: Bureau) -> None:
    number = _number()
    position = await _assigned(desk, number)
    page = await visit(desk, "p-region", "/work", language="ru", params={"at_least": position})
    assert "Моя работа" in page.main.one("h1").text
    _, row = _row(page, number)
    assert "Ответственный исполнитель" in row.text
    assert "через 3 дня" in row.text
