"""One command to many, on a page: chosen, shown what it leads to, done to those and once."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import pytest

from domain.identifiers import instruction_id
from eventstore.codec import event_of
from tests.web.bureau import Bureau
from tests.web.console.pages import Page, submit, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

_WEEK = {"by": "7", "reason": "The council moved its meeting."}


async def _issued(desk: Bureau, count: int = 2, **said: Any) -> list[str]:
    numbers = sorted(f"B-{uuid4()}" for _ in range(count))
    for number in numbers:
        await desk.issued(number, **said)
    await _lists_know(desk)
    return numbers


async def _lists_know(desk: Bureau) -> None:
    params = {"at_least": await desk.store.head()}
    for path in ("/instructions", "/late"):
        assert (await desk.get("p-operator", path, params=params)).status_code == 200


def _path(numbers: Sequence[str]) -> str:
    return "/bulk?" + urlencode([("number", one) for one in numbers])


def _operations(page: Page) -> list[str]:
    types = [
        one["id"].removeprefix("form-") for one in page.main.all("form") if "id" in one.attributes
    ]
    return [one for one in types if one != "CarryOut"]


def _told(page: Page) -> list[tuple[str, str]]:
    rows = page.main.one("section", id="outcome").one("tbody").all("tr")
    return [(row.one("a").text, next(row.all("td")).text) for row in rows]


async def _shown(desk: Bureau, person: str, path: str, type_: str, **said: str) -> Page:
    page = await visit(desk, person, path)
    fields = page.fields(type_) | said
    return await submit(desk, person, page.form(type_)["action"], fields)


async def _deadline(desk: Bureau, number: str) -> str:
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    return told["deadline"]["on"]


async def test_it_is_shown_first_then_done_to_those_and_once(desk: Bureau) -> None:
    numbers = await _issued(desk)
    shown = await _shown(desk, "p-issuer", _path(numbers), "MoveDeadline", **_WEEK)
    assert shown.status == 200
    assert "Nothing is recorded yet." in shown.main.text
    assert _told(shown) == [(number, "Would be recorded") for number in numbers]
    assert "7 Apr 2099" in shown.main.one("section", id="outcome").text
    assert "Deadline changed" in shown.main.one("section", id="outcome").text
    assert await _deadline(desk, numbers[0]) == "2099-03-31"

    form, fields = shown.form("CarryOut"), shown.fields("CarryOut")
    assert form.one("button").text == "Do it to 2 instructions"
    done = await submit(desk, "p-issuer", form["action"], fields)
    assert _told(done) == [(number, "Recorded") for number in numbers]
    assert "All of it is done that can be." in done.main.text
    assert not list(done.main.all("form", id="form-CarryOut"))
    again = await submit(desk, "p-issuer", form["action"], fields)
    assert _told(again) == [(number, "On record already") for number in numbers]
    assert await _deadline(desk, numbers[0]) == "2099-04-07"
    stored = await desk.store.read_stream(instruction_id(numbers[0]))
    [changed] = [event_of(one) for one in stored if one.type == "DeadlineChanged"]
    assert (changed.by.actor, changed.by.identity.kind) == ("p-issuer", "authenticated")


async def test_one_that_is_refused_says_why_and_is_left_out_of_what_is_done(desk: Bureau) -> None:
    one, other = await _issued(desk)
    await desk.done("p-issuer", one, "Suspend", reason="It waits for a treaty.")
    shown = await _shown(desk, "p-issuer", _path([one, other]), "MoveDeadline", **_WEEK)
    assert _told(shown) == [(one, "Refused"), (other, "Would be recorded")]
    assert "Suspended" in next(shown.main.one("tbody").all("tr")).text
    assert shown.form("CarryOut").one("button").text == "Do it to 1 instruction"
    done = await submit(
        desk, "p-issuer", shown.form("CarryOut")["action"], shown.fields("CarryOut")
    )
    assert _told(done) == [(other, "Recorded")]


async def test_where_all_are_refused_there_is_nothing_to_do(desk: Bureau) -> None:
    numbers = await _issued(desk)
    shown = await _shown(desk, "p-operator", _path(numbers), "Deescalate", reason="No need.")
    assert {verdict for _, verdict in _told(shown)} == {"Refused"}
    assert not list(shown.main.all("form", id="form-CarryOut"))


async def test_a_form_that_makes_no_sense_is_refused_beside_its_field(desk: Bureau) -> None:
    path = _path(await _issued(desk))
    for type_, said, field in (
        ("MoveDeadline", {"by": "7", "reason": " "}, "reason"),
        ("MoveDeadline", {"by": "0", "reason": "None at all."}, "by"),
        ("MoveDeadline", {"by": "x", "reason": "None at all."}, "by"),
        ("ChangeDeadline", {"deadline": "", "reason": "It is late."}, "deadline"),
    ):
        refused = await _shown(desk, "p-issuer", path, type_, **said)
        assert refused.status == 422, (type_, said)
        form = refused.form(type_)
        assert form.one("p", id=f"f-{type_}-{field}-errors").text, (type_, said)
        assert (form.one("textarea").text == said["reason"]) or field == "reason"
        assert not list(refused.main.all("section", id="outcome"))


async def test_everybody_is_offered_what_their_offices_are_good_for(desk: Bureau) -> None:
    path = _path(await _issued(desk))
    of_operators = [
        "AcknowledgeEscalation",
        "Snooze",
        "Deescalate",
        "Escalate",
        "RequestProgress",
    ]
    of_issuers = [
        "RequestProgress",
        "MoveDeadline",
        "ChangeDeadline",
        "ApproveExtension",
        "Reassign",
        "ApplyPolicy",
    ]
    assert _operations(await visit(desk, "p-operator", path)) == of_operators
    assert _operations(await visit(desk, "p-issuer", path)) == of_issuers
    refused = await submit(desk, "p-operator", path, {"type": "MoveDeadline", **_WEEK})
    assert refused.status == 422


async def test_what_somebody_may_not_command_is_not_chosen(desk: Bureau) -> None:
    numbers = await _issued(desk)
    for person in ("p-stranger", "p-auditor", "p-nobody"):
        page = await visit(desk, person, _path(numbers))
        assert (page.status, _operations(page)) == (200, []), person
        assert "Nothing here is for you" in page.main.text
        assert not any(number in page.main.text for number in numbers)


async def test_the_registers_filters_choose_what_is_open_of_what_they_show(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    one, other = await _issued(desk, text=f"Prepare {word}")
    await desk.done("p-issuer", other, "Cancel", reason="No need of it.")
    await _lists_know(desk)
    page = await visit(desk, "p-issuer", f"/bulk?q={word}&issuer=council")
    assert "1 instruction" in page.main.one("section", id="chosen").text
    shown = await _shown(desk, "p-issuer", f"/bulk?q={word}", "RequestProgress", text="How far?")
    assert [number for number, _ in _told(shown)] == [one]
    both = await visit(desk, "p-issuer", f"/bulk?q={word}&escalated=true")
    assert both.status == 422


async def test_more_open_ones_than_are_taken_are_to_be_narrowed_and_nothing_entered_is_lost(
    own_desk: Bureau,
) -> None:
    word = f"w{uuid4().hex}"
    numbers = [f"M-{nth:04}-{word}" for nth in range(1001)]
    await own_desk.issued_at_once(numbers, text=f"Prepare {word}")
    path, too_many = f"/bulk?q={word}", "More than 1,000 are chosen"
    page = await visit(own_desk, "p-issuer", path)
    assert page.status == 200
    assert too_many in page.main.one("section", id="chosen").text
    refused = await submit(own_desk, "p-issuer", path, {"type": "MoveDeadline", **_WEEK})
    assert refused.status == 422
    assert too_many in refused.main.one("section", id="chosen").text
    assert refused.form("MoveDeadline").one("textarea").text == _WEEK["reason"]
    await own_desk.straight("p-issuer", numbers[0], "Cancel", reason="No need of it.")
    await _lists_know(own_desk)
    page = await visit(own_desk, "p-issuer", path)
    assert "1,000 instructions" in page.main.one("section", id="chosen").text


async def test_the_worklists_filters_are_the_apis(desk: Bureau) -> None:
    sector = f"s-{uuid4()}"
    numbers = await _issued(desk, sector=sector)
    page = await visit(desk, "p-operator", f"/bulk?sector={sector}")
    assert {link.text for link in page.main.all("a", data_row="")} == set(numbers)
    for asked in ("late=true", "late_by=7", "late_by=P7D", "escalated=true"):
        none = await visit(desk, "p-operator", f"/bulk?sector={sector}&{asked}")
        assert (none.status, _operations(none)) == (200, []), asked
    assert (await visit(desk, "p-operator", "/bulk?late_by=soon")).status == 422
    assert (await visit(desk, "p-operator", "/bulk?body=nobody-knows")).status == 422


async def test_without_a_filter_it_asks_for_one(desk: Bureau) -> None:
    page = await visit(desk, "p-operator", "/bulk")
    assert (page.status, _operations(page)) == (200, [])
    names = {one["name"] for one in page.main.all("select")}
    assert {"programme", "lead", "issuer", "controller", "phase"} <= names
    assert "Nothing is ticked" in page.main.text


async def test_what_is_carried_out_is_what_a_page_of_ours_sent(desk: Bureau) -> None:
    path = _path(await _issued(desk, 1))
    for sent in (
        {"operation": "{}", "numbers": "[]"},
        {"operation": "no json", "numbers": '["B-1"]'},
        {"operation": '{"type": "Snooze"}', "numbers": '["B-1"]'},
        {},
    ):
        answer = await submit(
            desk, "p-operator", path, {"type": "CarryOut", "idempotency_key": "k", **sent}
        )
        assert answer.status == 422, sent


async def test_in_russian_it_says_the_same(desk: Bureau) -> None:
    numbers = await _issued(desk)
    page = await visit(desk, "p-issuer", _path(numbers), language="ru")
    fields = page.fields("MoveDeadline") | _WEEK
    shown = await submit(
        desk, "p-issuer", page.form("MoveDeadline")["action"], fields, language="ru"
    )
    assert _told(shown) == [(number, "Будет записано") for number in numbers]
    assert shown.form("CarryOut").one("button").text == "Выполнить для 2 поручений"
    assert "Срок изменён" in shown.main.text


async def test_the_page_that_shows_it_leads_back_to_what_was_chosen(desk: Bureau) -> None:
    numbers = await _issued(desk)
    shown = await _shown(desk, "p-issuer", _path(numbers), "MoveDeadline", **_WEEK)
    [back] = [one for one in shown.main.all("a") if one.text == "To what is chosen"]
    assert parse_qs(urlsplit(back["href"]).query) == {"number": numbers}
