"""The calendar: what is due on which day, days off, and the address to subscribe to."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli.web_services import serve_web
from tests.staging import TZDATA
from tests.web.bureau import REGION, Bureau
from tests.web.console.pages import Element, Page, read, submit, visit
from web.serving import listen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _due(
    desk: Bureau, deadline: dict[str, str], *, lead: str = REGION, **said: Any
) -> tuple[str, int]:
    number = f"QC-{uuid4()}"
    await desk.issued(number, deadline=deadline, **said)
    return number, await desk.done("p-issuer", number, "Assign", lead=lead)


def _cell(page: Page, day: int) -> Element:
    """That of a day of the month itself: others before and after it are not bold."""
    [found] = [
        cell
        for cell in page.main.one("table", class_="table-fixed").all("td")
        if next(cell.all("div")).text.split()[0] == str(day)
        and "font-bold" in next(cell.all("div"))["class"]
    ]
    return found


async def test_what_is_due_stands_on_its_day(desk: Bureau) -> None:
    on_a_day, _ = await _due(desk, {"on": "2097-05-14"})
    at_a_time, position = await _due(desk, {"at": "2097-05-16T15:00:00Z"})
    page = await visit(
        desk, "p-region", "/calendar", params={"month": "2097-05", "at_least": position}
    )
    assert page.main.one("h1").text == "Calendar: May 2097"
    assert on_a_day in _cell(page, 14).text
    assert at_a_time in _cell(page, 16).text
    assert on_a_day not in _cell(page, 15).text
    around = page.main.one("nav", aria_label="Months")
    assert [link["href"] for link in around.all("a")] == [
        "/calendar?month=2097-04",
        "/calendar",
        "/calendar?month=2097-06",
    ]
    others = await visit(
        desk, "p-stranger", "/calendar", params={"month": "2097-05", "at_least": position}
    )
    assert on_a_day not in others.main.text


async def test_a_milestone_stands_on_its_day_until_it_is_reached(desk: Bureau) -> None:
    step = {"id": "draft", "title": "A draft", "due": {"on": "2097-07-03"}}
    number, position = await _due(desk, {"on": "2097-07-24"}, milestones=[step])
    asked = {"month": "2097-07", "at_least": position}
    page = await visit(desk, "p-region", "/calendar", params=asked)
    assert f"milestone {number}" in _cell(page, 3).text
    assert number in _cell(page, 24).text
    await desk.done("p-region", number, "Acknowledge")
    asked["at_least"] = await desk.done(
        "p-region", number, "ReportProgress", percent=50, milestones=["draft"]
    )
    page = await visit(desk, "p-region", "/calendar", params=asked)
    assert number not in _cell(page, 3).text


async def test_a_full_day_leads_to_all_of_it(desk: Bureau) -> None:
    numbers: set[str] = set()
    position = 0
    for _ in range(6):
        number, position = await _due(desk, {"on": "2097-09-12"})
        numbers.add(number)
    asked = {"month": "2097-09", "at_least": position}
    page = await visit(desk, "p-region", "/calendar", params=asked)
    cell = _cell(page, 12)
    assert len([one for one in numbers if one in cell.text]) == 5
    [more] = [link for link in cell.all("a") if link.text == "and 1 more"]
    day = await visit(desk, "p-region", more["href"])
    assert {row.one("th").text for row in day.main.one("tbody").all("tr")} == numbers


@pytest.mark.parametrize("month", ["2097-13", "0000-01", "x", "1850-01"])
async def test_what_is_no_month_is_refused(desk: Bureau, month: str) -> None:
    page = await visit(desk, "p-region", "/calendar", params={"month": month})
    assert page.status == 422


async def test_an_address_is_shown_once_reads_the_calendar_and_is_ended(desk: Bureau) -> None:
    person, region = await desk.newcomer()
    number, position = await _due(desk, {"on": "2097-11-05"}, lead=region)
    before = await visit(desk, person, "/calendar", params={"at_least": position})
    sent = before.fields("form") | {"language": "ru"}
    made = await submit(desk, person, "/calendar", sent)
    address = made.main.one("input", id="address")["value"]
    assert address.startswith(desk.url)
    answer = await desk.client.get(address)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert number in answer.text.replace("\r\n ", "")
    after = await visit(desk, person, "/calendar")
    assert address not in str(after)
    [end] = [form for form in after.main.all("form") if form["action"].endswith("/end")]
    ended = await submit(desk, person, end["action"], {})
    assert ended.status == 303
    assert (await desk.client.get(address)).status_code == 404


async def test_behind_a_proxy_an_address_is_the_one_that_people_reach(desk: Bureau) -> None:
    """It is a secret: it goes over no wire in the clear, whatever the proxy speaks to the web."""
    listener = listen("127.0.0.1", 0)
    here = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = desk.settings.model_copy(update={"web_url": "https://remit.example.org/"})
    headers = {"authorization": f"Bearer {await desk.token('p-agency')}", "accept": "text/html"}
    async with (
        serve_web(settings, listener, tzdata=TZDATA),
        httpx.AsyncClient(base_url=here, headers=headers, trust_env=False, timeout=30) as browser,
    ):
        page = read(await browser.post("/calendar", data={"language": "en"}))
        chosen = await browser.post("/preferences", data={"theme": "dark"})
    address = page.main.one("input", id="address")["value"]
    assert address.startswith("https://remit.example.org/feeds/")
    assert "secure" in chosen.headers["set-cookie"].lower()
