"""What is behind schedule, as a page: now and as of a moment."""

from uuid import uuid4

import pytest

from tests.web.bureau import COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import Page, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

_LATER = "2100-01-01"


async def _due(desk: Bureau, sector: str, lead: str, day: str) -> tuple[str, int]:
    number = f"QL-{uuid4()}"
    await desk.issued(number, sector=sector, deadline={"on": day})
    return number, await desk.done("p-issuer", number, "Assign", lead=lead)


def _numbers(page: Page) -> list[str]:
    return [row.one("th").text for row in page.one("section", id="lines").one("tbody").all("tr")]


async def test_the_longest_late_comes_first_and_totals_lead_on(desk: Bureau) -> None:
    sector = str(uuid4())
    last, _ = await _due(desk, sector, REGION, "2098-03-31")
    first, _ = await _due(desk, sector, MINISTRY, "2098-01-31")
    middle, position = await _due(desk, sector, MINISTRY, "2098-02-28")
    asked = {"sector": sector, "as_of": _LATER, "at_least": position}
    page = await visit(desk, "p-operator", "/late", params=asked)
    assert _numbers(page) == [first, middle, last]
    totals = page.one("section", id="totals")
    assert "Behind schedule 3" in totals.text
    [by_ministry, by_region] = list(totals.one("tbody").all("tr"))
    assert by_ministry.one("th").text == MINISTRY.title()
    assert (by_ministry.one("progress")["value"], by_region.one("progress")["value"]) == ("2", "1")
    lead_on = by_region.one("a")["href"]
    assert f"body={REGION}" in lead_on
    assert f"as_of={_LATER}" in lead_on
    assert _numbers(await visit(desk, "p-operator", lead_on)) == [last]
    assert not list(page.main.all("input", name="number")), "nothing is done about another moment"


async def test_totals_lead_to_no_list_that_counts_otherwise(desk: Bureau) -> None:
    sector = str(uuid4())
    number, _ = await _due(desk, sector, REGION, "2098-03-31")
    position = await desk.done("p-operator", number, "Escalate", to="issuer", reason="Stuck.")
    asked = {"sector": sector, "at_least": position}
    page = await visit(desk, "p-operator", "/late", params=asked)
    totals = page.one("section", id="totals")
    assert "Escalated, not taken on 0" in totals.text
    assert [link["href"] for link in totals.all("a")] == ["#lines"]


async def test_a_body_may_be_entered_by_its_name(desk: Bureau) -> None:
    """Where there are many, they are found so."""
    sector = str(uuid4())
    number, _ = await _due(desk, sector, REGION, "2098-03-31")
    _, position = await _due(desk, sector, MINISTRY, "2098-01-31")
    asked = {"sector": sector, "as_of": _LATER, "at_least": position, "body": REGION.title()}
    assert _numbers(await visit(desk, "p-operator", "/late", params=asked)) == [number]


async def test_fields_left_empty_are_not_asked(desk: Bureau) -> None:
    sector = str(uuid4())
    number, position = await _due(desk, sector, REGION, "2098-03-31")
    blank = {"programme": "", "body": "", "issuer": "", "controller": "", "late_by": ""}
    asked = {"sector": sector, "as_of": _LATER, "at_least": position, **blank}
    page = await visit(desk, "p-operator", "/late", params=asked)
    assert page.status == 200
    assert _numbers(page) == [number]


async def test_who_watches_over_none_of_it_sees_none_of_it(desk: Bureau) -> None:
    sector = str(uuid4())
    number, position = await _due(desk, sector, REGION, "2098-03-31")
    asked = {"sector": sector, "as_of": _LATER, "at_least": position}
    for person in ("p-region", "p-stranger", "p-other-operator", "p-nobody"):
        page = await visit(desk, person, "/late", params=asked)
        assert "Nothing fits." in page.main.text
        assert number not in page.main.text


async def test_whoever_holds_no_office_is_told_of_no_body(desk: Bureau) -> None:
    """The directory is for those who hold one; the API answers `forbidden` to others."""
    for person, told in (("p-operator", True), ("p-nobody", False)):
        page = await visit(desk, person, "/late")
        for name in ("body", "issuer", "controller"):
            options = {one["value"] for one in page.main.one("select", name=name).all("option")}
            assert (REGION in options) == told


async def test_in_russian(desk: Bureau) -> None:
    sector = str(uuid4())
    _, position = await _due(desk, sector, REGION, "2098-03-31")
    asked = {"sector": sector, "as_of": _LATER, "at_least": position}
    page = await visit(desk, "p-operator", "/late", language="ru", params=asked)
    assert "С отставанием от графика 1" in page.one("section", id="totals").text
    assert "не эскалировано" in page.one("section", id="lines").text


async def test_an_operator_is_led_to_what_escalates_it(desk: Bureau) -> None:
    number, position = await _due(desk, str(uuid4()), REGION, "2098-03-31")
    asked = {"act": number, "at_least": position}
    page = await visit(desk, "p-operator", "/escalations", params=asked)
    form = page.one("form", id="form-Escalate")
    targets = [one["value"] for one in form.one("select", name="to").all("option")]
    assert {"controller", "issuer", "superior", f"body:{MINISTRY}"} <= set(targets)


async def test_the_sectors_of_the_chosen_programme_are_offered_by_name(desk: Bureau) -> None:
    programme = f"QL-{uuid4()}"
    said = {
        "type": "AdoptProgramme",
        "programme": programme,
        "title": f"Title of {programme}",
        "body": COUNCIL,
        "period_start": "2026-01-01",
        "period_end": "2028-12-31",
    }
    assert (await desk.ask("p-issuer", "POST", "/programmes", json=said)).status_code == 201
    sectors = [{"id": "tax", "name": "Taxes"}]
    said = {"type": "SetSectors", "sectors": sectors}
    path = f"/programmes/{programme}/commands"
    done = (await desk.ask("p-issuer", "POST", path, json=said)).json()
    asked = {"programme": programme, "sector": "tax", "at_least": done["position"]}
    page = await visit(desk, "p-issuer", "/late", params=asked)
    options = list(page.main.one("select", name="sector").all("option"))
    assert [(one["value"], one.text) for one in options] == [("", "all"), ("tax", "Taxes")]
    assert "selected" in options[1].attributes
    free = await visit(desk, "p-issuer", "/late")
    assert list(free.main.all("input", name="sector"))
