"""Calendars and policies on their pages, and a policy tried on what happened."""

import asyncio
from uuid import uuid4

import pytest

from tests.web.bureau import Bureau
from tests.web.console.pages import fill, submit, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ADMINISTRATOR, _LEAD = "p-administrator", "p-lead"
_POLICY = """
id: {id}
reminders:
  - {{id: before-5wd, offset: P5D working, at: 09:00, off_days: earlier}}
  - {{id: after, side: after, offset: P7D, repeat: {{every: P7D, times: 3}}}}
escalation:
  - {{id: overdue, since: deadline, after: P3D working, to: controller}}
  - {{id: taken-over, since: previous, after: P1D, to: superior, action: reassign}}
again: {{since: overdue, every: P7D, times: 2}}
accept_within: P2D
variants:
  low:
    reminders:
      - {{id: half-way, percent: 50}}
"""


async def _published(own_desk: Bureau) -> str:
    id_ = f"policy-{uuid4().hex[:8]}"
    answer = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/policies",
        "PublishPolicy",
        {"file": _POLICY.format(id=id_)},
    )
    assert (answer.status, answer.headers["location"].split("?")[0]) == (
        303,
        f"/setup/policies/{id_}",
    )
    return id_


async def test_a_policy_is_said_in_sentences_of_both_languages(own_desk: Bureau) -> None:
    id_ = await _published(own_desk)
    english = (await visit(own_desk, _LEAD, f"/setup/policies/{id_}")).main.text
    for said in (
        "5 working days ahead of the deadline, at 09:00, on a day off: on the working day before: the lead and the co-assignees are reminded.",
        "7 days past the deadline: the lead and the co-assignees are reminded; then every 7 days, 3 times more.",
        "3 working days past the deadline: controller is told.",
        "1 day after the previous step: the work goes to: superior of the lead.",
        "Once all steps are through, those from “overdue” on come once more every 7 days, 2 times.",
        "A report is to be decided on within 2 days; passed, that is recorded.",
        "For priority: Low",
        "When 50 % of the time to the deadline are over: the lead and the co-assignees are reminded.",
        "offset: P5D working",
    ):
        assert said in english
    russian = (await visit(own_desk, _LEAD, f"/setup/policies/{id_}", language="ru")).main.text
    assert (
        "За 5 рабочих дней до срока, в 09:00, в нерабочий день — в предыдущий рабочий: напоминание"
        in russian
    )
    assert "затем раз в 7 дней, ещё 3 раза." in russian
    assert "Через 3 рабочих дня после срока: уведомляется контролёр." in russian


async def test_remits_own_policy_is_there_for_whoever_holds_an_office(own_desk: Bureau) -> None:
    assert "default" in (await visit(own_desk, _LEAD, "/setup/policies")).one("table").text
    assert (await visit(own_desk, "p-nobody", "/setup/policies")).status == 403


async def test_only_administrators_publish_and_what_is_wrong_is_told_by_its_place(
    own_desk: Bureau,
) -> None:
    said = {
        "type": "PublishPolicy",
        "file": _POLICY.format(id="mine"),
        "idempotency_key": str(uuid4()),
    }
    assert (await submit(own_desk, _LEAD, "/setup/policies", said)).status == 422
    assert (await visit(own_desk, _LEAD, "/setup/policies/mine")).status == 404
    bad = "id: bad\nreminders:\n  - {id: a, offset: 5}\n  - {id: b, ofset: P5D}\n"
    refused = await fill(
        own_desk, _ADMINISTRATOR, "/setup/policies", "PublishPolicy", {"file": bad}
    )
    assert refused.status == 422
    form = refused.form("PublishPolicy")
    assert "reminders[1].offset" in form.one("p", id="f-PublishPolicy-file-errors").text
    assert "ofset" in form.one("textarea").text
    assert (await visit(own_desk, _LEAD, "/setup/policies/bad")).status == 404


async def test_a_policy_has_its_versions(own_desk: Bureau) -> None:
    id_ = await _published(own_desk)
    path = f"/setup/policies/{id_}"
    changed = f"id: {id_}\nreminders:\n  - {{id: one, offset: P2D}}\n"
    await fill(own_desk, _ADMINISTRATOR, "/setup/policies", "PublishPolicy", {"file": changed})
    latest = await visit(own_desk, _LEAD, path)
    assert "2 days ahead of the deadline" in latest.main.text
    links = [one["href"] for one in latest.one("nav", aria_label="Versions").all("a")]
    assert links == [f"{path}?version=2", f"{path}?version=1"]
    assert "5 working days ahead of" in (await visit(own_desk, _LEAD, links[1])).main.text


async def test_a_calendar_is_published_from_its_file_and_shown_by_years(own_desk: Bureau) -> None:
    id_ = f"c-{uuid4().hex[:6]}"
    file = (
        f'id = "{id_}"\ntitle = "Ours"\ncountry = "BY"\nyears = "2026-2027"\n'
        '[[closures]]\nfrom = 2027-03-01\nto = 2027-03-02\nname = "Removal"\n'
    )
    answer = await fill(
        own_desk, _ADMINISTRATOR, "/setup/calendars", "PublishCalendar", {"file": file}
    )
    assert (answer.status, answer.headers["location"].split("?")[0]) == (
        303,
        f"/setup/calendars/{id_}",
    )
    page = await visit(own_desk, _LEAD, f"/setup/calendars/{id_}?year=2027")
    assert page.one("h1").text == "Ours"
    rows = [one.text for one in page.one("table").all("tr")]
    assert "Mon, 1 Mar 2027 nobody works Removal" in rows
    assert "web console" in page.main.text
    refused = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/calendars",
        "PublishCalendar",
        {"file": 'country = "XX"\nyears = 1\n'},
    )
    assert refused.status == 422
    assert (
        "country"
        in refused.form("PublishCalendar").one("p", id="f-PublishCalendar-file-errors").text
    )


async def test_a_policy_is_tried_on_what_the_visitor_may_read(own_desk: Bureau) -> None:
    number = f"B-{uuid4().hex[:8]}"
    await own_desk.issued(number)
    await own_desk.done("p-issuer", number, "Assign", lead="ministry")
    form = (await visit(own_desk, "p-issuer", "/setup/backtest")).fields("form")
    page = await submit(
        own_desk,
        "p-issuer",
        "/setup/backtest",
        {**form, "file": _POLICY.format(id="tried"), "programme": ""},
    )
    assert page.status == 200, page.main.text
    assert "Under tried, next to what happened" in page.main.text
    chart = page.one("svg", role="img")
    figures = page.one("section", id="result")
    assert chart.one("title").text
    assert "Deadlines that passed while it was open" in next(figures.all("table")).text
    assert (await visit(own_desk, "p-issuer", "/setup/policies/tried")).status == 404
    stranger = await submit(
        own_desk, "p-stranger", "/setup/backtest", {**form, "published": "default"}
    )
    assert "0 instructions" in stranger.main.text
    assert (await visit(own_desk, "p-nobody", "/setup/backtest")).status == 403


async def test_a_trial_says_that_there_are_more_and_counts_no_proposal(own_desk: Bureau) -> None:
    programme = f"PO-{uuid4().hex[:8]}"
    said = {
        "type": "AdoptProgramme",
        "title": "Of many",
        "body": "council",
        "period_start": "2026-01-01",
        "period_end": "2028-12-31",
    }
    for id_ in [*(f"PM-{nth:02}" for nth in range(50)), programme]:
        answer = await own_desk.ask(
            "p-issuer", "POST", "/programmes", json={**said, "programme": id_}
        )
        assert answer.status_code == 201, answer.text
    numbers = [f"{programme}-{nth:03}" for nth in range(201)]
    await own_desk.issued_at_once([f"{programme}-"], "Propose", programme=programme)
    position = await own_desk.issued_at_once(numbers, programme=programme)
    form = (await visit(own_desk, "p-issuer", f"/setup/backtest?at_least={position}")).form("form")
    assert programme in [one["value"] for one in form.one("select", name="programme").all("option")]
    tried = {"published": "default", "file": "", "programme": programme}
    page = await submit(own_desk, "p-issuer", f"/setup/backtest?at_least={position}", tried)
    assert page.status == 200, page.main.text
    assert "200 instructions, the first by number; there are more" in page.main.text


async def test_a_trial_without_a_policy_says_what_is_missing(own_desk: Bureau) -> None:
    page = await submit(own_desk, _LEAD, "/setup/backtest", {"published": "", "file": ""})
    assert page.status == 422
    assert page.form("form").one("p", id="f-form-published-errors").text


async def test_a_person_tries_one_policy_at_a_time(own_desk: Bureau) -> None:
    said = {"published": "default", "file": ""}
    tries = (submit(own_desk, "p-issuer", "/setup/backtest", said) for _ in range(6))
    answers = await asyncio.gather(*tries)
    assert {one.status for one in answers} == {200, 429}
    refused = next(one for one in answers if one.status == 429)
    assert refused.headers["retry-after"] == "15"
    assert "for you already" in refused.form("form").text
    assert refused.fields("form")["published"] == "default"  # nothing that was entered is gone
