"""The directory's pages: who sees what, what administrators change there, and what stands beside a field that is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.web.bureau import AGENCY, CONTROL, COUNCIL, MINISTRY, Bureau
from tests.web.console.pages import Page, fill, submit, visit
from tests.web.lost_answers import answered_when_cut

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ADMINISTRATOR, _LEAD, _NOBODY = "p-administrator", "p-lead", "p-nobody"
_AHEAD, _BEHIND = "Pacific/Kiritimati", "Etc/GMT+12"
"""14 hours ahead of UTC, and 12 behind it."""


async def _taken(own_desk: Bureau, path: str, type_: str, /, **said: Any) -> Page:
    """The page that is come to."""
    answer = await fill(own_desk, _ADMINISTRATOR, path, type_, said)
    assert answer.status == 303, answer.main.text
    return await visit(own_desk, _ADMINISTRATOR, answer.headers["location"])


def _named(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


async def test_each_finds_what_is_for_them(own_desk: Bureau) -> None:
    nobody = (await visit(own_desk, _NOBODY, "/setup")).main.text
    assert "How I am told" in nobody
    assert "Directory" not in nobody
    lead = (await visit(own_desk, _LEAD, "/setup")).main.text
    assert "Directory" in lead
    assert "Import of measures" not in lead
    assert "Import of measures" in (await visit(own_desk, "p-registrar", "/setup")).main.text


@pytest.mark.parametrize("path", ["", "/bodies/council", "/persons", "/persons/p-lead"])
async def test_the_directory_is_for_whoever_holds_an_office(own_desk: Bureau, path: str) -> None:
    assert (await visit(own_desk, _LEAD, f"/setup/directory{path}")).status == 200
    assert (await visit(own_desk, _NOBODY, f"/setup/directory{path}")).status == 403
    then = f"as_of={datetime.now(UTC).date() - timedelta(days=1)}"
    assert (await visit(own_desk, _NOBODY, f"/setup/directory{path}?{then}")).status == 403
    own = f"/setup/directory/persons/{_NOBODY}?{then}"
    assert (await visit(own_desk, _NOBODY, own)).status == 200


async def test_bodies_stand_below_each_other_and_are_found_by_words(own_desk: Bureau) -> None:
    page = await visit(own_desk, _LEAD, "/setup/directory")
    tree = page.one("section", id="bodies")
    council = next(one for one in tree.all("li") if one.text.startswith("Council Council"))
    ministry = next(one for one in council.all("li") if one.text.startswith("Ministry"))
    assert f"/setup/directory/bodies/{AGENCY}" in [one["href"] for one in ministry.all("a")]
    found = await visit(own_desk, _LEAD, "/setup/directory?q=AGEN")
    links = [one["href"] for one in found.one("section", id="bodies").all("a")]
    assert links == [f"/setup/directory/bodies/{AGENCY}"]


async def test_a_body_tells_its_offices_and_only_administrators_have_forms(
    own_desk: Bureau,
) -> None:
    path = f"/setup/directory/bodies/{MINISTRY}"
    page = await visit(own_desk, _LEAD, path)
    assert "P-Lead" in page.one("table").text
    assert not [one for one in page.main.all("form") if one["method"] == "post"]
    told = await visit(own_desk, _ADMINISTRATOR, path)
    types = {one["value"] for one in told.main.all("input", name="type")}
    assert {"RenameBody", "MoveBody", "CloseBody", "ReorganiseBody", "Appoint"} <= types
    assert (await visit(own_desk, _LEAD, "/setup/directory/bodies/none")).status == 404


async def test_whoever_may_not_is_refused_by_the_rules_as_well(own_desk: Bureau) -> None:
    said = {"type": "RenameBody", "name": "Mine", "idempotency_key": str(uuid4())}
    page = await submit(own_desk, _LEAD, f"/setup/directory/bodies/{COUNCIL}", said)
    assert page.status == 422  # the page has no such form for them
    assert "Mine" not in (await visit(own_desk, _LEAD, "/setup/directory")).main.text


async def test_a_body_lives_through_all_its_forms(own_desk: Bureau) -> None:
    body, other = _named("body"), _named("body")
    path = f"/setup/directory/bodies/{body}"
    for id_ in (body, other):
        page = await _taken(
            own_desk, "/setup/directory", "RegisterBody",
            body=id_, name=f"The {id_}", body_kind="agency", parent=MINISTRY, zone="Europe/Minsk",
        )  # fmt: skip
        assert page.one("h1").text == f"The {id_}"
        assert page.one("div", id="done").text == "Recorded."
    assert (await _taken(own_desk, path, "RenameBody", name="Renamed")).one("h1").text == "Renamed"
    page = await _taken(own_desk, path, "MoveBody", parent="")
    crumbs = page.one("nav", class_="breadcrumbs").text
    assert MINISTRY.title() not in crumbs
    office = f"{body}.head"
    page = await _taken(
        own_desk, path, "RegisterOffice", office=office, office_kind="head", title="Chair"
    )
    assert "Chair" in page.one("table").text
    page = await _taken(
        own_desk, path, "Appoint", office=office, person="p-region", since="2020-01-01"
    )
    assert page.status == 200
    page = await _taken(own_desk, path, "CloseOffice", office=office, on="2098-06-01")
    assert "closed from 1 Jun 2098 on" in page.one("table").text
    page = await _taken(
        own_desk, path, "ReorganiseBody", kind="merged", into=[other], heir=other, on=""
    )
    assert f"The {other}" in page.main.text
    page = await _taken(own_desk, f"/setup/directory/bodies/{other}", "CloseBody", on="")
    assert "Gone from" in page.main.text


async def test_a_body_that_is_being_founded_gets_its_day(own_desk: Bureau) -> None:
    body = _named("body")
    path = f"/setup/directory/bodies/{body}"
    page = await _taken(
        own_desk, "/setup/directory", "RegisterBody",
        body=body, name="To come", body_kind="joint-body", zone="UTC", established_on="2098-01-01",
    )  # fmt: skip
    page = await _taken(own_desk, path, "EstablishBody", on="2020-01-01")
    assert "1 Jan 2020" in page.main.text
    assert not list(page.main.all("form", id="form-EstablishBody"))


async def test_what_is_refused_stands_beside_its_field_with_what_was_entered(
    own_desk: Bureau,
) -> None:
    page = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/directory",
        "RegisterBody",
        {"body": COUNCIL, "name": "Second", "body_kind": "council", "zone": "Europe/Nowhere"},
    )
    assert page.status in (409, 422)
    form = page.form("RegisterBody")
    wrong = [one for one in form.all() if one.attributes.get("aria-invalid") == "true"]
    assert {one["name"] for one in wrong} & {"body", "zone"}
    assert form.one("input", name="name")["value"] == "Second"
    page = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/directory",
        "RegisterBody",
        {"body": _named("b"), "name": "N", "body_kind": "agency", "established_on": "soon"},
    )
    assert (
        "is no day"
        in page.form("RegisterBody").one("p", id="f-RegisterBody-established_on-errors").text
    )


async def test_a_person_is_registered_reached_and_erased(own_desk: Bureau) -> None:
    person = _named("person")
    path = f"/setup/directory/persons/{person}"
    page = await _taken(
        own_desk, "/setup/directory", "RegisterPerson",
        person=person, name="Ada Example", email="ada@example.org", channels=["log", "email"],
    )  # fmt: skip
    assert page.one("h1").text == "Ada Example"
    assert "ada@example.org" in page.main.text
    others = await visit(own_desk, _LEAD, path)
    assert "Ada Example" in others.main.text
    assert "ada@example.org" not in others.main.text
    page = await _taken(own_desk, path, "SetChannels", channels="log")
    assert "E-mail ada@example.org" in page.main.text
    page = await _taken(own_desk, path, "ReplacePersonDetails", name="Ada Other", email="")
    assert page.one("h1").text == "Ada Other"
    assert "ada@example.org" not in page.main.text
    page = await _taken(own_desk, path, "Appoint", office="region.head", since="2098-01-01")
    assert "1 Jan 2098" in page.one("table").text
    page = await _taken(own_desk, path, "EndAppointment", office="region.head", until="2097-01-01")
    assert page.status == 200
    erased = await fill(own_desk, _ADMINISTRATOR, path, "ErasePerson", {"reason": "asked for it"})
    assert erased.status == 200
    assert person in erased.one("pre").text
    page = await visit(own_desk, _ADMINISTRATOR, path)
    assert "erased: nothing is kept of them" in page.main.text
    assert "Ada" not in page.main.text
    assert not list(page.main.all("input", name="type"))


@pytest.mark.parametrize(
    ("type_", "name", "rest"),
    [
        ("RegisterBody", "body", {"name": "N", "body_kind": "agency", "zone": "UTC"}),
        ("RegisterPerson", "person", {"name": "N", "channels": "log"}),
    ],
)
async def test_an_id_that_was_pasted_with_blanks_leads_to_its_page(
    own_desk: Bureau, type_: str, name: str, rest: dict[str, str]
) -> None:
    id_ = _named("pasted")
    page = await _taken(own_desk, "/setup/directory", type_, **{name: f" {id_} "}, **rest)
    assert (page.status, page.one("h1").text) == (200, "N")


async def test_a_bad_address_is_told_at_its_field(own_desk: Bureau) -> None:
    page = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/directory",
        "RegisterPerson",
        {
            "person": _named("person"),
            "name": "Ada",
            "email": "nowhere",
            "webhook_url": "ftp://example.org",
        },
    )
    form = page.form("RegisterPerson")
    assert page.status == 422
    assert form.one("p", id="f-RegisterPerson-email-errors").text
    assert form.one("p", id="f-RegisterPerson-webhook_url-errors").text


async def test_people_are_found_by_name(own_desk: Bureau) -> None:
    page = await visit(own_desk, _LEAD, "/setup/directory/persons?q=p-contr")
    assert [one.text for one in page.one("tbody").all("tr")] == [
        f"P-Controller p-controller Officer, {CONTROL.title()}"
    ]


async def test_an_absence_is_set_and_ended(own_desk: Bureau) -> None:
    today = datetime.now(UTC).date()
    page = await _taken(
        own_desk, "/setup/absences", "Substitute",
        absent="p-region", substitute="p-agency", since=str(today + timedelta(days=900)), reason="leave",
    )  # fmt: skip
    [row] = [one for one in page.one("tbody").all("tr") if "P-Region" in one.text]
    assert "P-Agency" in row.text
    assert "to come" in row.text
    form = page.form("EndSubstitution")
    which = next(one["value"] for one in form.all("option") if "P-Region" in one.text)
    page = await _taken(
        own_desk, "/setup/absences", "EndSubstitution", which=which, until=str(today)
    )
    assert "P-Region" not in page.one("table").text
    assert (
        "P-Region" in (await visit(own_desk, _LEAD, "/setup/absences?over=true")).one("table").text
    )
    refused = await fill(
        own_desk,
        _ADMINISTRATOR,
        "/setup/absences",
        "Substitute",
        {"absent": "p-region", "substitute": "p-region", "since": str(today), "reason": "leave"},
    )
    assert refused.status == 422
    assert list(refused.form("Substitute").all("p", role="alert"))


async def test_of_two_absences_of_one_pair_the_chosen_one_is_ended(own_desk: Bureau) -> None:
    path, today = "/setup/absences", datetime.now(UTC).date()
    coming = today + timedelta(days=60)
    pair = {"absent": "p-stranger", "substitute": "p-region", "reason": "leave"}
    for since, until in ((today, today + timedelta(days=20)), (coming, "")):
        await _taken(own_desk, path, "Substitute", **pair, since=str(since), until=str(until))
    page = await visit(own_desk, _ADMINISTRATOR, path)
    offered = [
        one["value"]
        for one in page.form("EndSubstitution").all("option")
        if "P-Stranger" in one.text
    ]
    running, to_come = offered
    page = await _taken(own_desk, path, "EndSubstitution", which=to_come, until=str(today))
    rows = [one.text for one in page.one("tbody").all("tr") if "P-Stranger" in one.text]
    assert [("holds now" in row, "to come" in row) for row in rows] == [(True, False)]
    said = {"which": to_come, "until": str(today)}
    again = await fill(own_desk, _ADMINISTRATOR, path, "EndSubstitution", said)
    assert again.status == 422  # it is over, and the other one is not ended in its place
    assert f"{coming}" in again.form("EndSubstitution").text
    [which] = again.form("EndSubstitution").all("select")
    assert which["aria-invalid"] == "true"
    before = str(today - timedelta(days=1))
    page = await _taken(own_desk, path, "EndSubstitution", which=running, until=before)
    assert "P-Stranger" not in page.one("table").text


async def test_a_form_whose_outcome_is_unknown_is_shown_as_it_was_sent_and_recorded_once(
    own_desk: Bureau,
) -> None:
    path = "/setup/absences"
    said = (await visit(own_desk, _ADMINISTRATOR, path)).fields("Substitute") | {
        "absent": "p-other-operator", "substitute": "p-region", "since": "2098-01-01", "reason": "on leave",
    }  # fmt: skip
    sending = submit(own_desk, _ADMINISTRATOR, path, said, language="ru")
    page = await answered_when_cut(own_desk.settings.database_url, sending)
    assert page.status == 503, page.text
    shown = page.fields("Substitute")
    assert {name: shown[name] for name in said} == said
    for _ in range(2):
        answer = await submit(own_desk, _ADMINISTRATOR, path, said)
        assert answer.status == 303, answer.main.text
    table = (await visit(own_desk, _ADMINISTRATOR, path)).one("tbody").text
    assert table.count("P-Other-Operator") == 1


async def test_what_ends_its_own_form_is_answered_again_to_whoever_sends_it_twice(
    own_desk: Bureau,
) -> None:
    body, person, today = _named("body"), _named("person"), str(datetime.now(UTC).date())
    await _taken(
        own_desk, "/setup/directory", "RegisterBody",
        body=body, name="N", body_kind="agency", zone="UTC", established_on="2098-01-01",
    )  # fmt: skip
    path, office = f"/setup/directory/bodies/{body}", f"{body}.head"
    await _taken(own_desk, path, "RegisterOffice", office=office, office_kind="head", title="T")
    for type_, said in (
        ("EstablishBody", {"on": today}),
        ("CloseOffice", {"office": office, "on": today}),
        ("CloseBody", {"on": today}),
        ("ReorganiseBody", {"kind": "merged", "into": COUNCIL, "heir": COUNCIL, "on": today}),
    ):
        await _answered_twice(own_desk, path, type_, **said)
    refused = await submit(
        own_desk, _ADMINISTRATOR, path, {"type": "CloseBody", "idempotency_key": str(uuid4())}
    )
    assert refused.status == 422
    assert list(refused.form("CloseBody").all(role="alert"))

    await _taken(own_desk, "/setup/directory", "RegisterPerson", person=person, name="Ada", channels="log")  # fmt: skip
    path = f"/setup/directory/persons/{person}"
    fields = (await visit(own_desk, _ADMINISTRATOR, path)).fields("ErasePerson")
    said = fields | {"reason": "asked for it"}
    first, again = [await submit(own_desk, _ADMINISTRATOR, path, said) for _ in range(2)]
    assert (first.status, again.status) == (200, 200)
    told = f"Name, addresses and salts of {person} are deleted."
    assert (told in first.main.text, told in again.main.text) == (True, True)
    assert person in again.one("pre").text


async def _answered_twice(own_desk: Bureau, path: str, type_: str, /, **said: Any) -> None:
    fields = (await visit(own_desk, _ADMINISTRATOR, path)).fields(type_)
    answers = [await submit(own_desk, _ADMINISTRATOR, path, fields | said) for _ in range(2)]
    assert [one.status for one in answers] == [303, 303], (type_, answers[-1].main.text)
    assert answers[0].headers["location"] == answers[1].headers["location"]


async def test_the_last_absence_that_is_ended_twice_is_answered_twice(own_desk: Bureau) -> None:
    path, today = "/setup/absences", datetime.now(UTC).date()
    await _taken(
        own_desk, path, "Substitute",
        absent="p-lead", substitute="p-agency", since=str(today), reason="leave",
    )  # fmt: skip
    options = (await visit(own_desk, _ADMINISTRATOR, path)).form("EndSubstitution").all("option")
    offered = [one["value"] for one in options if one["value"]]
    last, *others = sorted(offered, key=lambda one: "p-lead" not in one)
    before = str(today - timedelta(days=1))
    for which in others:
        await _taken(own_desk, path, "EndSubstitution", which=which, until=before)
    await _answered_twice(own_desk, path, "EndSubstitution", which=last, until=before)
    page = await visit(own_desk, _ADMINISTRATOR, path)
    assert "EndSubstitution" not in {one["value"] for one in page.all("input", name="type")}


async def test_ones_own_preferences_are_ones_own_to_set(own_desk: Bureau) -> None:
    path = "/setup/preferences"
    fields = (await visit(own_desk, _NOBODY, path)).fields("SetPreferences")
    said = {
        **fields,
        "language": "ru",
        "quiet.start": "20:00",
        "quiet.end": "08:00",
        "working_days_only": "true",
        "muted": ["CompletionReported"],
    }
    answer = await submit(own_desk, _NOBODY, path, said)
    assert answer.status == 303, answer.main.text
    page = await visit(own_desk, _NOBODY, path)
    now = page.fields("SetPreferences")
    assert (now["language"], now["quiet.start"], now["quiet.end"]) == ("ru", "20:00", "08:00")
    assert [
        one["value"] for one in page.all("input", name="muted") if "checked" in one.attributes
    ] == ["CompletionReported"]
    refused = await submit(
        own_desk, _NOBODY, path, {**said, "quiet.end": "25:99", "idempotency_key": str(uuid4())}
    )
    assert refused.status == 422
    assert refused.form("SetPreferences").one("input", name="quiet.end")["aria-invalid"] == "true"


async def test_a_day_begins_where_the_body_is(own_desk: Bureau) -> None:
    body, name = _named("body"), "The old name"
    await _taken(
        own_desk, "/setup/directory", "RegisterBody",
        body=body, name=name, body_kind="agency", zone=_AHEAD, established_on="2026-01-16",
    )  # fmt: skip
    await _taken(own_desk, f"/setup/directory/bodies/{body}", "RenameBody", name="R", on="2026-01-16")  # fmt: skip
    for moment, called, to_come in (
        ("2026-01-15T09:59Z", name, True),
        ("2026-01-15T10:00Z", "R", False),
    ):
        page = await visit(own_desk, _LEAD, f"/setup/directory?q={body}&as_of={moment}")
        line = page.one("section", id="bodies").one("li").text
        assert (called in line, "from 16 Jan 2026 on" in line) == (True, to_come)


async def test_an_office_is_offered_until_its_day_has_begun_where_it_is(own_desk: Bureau) -> None:
    now = datetime.now(UTC)
    zone = _AHEAD if now.hour >= 10 else _BEHIND  # where it is not the day that it is in UTC
    there = now.astimezone(ZoneInfo(zone)).date()
    body = _named("body")
    office = f"{body}.head"
    await _taken(
        own_desk, "/setup/directory", "RegisterBody",
        body=body, name="N", body_kind="agency", zone=zone,
    )  # fmt: skip
    path = f"/setup/directory/bodies/{body}"
    await _taken(own_desk, path, "RegisterOffice", office=office, office_kind="head", title="T")
    on = max(there, now.date())
    await _taken(own_desk, path, "CloseOffice", office=office, on=str(on))
    page = await visit(own_desk, _ADMINISTRATOR, "/setup/absences")
    offered = {one["value"] for one in page.form("Substitute").all("input", name="offices")}
    assert (office in offered) == (there < on)


async def test_the_directory_is_shown_as_it_held_on_a_day(own_desk: Bureau) -> None:
    body, name = _named("body"), "The old name"
    await _taken(
        own_desk,
        "/setup/directory",
        "RegisterBody",
        body=body,
        name=name,
        body_kind="agency",
        zone="UTC",
    )
    path = f"/setup/directory/bodies/{body}"
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    await _taken(own_desk, path, "RenameBody", name="The new name")
    then = await visit(own_desk, _ADMINISTRATOR, f"{path}?as_of={yesterday}")
    assert then.one("h1").text == name
    assert not list(then.main.all("input", name="type"))
    unknown = await visit(own_desk, _ADMINISTRATOR, f"{path}?as_of={yesterday}&by=recorded")
    assert unknown.status == 404
