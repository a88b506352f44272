"""A command's form that is sent once more under its key: answered as it was, though the form would not be drawn so any more."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.directory import commands as d
from domain.outcomes import Recorded
from tests.web.bureau import AGENCY, CONTROL, COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import submit, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

_TAKING_OVER = {
    "id": "taking-over",
    "escalation": [
        {"id": "taken", "since": "assignment", "after": "PT1S", "to": f"body:{REGION}"}
        | {"action": "reassign"}
    ],
}
_STEPS = [
    {"id": "draft", "title": "Draft", "due": {"on": "2098-01-31"}},
    {"id": "reading", "title": "Reading", "due": {"on": "2098-02-28"}},
]


def _number() -> str:
    return f"AGAIN-{uuid4()}"


async def _is_answered_again(
    desk: Bureau, person: str, number: str, type_: str, said: dict[str, Any], event: str
) -> None:
    """As the first time; and nothing is recorded by it."""
    first, once = await _sent(desk, person, number, type_, said, event)
    again, twice = await _sent(desk, person, number, type_, said, event)
    assert (again, twice) == (first, once)


async def _sent(
    desk: Bureau, person: str, number: str, type_: str, said: dict[str, Any], event: str
) -> tuple[str, int]:
    """Where that leads to, and how many such events there are by then."""
    answer = await submit(desk, person, f"/instructions/{number}", said)
    assert answer.status == 303, answer.form(type_).text
    return answer.headers["location"], (await _types(desk, number)).count(event)


async def _types(desk: Bureau, number: str) -> Sequence[str]:
    told = (await desk.get("p-issuer", f"/instructions/{number}/events?limit=500")).json()
    return [one["type"] for one in told["items"]]


async def _of_two_offices(desk: Bureau) -> tuple[str, str, d.EndAppointment]:
    """Somebody new, their region, and the command by which they have one office there and no more."""
    person, body = await desk.newcomer()
    office = f"{body}.second"
    by: dict[str, Any] = {"actor": "p-administrator"}
    for command in (
        d.RegisterOffice(
            command_id=str(uuid4()), office=office, body=body, office_kind="officer", **by
        ),
        d.Appoint(
            command_id=str(uuid4()), person=person, office=office, since=date(2020, 1, 1), **by
        ),
    ):
        assert isinstance(await desk.handler.handle(command, datetime.now(UTC)), Recorded)
    until = datetime.now(UTC).date() - timedelta(days=2)
    ending = d.EndAppointment(
        command_id=str(uuid4()), person=person, office=office, until=until, **by
    )
    return person, body, ending


async def test_on_behalf_of_a_body_by_who_might_act_for_several(desk: Bureau) -> None:
    person, body, _ = await _of_two_offices(desk)
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=body)
    said = (await visit(desk, person, f"/instructions/{number}")).fields("Acknowledge")
    assert said["on_behalf_of"] == body
    await _is_answered_again(desk, person, number, "Acknowledge", said, "AssignmentAcknowledged")


async def test_on_behalf_of_a_body_though_their_other_office_has_ended_since(desk: Bureau) -> None:
    person, body, ending = await _of_two_offices(desk)
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=body)
    path = f"/instructions/{number}"
    said = (await visit(desk, person, path)).fields("Comment") | {"text": "Begun."}
    assert said["on_behalf_of"] == body
    assert (await submit(desk, person, path, said)).status == 303
    assert isinstance(await desk.handler.handle(ending, datetime.now(UTC)), Recorded)
    assert "on_behalf_of" not in (await visit(desk, person, path)).fields("Comment")
    assert (await submit(desk, person, path, said)).status == 303
    assert (await _types(desk, number)).count("Commented") == 1
    other = said | {"on_behalf_of": COUNCIL}
    assert (await submit(desk, person, path, other)).status == 422


async def test_the_last_milestone_is_reached(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number, milestones=_STEPS[:1])
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    page = await visit(desk, "p-lead", f"/instructions/{number}")
    said = page.fields("ReportProgress") | {"percent": "40", "milestones": ["draft"]}
    await _is_answered_again(desk, "p-lead", number, "ReportProgress", said, "MilestoneReached")


async def test_a_milestone_is_dropped(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number, milestones=_STEPS)
    page = await visit(desk, "p-issuer", f"/instructions/{number}")
    said = page.fields("SetMilestones") | {"milestones.0.title": ""}
    said |= {"milestones.2.title": "Vote", "milestones.2.due": "2098-03-31"}
    await _is_answered_again(desk, "p-issuer", number, "SetMilestones", said, "MilestonesSet")
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert [(one["id"], one["title"]) for one in told["milestones"]] == [
        ("reading", "Reading"),
        ("step-1", "Vote"),
    ]


async def test_an_assignment_is_given_back(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number, policy=_TAKING_OVER)
    await desk.done("p-issuer", number, "Assign", lead=AGENCY)
    said = await _once_taken(desk, number)
    said |= {"reason": "They have begun.", "give_back": "true"}
    await _is_answered_again(desk, "p-operator", number, "Deescalate", said, "Deescalated")
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert told["leads"] == [AGENCY]


async def _once_taken(desk: Bureau, number: str) -> dict[str, str]:
    """The form that ends its escalation, once that has given the work to another."""
    while True:
        page = await visit(desk, "p-operator", f"/instructions/{number}")
        if list(page.main.all("input", name="give_back")):
            return page.fields("Deescalate")


async def test_a_file_that_a_report_named_by_the_name_it_had_then(desk: Bureau) -> None:
    number, content = _number(), b"the same act"
    path = f"/instructions/{number}"
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    await _attached(desk, path, "act.pdf", content)
    page = await visit(desk, "p-lead", path)
    [digest] = [one["value"] for one in page.form("SubmitReport").all("input", name="evidence")]
    said = page.fields("SubmitReport") | {"text": "Done.", "evidence": [digest]}
    assert (await submit(desk, "p-lead", path, said)).status == 303
    await _attached(desk, path, "renamed.pdf", content)
    assert (await submit(desk, "p-lead", path, said)).status == 303
    assert (await _types(desk, number)).count("CompletionReported") == 1


async def test_a_report_with_a_file_though_their_office_has_ended_since(desk: Bureau) -> None:
    (person, body), number = await desk.newcomer(), _number()
    path = f"/instructions/{number}"
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=body)
    await _attached(desk, path, "act.pdf", b"an act", by=person)
    page = await visit(desk, person, path)
    [digest] = [one["value"] for one in page.form("SubmitReport").all("input", name="evidence")]
    said = page.fields("SubmitReport") | {"text": "Done.", "evidence": [digest]}
    assert (await submit(desk, person, path, said)).status == 303
    ending = d.EndAppointment(
        command_id=str(uuid4()),
        actor="p-administrator",
        person=person,
        office=f"{body}.head",
        until=datetime.now(UTC).date() - timedelta(days=2),
    )
    assert isinstance(await desk.handler.handle(ending, datetime.now(UTC)), Recorded)
    assert (await visit(desk, person, path)).status == 404
    assert (await submit(desk, person, path, said)).status == 303
    assert (await _types(desk, number)).count("CompletionReported") == 1


async def _attached(
    desk: Bureau, path: str, name: str, content: bytes, *, by: str = "p-lead"
) -> None:
    page = await visit(desk, by, path)
    action, said = page.form("AttachEvidence")["action"], page.fields("AttachEvidence")
    answer = await submit(desk, by, action, said, files={"file": (name, content)})
    assert answer.status == 303


async def test_what_is_not_offered_is_not_taken_the_first_time(desk: Bureau) -> None:
    """One body is theirs to act for; nothing was taken from anybody."""
    number = _number()
    await desk.issued(number, controller=CONTROL)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    path = f"/instructions/{number}"
    page = await visit(desk, "p-issuer", path)
    said = page.fields("Comment") | {"text": "So.", "on_behalf_of": COUNCIL}
    said |= {"give_back": "true", "milestones": ["draft"]}
    assert (await submit(desk, "p-issuer", path, said)).status == 303
    events = (await desk.get("p-issuer", f"{path}/events")).json()["items"]
    [comment] = [one for one in events if one["type"] == "Commented"]
    assert comment["data"].get("text") == "So."
