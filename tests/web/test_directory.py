"""The directory over HTTP: who may look at it, keep it, and see where people are reached; tokens of one's own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from access.scopes import Scope
from domain.identifiers import DIRECTORY_STREAM, instruction_id
from eventstore.codec import event_of
from eventstore.persons import Person
from tests.web.bureau import API, COUNCIL, MINISTRY, Bureau

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADMINISTRATOR = "p-administrator"
_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


async def _command(
    desk: Bureau, asker: str, type_: str, /, *, key: str | None = None, **said: Any
) -> httpx.Response:
    return await desk.ask(
        asker, "POST", "/directory/commands", key=key, json={"type": type_, **said}
    )


async def _done(desk: Bureau, type_: str, **said: Any) -> dict[str, Any]:
    answer = await _command(desk, ADMINISTRATOR, type_, **said)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _registered(desk: Bureau, **said: Any) -> str:
    person = f"d-{uuid4()}"
    await _done(desk, "RegisterPerson", person=person, **{"name": "Ann Example", **said})
    return person


async def test_the_directory_is_for_whoever_holds_an_office(desk: Bureau) -> None:
    paths = (
        "bodies",
        f"bodies/{COUNCIL}",
        "offices",
        "persons/p-lead",
        "substitutions",
        "calendars",
        "policies",
        "policies/default",
    )
    for path in paths:
        told = await desk.get("p-stranger", f"/directory/{path}")
        assert told.status_code == 200, path
        refused = await desk.get("p-nobody", f"/directory/{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
    for path in ("bodies/none", "persons/none", "calendars/none", "policies/none"):
        assert (await desk.get("p-lead", f"/directory/{path}")).status_code == 404, path
    refused = await _command(desk, "p-issuer", "RenameBody", body=COUNCIL, name="Mine")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authorised")


async def test_bodies_and_offices_are_told_page_by_page_with_who_holds_them(desk: Bureau) -> None:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = await desk.get(
            "p-lead", "/directory/bodies", params={"parent": COUNCIL, "limit": 1, "after": after}
        )
        found += [one["id"] for one in answer.json()["items"]]
        after = answer.json()["next"]
    assert [one for one in found if one in ("control", MINISTRY, "region")] == [
        "control",
        MINISTRY,
        "region",
    ]
    body = (await desk.get("p-lead", "/directory/bodies/agency")).json()
    assert (body["parent"], body["chain"]) == (MINISTRY, [MINISTRY, COUNCIL])
    [head] = [one for one in body["offices"] if one["kind"] == "head"]
    assert [(one["person"], one["name"]) for one in head["holders"]] == [("p-agency", "P-Agency")]
    offices = (
        await desk.get("p-lead", "/directory/offices", params={"body": MINISTRY, "kind": "head"})
    ).json()["items"]
    assert [one["id"] for one in offices] == ["ministry.head"]


async def test_an_absence_is_told_with_the_substitute_until_it_is_ended(desk: Bureau) -> None:
    person = await _registered(desk)
    today = datetime.now(UTC).date().isoformat()  # the bodies' zone is UTC
    said = {"absent": "p-region", "substitute": person}
    await _done(desk, "Substitute", **said, since=today, reason="leave")
    listed = await desk.get("p-lead", "/directory/substitutions", params={"person": person})
    assert [one["absent"] for one in listed.json()["items"]] == ["p-region"]
    region = (await desk.get("p-lead", "/directory/bodies/region")).json()
    [holder] = [one for office in region["offices"] for one in office["holders"]]
    assert (holder["substitute"], holder["substitute_name"]) == (person, "Ann Example")
    before = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    await _done(desk, "EndSubstitution", **said, until=before)
    for over, there in ((False, []), (True, ["p-region"])):
        listed = await desk.get(
            "p-lead", "/directory/substitutions", params={"person": person, "over": over}
        )
        assert [one["absent"] for one in listed.json()["items"]] == there
    bad = await desk.get("p-lead", "/directory/substitutions", params={"after": "x"})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad-cursor")


async def test_names_and_addresses_stay_outside_the_log_and_addresses_are_for_few(
    desk: Bureau,
) -> None:
    person, key = f"d-{uuid4()}", str(uuid4())
    said: dict[str, Any] = {
        "person": person,
        "name": "Ann Example",
        "email": "ann@example.org",
        "webhook_url": "https://hooks.example.org/ann",
        "webhook_secret": _SECRET,
        "channels": ["email", "webhook"],
    }
    before = await desk.store.head()
    foreseen = await desk.ask(
        ADMINISTRATOR,
        "POST",
        "/directory/commands",
        params={"dry_run": True},
        json={"type": "RegisterPerson", **said},
    )
    assert foreseen.json()["events"][0]["type"] == "PersonRegistered"
    assert (await desk.store.head(), await desk.persons.kept(person)) == (before, {})
    first = await _command(desk, ADMINISTRATOR, "RegisterPerson", key=key, **said)
    again = await _command(desk, ADMINISTRATOR, "RegisterPerson", key=key, **said)
    assert first.status_code == 200, first.text
    assert first.json()["position"] == again.json()["position"]
    tried = await desk.ask(
        ADMINISTRATOR,
        "POST",
        "/directory/commands",
        key=key,
        params={"dry_run": True},
        json={"type": "RegisterPerson", **said},
    )
    assert tried.json() == {"status": "foreseen", "events": []}
    other = await _command(
        desk, ADMINISTRATOR, "RegisterPerson", key=key, **{**said, "name": "Bob"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "command-id-reused")
    assert await desk.persons.kept(person) == {person: 1}
    stored = await desk.store.read_stream(DIRECTORY_STREAM)
    assert not [one for one in stored if b"Ann" in one.body or b"ann@" in one.body]
    for asker, reached in ((person, True), (ADMINISTRATOR, True), ("p-lead", False)):
        answer = await desk.get(asker, f"/directory/persons/{person}")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["name"] == "Ann Example"
        assert ("ann@example.org" in answer.text) is reached
        assert (told["reached"] is not None) is reached
        assert _SECRET not in answer.text
    kept = {"person": person, "name": "Ann Other", "webhook_url": "https://hooks.example.org/b"}
    await _done(desk, "ReplacePersonDetails", **kept)
    reached = (await desk.get(person, f"/directory/persons/{person}")).json()["reached"]
    assert (reached["email"], reached["channels"]) == (None, ["email", "webhook"])
    directory = await desk.handler.directory()
    commitment = directory.commitments[person]
    assert (await desk.persons.get({person: commitment}))[person].webhook_secret == _SECRET


async def test_what_is_no_address_is_refused_and_not_repeated(desk: Bureau) -> None:
    for field, value in (
        ("webhook_url", "ftp://secret.example"),
        ("webhook_secret", "whsec_secret"),
        ("apprise_url", "secret"),
        ("email", "secret"),
    ):
        said = {"person": f"d-{uuid4()}", "name": "Ann", field: value}
        answer = await _command(desk, ADMINISTRATOR, "RegisterPerson", **said)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation"), field
        assert value not in answer.text


async def test_who_may_not_register_leaves_nothing_on_file(desk: Bureau) -> None:
    person = f"d-{uuid4()}"
    refused = await _command(desk, "p-lead", "RegisterPerson", person=person, name="Ann")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authorised")
    assert await desk.persons.kept(person) == {}


async def test_preferences_are_set_by_the_person_themselves(desk: Bureau) -> None:
    person = await _registered(desk)
    own = await _command(
        desk, person, "SetPreferences", person=person, language="ru", daily_at="09:30"
    )
    assert own.status_code == 200, own.text
    told = (await desk.get(person, f"/directory/persons/{person}")).json()["reached"]
    assert (told["preferences"]["language"], told["preferences"]["daily_at"]) == ("ru", "09:30:00")
    other = await _command(desk, "p-lead", "SetPreferences", person=person, language="en")
    assert (other.status_code, other.json()["code"]) == (403, "not-authorised")


async def test_a_change_is_for_the_directory_as_it_was_read(desk: Bureau) -> None:
    person, body = await _registered(desk), f"b-{uuid4()}"
    said = {"body": body, "name": "New", "body_kind": "agency", "parent": MINISTRY}
    done = await _command(desk, ADMINISTRATOR, "RegisterBody", **said)
    for path in (f"bodies/{body}", "bodies", "offices", f"persons/{person}", "policies"):
        read = await desk.get("p-lead", f"/directory/{path}")
        assert read.headers["etag"] == done.headers["etag"], path
    ask: dict[str, Any] = {
        "json": {"type": "RenameBody", "body": body, "name": "Newer"},
        "headers": {"if-match": done.headers["etag"]},
    }
    answers = [await desk.ask(ADMINISTRATOR, "POST", "/directory/commands", **ask) for _ in "ab"]
    assert [one.status_code for one in answers] == [200, 412]
    assert answers[1].json()["field"] == "if-match"


async def test_what_was_on_file_and_never_on_record_is_erased_and_has_no_version(
    desk: Bureau,
) -> None:
    person = f"d-{uuid4()}"
    await desk.persons.put(Person(person_id=person, name="Ann", email=None, salt=b"salt"))
    said = {"person": person, "reason": "asked for it"}
    erased = await _command(desk, ADMINISTRATOR, "ErasePerson", **said)
    assert (erased.status_code, erased.json()["erased"]) == (200, True)
    assert "etag" not in erased.headers


async def test_a_person_is_erased_with_a_receipt_and_comes_in_no_more(desk: Bureau) -> None:
    person = await _registered(desk)
    assert (await desk.get(person, "/me")).status_code == 200
    done = await _done(desk, "ErasePerson", person=person, reason="asked for it")
    assert (done["erased"], done["receipt"]["person"]) == (True, person)
    assert (await desk.get(person, "/me")).status_code == 401
    told = (await desk.get(ADMINISTRATOR, f"/directory/persons/{person}")).json()
    assert (told["erased"], told["name"]) == (True, None)
    refused = await _command(desk, "p-lead", "ErasePerson", person="p-lead", reason="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authorised")


async def test_a_body_that_is_merged_has_what_it_leads_look_at_once(desk: Bureau) -> None:
    body, number = f"b-{uuid4()}", f"N-{uuid4()}"
    await _done(desk, "RegisterBody", body=body, name="Old", body_kind="agency", parent=MINISTRY)
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=body)
    done = await _done(
        desk, "ReorganiseBody", body=body, kind="merged", into=[MINISTRY], heir=MINISTRY
    )
    assert done["waking"]
    moved = await _until_led_by(desk, number, MINISTRY)
    assert moved.actor == "system"


async def _until_led_by(desk: Bureau, number: str, body: str) -> Any:
    """The attribution of the event by which the body came to lead it; the test's timeout is the limit."""
    growth = 0
    while True:
        stored = await desk.store.read_stream(instruction_id(number))
        for event in map(event_of, stored[growth:]):
            if getattr(event, "lead", None) == body or getattr(event, "heir", None) == body:
                return event.by
        growth = len(stored)
        waited = await desk.get(
            "p-issuer", f"/instructions/{number}", params={"at_least": await desk.store.head()}
        )
        assert waited.status_code == 200


async def test_a_calendar_and_a_policy_are_published_and_looked_at(desk: Bureau) -> None:
    calendar = f"c-{uuid4()}"
    hours: list[dict[str, str]] = [{"start": "09:00", "end": "17:00"}]
    said: dict[str, Any] = {
        "calendar": calendar,
        "title": "Ours",
        "week": [hours] * 5 + [[], []],
        "days": [{"on": "2026-01-01", "hours": [], "name": "New Year"}],
        "first": "2026-01-01",
        "last": "2027-12-31",
        "origin": "by hand",
    }
    await _done(desk, "PublishCalendar", **said)
    assert (await _done(desk, "FollowCalendar", body="agency", calendar=calendar))["waking"]
    told = (
        await desk.get("p-lead", f"/directory/calendars/{calendar}", params={"year": 2026})
    ).json()
    [year] = told["years"]
    assert (told["version"], told["bodies"]) == (1, ["agency"])
    assert [(day["on"], day["name"]) for day in year["days"]] == [("2026-01-01", "New Year")]
    assert year["working_days"] == 260
    beyond = await desk.get("p-lead", f"/directory/calendars/{calendar}", params={"year": 2030})
    assert (beyond.status_code, beyond.json()["code"]) == (422, "validation")
    policy = f"p-{uuid4().hex[:8]}"
    for before in ("P3D", "P5D"):
        rules = {"id": policy, "reminders": [{"id": "before", "offset": before}]}
        await _done(desk, "PublishPolicy", policy=rules)
    latest = (await desk.get("p-lead", f"/directory/policies/{policy}")).json()
    first = (
        await desk.get("p-lead", f"/directory/policies/{policy}", params={"version": 1})
    ).json()
    assert (latest["version"], first["version"], first["latest"]) == (2, 1, 2)
    assert first["rules"]["reminders"][0]["offset"] == "P3D"


async def _with(desk: Bureau, token: str, method: str, path: str, **asked: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await desk.client.request(method, API + path, headers=headers, **asked)


async def test_tokens_are_made_for_oneself_neither_wider_nor_longer_than_the_one_that_asks(
    desk: Bureau,
) -> None:
    narrow = await desk.token("p-lead", frozenset[Scope]({"read", "command"}))
    until = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    said = {"label": "script", "scopes": ["read"], "expires_at": until}
    made = await _with(desk, narrow, "POST", "/tokens", json=said)
    assert made.status_code == 201, made.text
    token = made.json()["token"]
    assert (await _with(desk, token, "GET", "/me")).json()["scopes"] == ["read"]
    wider = await _with(desk, narrow, "POST", "/tokens", json={**said, "scopes": ["audit"]})
    assert (wider.status_code, wider.json()["code"]) == (403, "scope-missing")
    reading = await _with(desk, token, "POST", "/tokens", json=said)
    assert (reading.status_code, reading.json()["code"]) == (403, "scope-missing")
    after_it = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    for when in ("2001-01-01T00:00:00Z", "2900-01-01T00:00:00Z", after_it):
        bad = await _with(desk, narrow, "POST", "/tokens", json={**said, "expires_at": when})
        assert (bad.status_code, bad.json()["code"]) == (422, "validation")
    listed = await desk.get("p-lead", "/tokens")
    [line] = [one for one in listed.json()["items"] if one["label"] == "script"]
    assert token not in listed.text
    assert line["id"] == made.json()["id"]
    assert {one["person"] for one in listed.json()["items"]} == {"p-lead"}
    assert (await desk.get("p-region", "/tokens", params={"person": "p-lead"})).status_code == 403
    theirs = await desk.get(ADMINISTRATOR, "/tokens", params={"person": "p-lead"})
    assert line["id"] in [one["id"] for one in theirs.json()["items"]]
    path = f"/tokens/{line['id']}"
    assert (await desk.ask("p-region", "DELETE", path)).status_code == 404
    assert (await desk.ask("p-lead", "DELETE", path)).status_code == 204
    assert (await _with(desk, token, "GET", "/me")).status_code == 401
    assert (await desk.ask("p-lead", "DELETE", path)).status_code == 404


async def test_an_address_of_one_s_calendar_is_told_once_and_ended(desk: Bureau) -> None:
    made = await desk.ask("p-lead", "POST", "/calendar-feeds", json={"language": "ru"})
    assert made.status_code == 201, made.text
    path = made.json()["path"]
    assert (await desk.client.get(path)).status_code == 200
    listed = await desk.get("p-lead", "/calendar-feeds")
    [line] = [one for one in listed.json()["items"] if one["language"] == "ru"]
    assert line["id"] == made.json()["id"]
    assert line["id"] not in path
    ended = f"/calendar-feeds/{line['id']}"
    assert (await desk.ask("p-region", "DELETE", ended)).status_code == 404
    assert (await desk.ask(ADMINISTRATOR, "DELETE", ended)).status_code == 204
    assert (await desk.client.get(path)).status_code == 404
