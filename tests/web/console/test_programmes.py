"""Pages of a programme: figures that lead to what they count, as of any moment, for those who may read them; its meetings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from tests.web.bureau import COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import Element, Page, submit, visit
from tests.web.lost_answers import answered_when_cut

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _adopted(desk: Bureau) -> str:
    return (await _founded(desk, "AdoptProgramme"))[0]


async def _founded(desk: Bureau, type_: str) -> tuple[str, int]:
    """Its id, and the position."""
    programme = f"PO-{uuid4()}"
    said = {
        "type": type_,
        "programme": programme,
        "title": f"Title of {programme}",
        "body": COUNCIL,
        "period_start": "2026-01-01",
        "period_end": "2028-12-31",
    }
    answer = await desk.ask("p-issuer", "POST", "/programmes", json=said)
    assert answer.status_code == 201, answer.text
    return programme, answer.json()["position"]


async def _measures(desk: Bureau, programme: str) -> int:
    """Three: the ministry has carried out the first; the region leads the second, of a sector; nobody the third."""
    soon = {"on": f"{(datetime.now(UTC) + timedelta(days=5)).date()}"}
    await desk.issued(f"{programme}-1", programme=programme, sector="tax")
    await desk.issued(f"{programme}-2", programme=programme, sector="transport", deadline=soon)
    position = await desk.issued(f"{programme}-3", programme=programme)
    for number, person, type_, said in (
        (1, "p-issuer", "Assign", {"lead": MINISTRY}),
        (1, "p-lead", "Acknowledge", {}),
        (1, "p-lead", "SubmitReport", {"text": "done"}),
        (1, "p-controller", "Accept", {}),
        (2, "p-issuer", "Assign", {"lead": REGION}),
    ):
        position = await desk.done(person, f"{programme}-{number}", type_, **said)
    return position


async def _at(desk: Bureau, person: str, path: str, position: int = 0, **asked: Any) -> Page:
    language = asked.pop("language", "en")
    path, _, query = path.partition("?")
    said = {**dict(parse_qsl(query)), "at_least": position, **asked}
    page = await visit(desk, person, path, params=said, language=language)
    assert page.status == 200, page.text
    return page


def _links(within: Element) -> Mapping[str, str]:
    return {link.text: link["href"] for link in within.all("a")}


def _numbers(page: Page, programme: str) -> list[str]:
    """Of the measures that a list has."""
    return [link.text.removeprefix(f"{programme}-") for link in page.main.all("a", data_row="")]


def _row(within: Element, name: str) -> Element:
    (found,) = [
        row for row in within.all("tr") if [cell.text for cell in row.all("th")][:1] == [name]
    ]
    return found


async def test_each_figure_leads_to_the_measures_that_it_counts(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    page = await _at(desk, "p-issuer", f"/programmes/{programme}", position)
    figures = _links(page.one("section", id="figures"))
    for said, counted in (
        ("1 of 3 (33 %)", ["1"]),
        ("1 (33 %)", ["2"]),  # at risk
        ("3", ["1", "2", "3"]),
        ("0 (0 %)", []),
    ):
        measures = await _at(desk, "p-issuer", figures[said], position)
        assert _numbers(measures, programme) == counted, said
    parts = page.one("section", id="by-part")
    for part, counted in (
        ("tax", ["1"]),
        ("transport", ["2"]),
        ("without a sector", ["3"]),
        (MINISTRY.title(), ["1"]),
        (REGION.title(), ["2"]),
        ("nobody answers for it yet", ["3"]),
    ):
        total = next(iter(_row(parts, part).all("a")))
        measures = await _at(desk, "p-issuer", total["href"], position)
        assert _numbers(measures, programme) == counted, part


async def test_another_figure_is_of_the_same_part(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    path = f"/programmes/{programme}/measures"
    for asked in ({"sector": "tax"}, {"lead": REGION}, {"no_sector": "true"}, {"no_lead": "true"}):
        page = await _at(desk, "p-issuer", path, position, **asked)
        figures = page.main.one("nav", aria_label="Figures")
        for link in figures.all("a"):
            said = dict(parse_qsl(link["href"].partition("?")[2]))
            assert asked.items() <= said.items()


async def test_it_is_told_in_russian_with_its_own_decimals(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    page = await _at(desk, "p-auditor", f"/programmes/{programme}", position, language="ru")
    assert "1 из 3 (33 %)" in _links(page.one("section", id="figures"))
    assert "Под угрозой срыва" in page.main.text
    assert "Исполнено: 1." in page.one("section", id="burn-up").text


async def test_the_chart_has_a_name_a_description_and_its_numbers_in_a_table(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    section = (await _at(desk, "p-issuer", f"/programmes/{programme}", position)).one(
        "section", id="burn-up"
    )
    chart = section.one("svg", role="img")
    named = [section.one(id=id_).text for id_ in chart["aria-labelledby"].split()]
    assert all(named)
    assert len(list(chart.all("polyline"))) == 3
    rows = list(section.one("tbody").all("tr"))
    assert [cell.text for cell in rows[-1].all("td")][:2] == ["3", "3"]


async def test_as_of_a_moment_before_it_nothing_is_counted_and_nothing_may_be_done(
    desk: Bureau,
) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    for by in ("occurred", "recorded"):
        then = {"as_of": "2026-01-15", "by": by}
        page = await _at(desk, "p-issuer", f"/programmes/{programme}", position, **then)
        figures = _links(page.one("section", id="figures"))
        assert "0 of 0 (0 %)" in figures
        assert f"as_of=2026-01-15&by={by}" in figures["0 of 0 (0 %)"]
        assert not list(page.main.all("form"))
        assert not list(page.all("section", id="burn-up"))


async def test_who_may_not_read_its_figures_sees_what_it_is_and_its_meetings(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    page = await _at(desk, "p-region", f"/programmes/{programme}", position)
    assert page.one("h1").text == f"Title of {programme}"
    assert not list(page.all("section", id="figures"))
    assert not list(page.main.all("form"))
    for below in ("measures", "difference", "report"):
        refused = await visit(desk, "p-region", f"/programmes/{programme}/{below}")
        assert refused.status == 403, below
    hidden = await visit(desk, "p-stranger", f"/programmes/{programme}")
    assert hidden.status == 404


async def test_a_meeting_is_held_and_its_report_published_by_forms(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    path = f"/programmes/{programme}"
    page = await _at(desk, "p-issuer", path, position)
    said = page.fields("HoldMeeting") | {"meeting": "m1"}
    untold = await submit(desk, "p-issuer", path, said)
    assert untold.status == 422
    assert "give its title" in untold.one(id="f-HoldMeeting-title-errors").text
    assert untold.fields("HoldMeeting")["meeting"] == "m1"
    said = untold.fields("HoldMeeting") | {"title": "First", "at": "2099-01-01T10:00"}
    early = await submit(desk, "p-issuer", path, said)
    assert early.status in (409, 422)
    assert "still to come" in early.one(id="f-HoldMeeting-at-errors").text
    now = datetime.now(UTC).isoformat()[:16]
    held = await submit(desk, "p-issuer", path, said | {"at": now})
    assert held.status == 303, held.text
    there = f"{path}/meetings/m1"
    meeting = await _at(desk, "p-issuer", there)
    assert "No report was published" in meeting.main.text
    assert not list((await _at(desk, "p-auditor", there)).main.all("form"))
    for _ in range(2):
        published = await submit(desk, "p-issuer", there, meeting.fields("PublishReport"))
        assert published.status == 303, published.text
        assert published.headers["location"].startswith(there)
    shown = await _at(desk, "p-auditor", there)
    assert "The report as it was published" in shown.main.text
    assert not list(shown.main.all("form"))
    assert (await _at(desk, "p-region", there)).status == 200
    assert "published" in _row((await _at(desk, "p-issuer", path)).one(id="meetings"), "First").text


async def test_what_ends_its_own_form_is_answered_again_and_by_others_refused(
    desk: Bureau,
) -> None:
    programme, position = await _founded(desk, "DraftProgramme")
    path = f"/programmes/{programme}"
    for type_ in ("AdoptProgramme", "CloseProgramme"):
        fields = (await _at(desk, "p-issuer", path, position)).fields(type_)
        answers = [await submit(desk, "p-issuer", path, fields) for _ in range(2)]
        assert [one.status for one in answers] == [303, 303], (type_, answers[1].main.text)
        assert answers[0].headers["location"] == answers[1].headers["location"]
        position = int(
            dict(parse_qsl(answers[0].headers["location"].partition("?")[2]))["at_least"]
        )
        anew = await submit(desk, "p-issuer", path, fields | {"idempotency_key": str(uuid4())})
        assert anew.status == 409
        assert list(anew.form(type_).all(role="alert"))


async def test_a_meeting_whose_outcome_is_unknown_stays_as_it_was_entered(desk: Bureau) -> None:
    programme = await _adopted(desk)
    path = f"/programmes/{programme}"
    fields = (await visit(desk, "p-issuer", path)).fields("ScheduleMeeting")
    said = fields | {"meeting": "m1", "title": "The first one", "at": "2098-01-01T10:00"}
    page = await answered_when_cut(desk.settings.database_url, submit(desk, "p-issuer", path, said))
    assert page.status == 503, page.text
    assert page.fields("ScheduleMeeting") == said
    assert (await submit(desk, "p-issuer", path, said)).status == 303
    assert "The first one" in (await visit(desk, "p-issuer", f"{path}/meetings/m1")).text


async def test_what_moved_names_the_events_that_did_it(desk: Bureau) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    page = await _at(
        desk, "p-issuer", f"/programmes/{programme}/difference", position, **{"from": "beginning"}
    )
    implemented = next(
        table for table in page.main.all("table") if "Implemented" in _captions(table)
    )
    row = next(iter(implemented.one("tbody").all("tr")))
    assert f"{programme}-1" in row.text
    assert "came in" in row.text
    assert "Instruction completed" in row.text
    assert f"/instructions/{programme}-1/replay" in " ".join(_links(row).values())
    refused = await visit(
        desk, "p-issuer", f"/programmes/{programme}/difference", params={"from": "no-point"}
    )
    assert refused.status == 422


async def test_what_moved_leads_to_a_number_with_a_slash_by_its_id(desk: Bureau) -> None:
    programme = await _adopted(desk)
    number = f"{programme}/1"
    position = await desk.issued(number, programme=programme)
    page = await _at(
        desk, "p-issuer", f"/programmes/{programme}/difference", position, **{"from": "beginning"}
    )
    links = _links(page.main)
    for text in (number, "Instruction issued"):
        assert number in (await _at(desk, "p-issuer", links[text])).main.one("h1").text


def _captions(table: Element) -> list[str]:
    return [caption.text for caption in table.all("caption")]


async def test_the_report_says_of_when_it_is_and_lists_the_measures_of_one_figure(
    desk: Bureau,
) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    page = await _at(
        desk, "p-auditor", f"/programmes/{programme}/report", position, figure="implemented"
    )
    assert f"Title of {programme}" in page.one("h1").text
    assert "the log up to position" in page.main.text
    assert "1 of 3 (33 %)" in page.main.text
    assert [link.text for link in page.main.all("a", data_row="")][-1] == f"{programme}-1"
    assert "hidden" in next(iter(page.main.all("button", type="button"))).attributes
