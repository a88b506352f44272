"""One command to many over HTTP: shown first, done once, and to nothing that the sender may not command."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.identifiers import instruction_id
from eventstore.codec import event_of
from tests.web.bureau import OTHER, Bureau

pytestmark = pytest.mark.asyncio(loop_scope="session")
_WEEK = {"type": "MoveDeadline", "by": "P7D", "reason": "The council moved its meeting."}


async def _issued(desk: Bureau, *, by: str = "p-issuer", count: int = 2, **said: Any) -> list[str]:
    numbers = [f"N-{uuid4()}" for _ in range(count)]
    for number in numbers:
        await desk.issued(number, by=by, **said)
    return sorted(numbers)


async def _asked(
    desk: Bureau, person: str, operation: dict[str, Any], key: str | None = None, **said: Any
) -> httpx.Response:
    body = {"operation": operation, **said}
    at_least = {"at_least": await desk.store.head()}
    return await desk.ask(person, "POST", "/bulk", key=key, json=body, params=at_least)


async def test_it_is_shown_first_then_done_and_again_under_the_same_key_only_once(
    desk: Bureau,
) -> None:
    numbers, key = await _issued(desk), f"bulk-{uuid4()}"
    chosen = {"numbers": numbers}
    shown = (await _asked(desk, "p-issuer", _WEEK, key, filter=chosen)).json()
    assert (shown["dry_run"], shown["complete"], shown["counts"]) == (True, False, {"accepted": 2})
    assert [line["number"] for line in shown["instructions"]] == numbers
    [event, *_] = shown["instructions"][0]["events"]
    assert event["deadline"]["on"] == "2099-04-07"
    done = (await _asked(desk, "p-issuer", _WEEK, key, filter=chosen, dry_run=False)).json()
    assert (done["complete"], done["counts"]) == (True, {"recorded": 2})
    again = (await _asked(desk, "p-issuer", _WEEK, key, filter=chosen, dry_run=False)).json()
    assert again["counts"] == {"recorded already": 2}
    stored = await desk.store.read_stream(instruction_id(numbers[0]))
    [changed] = [event_of(one) for one in stored if one.type == "DeadlineChanged"]
    assert (changed.by.actor, changed.by.identity.kind) == ("p-issuer", "authenticated")
    other = await _asked(
        desk, "p-issuer", {**_WEEK, "by": "P1D"}, key, filter=chosen, dry_run=False
    )
    told = {(line["code"], line["field"]) for line in other.json()["instructions"]}
    assert told == {("command-id-reused", "idempotency-key")}


async def test_one_that_is_refused_stops_no_other(desk: Bureau) -> None:
    numbers = await _issued(desk)
    await desk.done("p-issuer", numbers[0], "Suspend", reason="It waits for a treaty.")
    done = await _asked(desk, "p-issuer", _WEEK, filter={"numbers": numbers}, dry_run=False)
    refused, recorded = done.json()["instructions"]
    assert (refused["verdict"], refused["code"]) == ("refused", "not-in-this-phase")
    assert numbers[0] in refused["message"] or "Suspended" in refused["message"]
    assert (recorded["verdict"], recorded["position"] > 0) == ("recorded", True)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_who_may_not_is_refused_for_each_and_that_is_noted_of_each(
    desk: Bureau, dry_run: bool
) -> None:
    numbers = await _issued(desk)
    for number in numbers:
        await desk.done("p-issuer", number, "Assign", lead="ministry")
    chosen = {"numbers": numbers}
    done = await _asked(desk, "p-lead", _WEEK, filter=chosen, dry_run=dry_run)
    assert {line["code"] for line in done.json()["instructions"]} == {"not-authorised"}
    asked = {"person": "p-lead", "outcome": "command-refused", "limit": 2}
    noted = (await desk.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    assert sorted(one["subject"] for one in noted) == numbers
    assert {one["code"] for one in noted} == {"not-authorised"}


async def test_who_is_escalated_is_nothing_for_an_observer_to_learn(desk: Bureau) -> None:
    [number] = await _issued(desk, count=1)
    await desk.done("p-issuer", number, "Assign", lead="ministry")
    await desk.done("p-issuer", number, "SetObservers", observers=["region"])
    await desk.done("p-operator", number, "Escalate", to="controller", reason="Nothing was heard.")
    until = "2098-01-01T00:00:00Z"
    asking: dict[str, Any] = {"type": "RequestProgress"}
    taking: dict[str, Any] = {"type": "AcknowledgeEscalation", "until": until}
    for person, sees in (("p-operator", True), ("p-region", False), ("p-lead", False)):
        for operation, which in (
            (asking, {"escalated": True, "numbers": [number]}),
            (asking, {"escalated": True, "body": "ministry"}),
            (taking, {"body": "ministry"}),
        ):
            told = (await _asked(desk, person, operation, filter=which)).json()
            found = number in [line["number"] for line in told["instructions"]]
            assert found is sees, (person, operation, which)
    told = (await _asked(desk, "p-region", asking, filter={"body": "ministry"})).json()
    assert number in [line["number"] for line in told["instructions"]]


async def test_late_by_no_time_at_all_chooses_what_is_late_and_nothing_else(desk: Bureau) -> None:
    numbers = await _issued(desk, count=1)
    chosen = {"late_by": "PT0S", "numbers": numbers}
    told = (await _asked(desk, "p-issuer", _WEEK, filter=chosen)).json()
    assert told["chosen"] == 0, "it is due in 2099"


async def test_a_body_that_is_unknown_is_so_in_a_bulk_as_in_a_list(desk: Bureau) -> None:
    name = f"b-{uuid4()}"
    listed = await desk.get("p-issuer", "/late", params={"body": name})
    chosen = await _asked(desk, "p-issuer", _WEEK, filter={"body": name})
    for answer, field in ((listed, "body"), (chosen, "filter.body")):
        told = answer.json()
        assert (answer.status_code, told["code"], told["field"]) == (422, "unknown", field)


async def test_what_the_sender_may_not_command_is_not_chosen_and_not_told_of(desk: Bureau) -> None:
    ours = await _issued(desk, count=1)
    theirs = await _issued(desk, by="p-stranger", issuer=OTHER, controller=None, count=1)
    for person, chosen in (("p-issuer", ours), ("p-stranger", theirs), ("p-auditor", [])):
        for which in ({"numbers": ours + theirs}, {"issuer": OTHER, "numbers": theirs}):
            told = (await _asked(desk, person, _WEEK, filter=which)).json()
            found = [line["number"] for line in told["instructions"]]
            assert found == [one for one in chosen if one in which["numbers"]]
    absent = await _asked(desk, "p-issuer", _WEEK, filter={"numbers": [f"N-{uuid4()}"]})
    assert absent.json()["chosen"] == 0


async def test_an_operation_chooses_by_itself_what_it_is_for(desk: Bureau) -> None:
    numbers = await _issued(desk)
    for number in numbers:
        await desk.done("p-issuer", number, "Assign", lead="ministry")
    await desk.done("p-lead", numbers[0], "Acknowledge")
    until = {"on": "2099-06-30"}
    await desk.done("p-lead", numbers[0], "RequestExtension", until=until, reason="The treaty.")
    operation = {"type": "ApproveExtension"}
    told = (await _asked(desk, "p-controller", operation, filter={"body": "ministry"})).json()
    chosen = [line["number"] for line in told["instructions"]]
    assert [number for number in chosen if number in numbers] == [numbers[0]]


async def test_a_policy_s_latest_version_is_applied_to_what_goes_by_an_earlier_one(
    desk: Bureau,
) -> None:
    numbers = await _issued(desk)
    reason = {"reason": "The rules of next year."}
    known = await _asked(
        desk,
        "p-issuer",
        {"type": "ApplyPolicy", "policy": "default", **reason},
        filter={"numbers": numbers},
    )
    assert known.json()["chosen"] == 0, known.text  # all go by it
    unknown = await _asked(
        desk,
        "p-issuer",
        {"type": "ApplyPolicy", "policy": "none", **reason},
        filter={"numbers": numbers},
    )
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown")


@pytest.mark.parametrize(
    ("said", "key", "field"),
    [
        ({"filter": {}}, None, "filter"),
        ({"filter": {"late": False}}, None, "filter"),
        ({"filter": {"sector": "\x00"}}, None, None),
        ({"filter": {"numbers": [str(n) for n in range(1001)]}}, None, "filter.numbers"),
        ({"filter": {"late": True}}, "a:b", "idempotency-key"),
        ({"filter": {"late": True}, "operation": {**_WEEK, "by": "PT0S"}}, None, "operation.by"),
        ({"filter": {"late": True}, "operation": {"type": "Issue"}}, None, "operation"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    desk: Bureau, said: dict[str, Any], key: str | None, field: str | None
) -> None:
    body = {"operation": _WEEK, **said}
    answer = await desk.ask("p-issuer", "POST", "/bulk", key=key, json=body)
    assert answer.status_code in (400, 422), answer.text
    errors = answer.json().get("errors") or [{"field": None}]
    assert errors[0]["field"] == field
