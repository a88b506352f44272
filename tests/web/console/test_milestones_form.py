"""The form of all milestones: each row keeps what stands in it, and is faulted for itself."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.web.bureau import Bureau
from tests.web.console.pages import Page, fill, submit, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

_STEPS = (
    {"id": "draft", "title": "Draft", "due": {"on": "2098-01-31"}},
    {"id": "reading", "title": "Reading", "due": {"on": "2098-02-28"}},
)


async def _issued(desk: Bureau, *steps: Mapping[str, Any]) -> str:
    number = f"STEPS-{uuid4()}"
    await desk.issued(number, milestones=steps)
    return number


async def _set(desk: Bureau, number: str, entered: Mapping[str, str]) -> Page:
    """What is answered to the form, with this in its rows."""
    said = {f"milestones.{name}": value for name, value in entered.items()}
    return await fill(desk, "p-issuer", f"/instructions/{number}", "SetMilestones", said)


async def _there(desk: Bureau, number: str) -> list[tuple[str, str]]:
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    return [(one["id"], one["title"]) for one in told["milestones"]]


def _faulted(page: Page) -> dict[str, str]:
    """What is said beside each field that is at fault."""
    form = page.form("SetMilestones")
    return {
        one["name"].removeprefix("milestones."): form.one(id=f"{one['id']}-errors").text
        for one in form.all("input")
        if one.attributes.get("aria-invalid") == "true"
    }


async def test_a_day_without_a_title_is_refused_beside_the_title_it_lacks(desk: Bureau) -> None:
    number = await _issued(desk, *_STEPS)
    page = await _set(desk, number, {"2.due": "2098-03-31"})
    assert page.status == 422
    assert "give the milestone a title" in _faulted(page)["2.title"]
    assert list(_faulted(page)) == ["2.title"]
    again = page.fields("SetMilestones")
    assert again["milestones.2.due"] == "2098-03-31"
    again |= {"milestones.2.title": "Vote"}
    assert (await submit(desk, "p-issuer", f"/instructions/{number}", again)).status == 303
    assert await _there(desk, number) == [
        ("draft", "Draft"), ("reading", "Reading"), ("step-1", "Vote")
    ]  # fmt: skip


async def test_one_that_was_there_is_dropped_by_its_title_alone(desk: Bureau) -> None:
    number = await _issued(desk, *_STEPS)
    assert (await _set(desk, number, {"0.title": ""})).status == 303
    assert await _there(desk, number) == [("reading", "Reading")]


@pytest.mark.parametrize(
    ("due", "said"),
    [("", "required"), ("2099-12-31", "after the instruction"), ("2020-01-01", "not in the future")],
)  # fmt: skip
async def test_what_is_wrong_with_a_row_stands_there_whatever_is_dropped_above_it(
    desk: Bureau, due: str, said: str
) -> None:
    number = await _issued(desk, *_STEPS)
    page = await _set(desk, number, {"0.title": "", "1.due": due})
    assert page.status == 422
    assert list(_faulted(page)) == ["1.due"]
    assert said in _faulted(page)["1.due"]


async def test_a_row_is_the_milestone_that_it_was_drawn_for_whatever_happened_meanwhile(
    desk: Bureau,
) -> None:
    number = await _issued(desk, *_STEPS)
    path = f"/instructions/{number}"
    page = await visit(desk, "p-issuer", path)
    said = page.fields("SetMilestones") | {"milestones.0.title": "", "milestones.1.title": "Second"}
    await desk.done("p-issuer", number, "SetMilestones", milestones=_STEPS[1:])
    answer = await submit(desk, "p-issuer", path, said)
    assert answer.status == 412
    again = answer.fields("SetMilestones")
    assert (await submit(desk, "p-issuer", path, again)).status == 303
    assert await _there(desk, number) == [("reading", "Second")]


async def test_what_came_meanwhile_is_drawn_below_and_not_dropped_unseen(desk: Bureau) -> None:
    number = await _issued(desk, *_STEPS)
    path = f"/instructions/{number}"
    said = (await visit(desk, "p-issuer", path)).fields("SetMilestones")
    said |= {"milestones.1.title": "Second"}
    vote = {"id": "vote", "title": "Vote", "due": {"on": "2098-03-31"}}
    await desk.done("p-issuer", number, "SetMilestones", milestones=[*_STEPS, vote])
    answer = await submit(desk, "p-issuer", path, said)
    assert answer.status == 412
    again = answer.fields("SetMilestones")
    assert again["milestones.4.title"] == "Vote"
    assert (await submit(desk, "p-issuer", path, again)).status == 303
    assert await _there(desk, number) == [
        ("draft", "Draft"), ("reading", "Second"), ("vote", "Vote")
    ]  # fmt: skip


async def test_a_form_that_does_not_say_which_milestones_they_are_drops_none(desk: Bureau) -> None:
    """Such as one drawn by a version of Remit that went by the order of the rows."""
    number = await _issued(desk, *_STEPS)
    path = f"/instructions/{number}"
    fields = (await visit(desk, "p-issuer", path)).fields("SetMilestones")
    said = {name: value for name, value in fields.items() if not name.endswith(".id")}
    answer = await submit(desk, "p-issuer", path, said)
    assert answer.status == 422
    assert "load the page again" in answer.text
    assert await _there(desk, number) == [("draft", "Draft"), ("reading", "Reading")]


async def test_what_was_entered_stays_when_there_are_fewer_rows_meanwhile(desk: Bureau) -> None:
    number = await _issued(desk, *_STEPS)
    path = f"/instructions/{number}"
    said = (await visit(desk, "p-issuer", path)).fields("SetMilestones")
    for row, title in ((2, "Third"), (3, "Fourth")):
        said |= {f"milestones.{row}.title": title, f"milestones.{row}.due": "2098-03-31"}
    await desk.done("p-issuer", number, "SetMilestones", milestones=_STEPS[1:])
    answer = await submit(desk, "p-issuer", path, said)
    assert answer.status == 412
    again = answer.fields("SetMilestones") | {"milestones.0.title": ""}
    assert (await submit(desk, "p-issuer", path, again)).status == 303
    assert [title for _, title in await _there(desk, number)] == ["Reading", "Third", "Fourth"]


async def test_a_moment_that_is_left_as_it_is_does_not_move_not_even_once_it_has_passed(
    desk: Bureau,
) -> None:
    due = datetime.now(UTC) + timedelta(seconds=5)
    to_the_second = {"id": "draft", "title": "Draft", "due": {"at": due.isoformat()}}
    number = await _issued(desk, to_the_second, _STEPS[1])
    await _is_missed(desk, number)
    page = await _set(desk, number, {"2.title": "Vote", "2.due": "2098-03-31"})
    assert page.status == 303, page.form("SetMilestones").text
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert datetime.fromisoformat(told["milestones"][0]["due"]["instant"]) == due
    assert len(told["milestones"]) == 3


async def _is_missed(desk: Bureau, number: str) -> None:
    """By and by: the milestone is due in a moment."""
    while True:
        told = (await desk.get("p-issuer", f"/instructions/{number}/events")).json()["items"]
        if any(one["type"] == "MilestoneMissed" for one in told):
            return
        await asyncio.sleep(0.1)


async def test_a_moment_that_is_changed_is_the_one_that_is_entered(desk: Bureau) -> None:
    to_the_second = {"id": "draft", "title": "Draft", "due": {"at": "2098-01-31T12:34:56Z"}}
    number = await _issued(desk, to_the_second)
    page = await visit(desk, "p-issuer", f"/instructions/{number}")
    said = page.fields("SetMilestones") | {"milestones.0.due": "2098-02-01"}
    assert (await submit(desk, "p-issuer", f"/instructions/{number}", said)).status == 303
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert told["milestones"][0]["due"]["instant"].startswith("2098-02-01T12:34:00")
