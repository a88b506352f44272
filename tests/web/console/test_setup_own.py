"""Tokens, sessions and channels of one's own; and measures that registrars enter."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.identifiers import instruction_id
from eventstore.codec import event_of
from importing.history import KINDS
from tests.web.bureau import API, CONTROL, COUNCIL, MINISTRY, REGION, Bureau
from tests.web.console.pages import Page, read, submit, visit
from web.console.labels import LABELS
from web.console.setup.measures import EVENT_OF

pytestmark = pytest.mark.asyncio(loop_scope="session")

_LEAD, _REGISTRAR = "p-lead", "p-registrar"
_HEADER = "number,text,issuer,controller,deadline,issued_on,lead,assigned_on,reported_on,report_text,accepted_on\n"


async def test_a_token_is_shown_once_and_ended(own_desk: Bureau) -> None:
    until = f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    label = f"mine {uuid4().hex[:6]}"
    said = {"label": label, "scopes": ["read"], "expires_at": until}
    page = await submit(own_desk, _LEAD, "/setup/tokens", said)
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    token = page.one("div", id="made").one("code").text
    headers = {"authorization": f"Bearer {token}"}
    asked = await own_desk.client.get(f"{API}/me", headers=headers)
    assert (asked.status_code, asked.json()["person"], asked.json()["scopes"]) == (
        200,
        _LEAD,
        ["read"],
    )
    listed = await visit(own_desk, _LEAD, "/setup/tokens")
    assert token not in listed.text
    [row] = [one for one in listed.all("tr") if label in one.text]
    russian = await visit(own_desk, _LEAD, "/setup/tokens", language="ru")
    [told] = [one.text for one in russian.all("tr") if label in one.text]
    assert "читать" in told
    ended = await submit(own_desk, _LEAD, "/setup/tokens", {"revoke": row.one("button")["value"]})
    assert ended.status == 303
    assert (await own_desk.client.get(f"{API}/me", headers=headers)).status_code == 401


async def test_a_token_that_is_refused_says_why_at_its_field(own_desk: Bureau) -> None:
    page = await submit(
        own_desk,
        _LEAD,
        "/setup/tokens",
        {"label": "", "scopes": ["read"], "expires_at": "2200-01-01T00:00"},
    )
    assert page.status == 422
    assert page.form("form").one("p", id="f-form-label-errors").text
    page = await submit(
        own_desk,
        _LEAD,
        "/setup/tokens",
        {"label": "long", "scopes": ["read"], "expires_at": "2200-01-01T00:00"},
    )
    assert "must lie ahead" in page.form("form").one("p", id="f-form-expires_at-errors").text
    assert page.form("form").one("input", name="label")["value"] == "long"


async def test_tokens_of_others_are_for_administrators(own_desk: Bureau) -> None:
    await own_desk.token("p-region")
    assert (
        "p-region"
        in (
            await visit(own_desk, "p-administrator", "/setup/tokens?person=p-region")
        ).main.text.lower()
    )
    assert (await visit(own_desk, _LEAD, "/setup/tokens?person=p-region")).status == 403
    mine = (await visit(own_desk, _LEAD, "/setup/tokens")).main.text.lower()
    assert "p-region" not in mine
    theirs = await own_desk.tokens.all("p-region")
    refused = await submit(own_desk, _LEAD, "/setup/tokens", {"revoke": theirs[0].id})
    assert refused.status == 404


@pytest.mark.parametrize("name", ["revoke", "end"])
async def test_what_is_no_id_names_nothing_that_is_there(own_desk: Bureau, name: str) -> None:
    for sent in ("0" * 11, "g" * 12, "A" * 12):
        page = await submit(own_desk, _LEAD, "/setup/tokens", {name: sent})
        assert page.status == 404
        assert sent not in page.text, "it is not so much as looked up"


async def test_a_test_notice_goes_by_the_persons_own_channels_alone(own_desk: Bureau) -> None:
    page = await visit(own_desk, _LEAD, "/setup/channels")
    assert [one["value"] for one in page.main.all("button", name="channel")] == ["log"]
    sent = await submit(own_desk, _LEAD, "/setup/channels", {"channel": "log"})
    assert "Log of this installation: handed over trial-" in sent.one("section", id="tried").text
    refused = await submit(own_desk, _LEAD, "/setup/channels", {"channel": "webhook"})
    assert refused.status == 422


async def test_a_person_has_five_test_notices_in_ten_minutes(own_desk: Bureau) -> None:
    for status in (200, 200, 200, 200, 200, 429):
        sent = await submit(own_desk, "p-agency", "/setup/channels", {"channel": "log"})
        assert sent.status == status
    assert int(sent.headers["retry-after"]) > 500
    assert (await submit(own_desk, "p-region", "/setup/channels", {"channel": "log"})).status == 200


async def test_a_channel_that_does_not_reach_says_why(own_desk: Bureau) -> None:
    person = f"t-{uuid4().hex[:8]}"
    registered = {
        "type": "RegisterPerson",
        "person": person,
        "name": "Tess",
        "webhook_url": "https://127.0.0.1:1/hook",
        "channels": ["webhook", "email"],
    }
    answer = await own_desk.ask("p-administrator", "POST", "/directory/commands", json=registered)
    assert answer.status_code == 200
    page = await submit(own_desk, person, "/setup/channels", {"channel": "all"})
    webhook, email = (one.text for one in page.one("section", id="tried").all("li"))
    assert "not delivered: the webhook leads into a network that is not public" in webhook
    assert "127.0.0.1" not in webhook
    assert "not delivered: it is not set up in the process that serves these pages" in email


async def _file(
    own_desk: Bureau, person: str, text: str, type_: str = "check", **said: Any
) -> Page:
    headers = {"authorization": f"Bearer {await own_desk.token(person)}", "accept": "text/html"}
    answer: httpx.Response = await own_desk.client.post(
        "/setup/import",
        headers=headers,
        data={"type": type_, **said},
        files={"file": ("measures.csv", text.encode(), "text/csv")},
    )
    own_desk.client.cookies.clear()
    return read(answer)


def _row(number: str, issuer: str = COUNCIL, lead: str = MINISTRY) -> str:
    return f"{number},Do it,{issuer},{CONTROL},2024-12-31,2024-01-10,{lead},2024-01-11,2024-06-01,Done.,2024-06-10\n"


async def test_measures_are_checked_first_and_then_entered_from_the_same_file(
    own_desk: Bureau,
) -> None:
    number = f"I-{uuid4().hex[:8]}"
    text = _HEADER + _row(number)
    page = await _file(own_desk, _REGISTRAR, text)
    assert page.status == 200
    assert "New instructions 1" in page.one("section", id="found").text
    assert "Instruction completed 1" in page.one("section", id="found").text
    stream = instruction_id(number)
    assert await own_desk.store.read_stream(stream) == []
    checked = page.fields("import")["sha256"]
    other = await _file(
        own_desk, _REGISTRAR, text.replace("Do it", "Do that"), "import", sha256=checked
    )
    assert other.status == 422
    assert "is not the file that was checked" in other.form("import").text
    assert await own_desk.store.read_stream(stream) == []
    done = await _file(own_desk, _REGISTRAR, text, "import", sha256=checked)
    assert "Facts recorded 4" in done.one("section", id="result").text
    [first, *_] = await own_desk.store.read_stream(stream)
    by = event_of(first).by
    assert (by.actor, by.identity.kind, by.backdating_reason) == (
        _REGISTRAR,
        "authenticated",
        "import of measures.csv",
    )
    again = await _file(own_desk, _REGISTRAR, text, "import", sha256=checked)
    assert "Facts recorded 0 Facts known already 4" in again.one("section", id="result").text


async def test_rows_with_problems_are_told_and_left_out_only_if_asked_to(own_desk: Bureau) -> None:
    good, bad = f"I-{uuid4().hex[:8]}", f"I-{uuid4().hex[:8]}"
    text = _HEADER + _row(good) + _row(bad, lead="nowhere")
    page = await _file(own_desk, _REGISTRAR, text)
    table = next(one for one in page.all("table") if "What is wrong, and the way out" in one.text)
    [problem] = list(table.one("tbody").all("tr"))
    assert problem.text.startswith("3 – lead")
    checked = page.fields("import")["sha256"]
    nothing = await _file(own_desk, _REGISTRAR, text, "import", sha256=checked)
    assert "Nothing was imported." in nothing.one("section", id="result").text
    assert await own_desk.store.read_stream(instruction_id(good)) == []
    some = await _file(own_desk, _REGISTRAR, text, "import", sha256=checked, skip_bad="true")
    assert "Rows left out 1" in some.one("section", id="result").text
    assert await own_desk.store.read_stream(instruction_id(good)) != []
    assert await own_desk.store.read_stream(instruction_id(bad)) == []


async def test_only_registrars_enter_what_happened_earlier(own_desk: Bureau) -> None:
    for person in ("p-issuer", "p-administrator", "p-nobody"):
        assert (await visit(own_desk, person, "/setup/import")).status == 403
        assert (await _file(own_desk, person, _HEADER + _row("X-1"))).status == 403


async def test_a_registrar_is_told_nothing_of_an_instruction_that_is_none_of_theirs(
    own_desk: Bureau,
) -> None:
    """By what differs from it, a file could ask what it says."""
    person = await _ministrys_registrar(own_desk)
    number = f"I-{uuid4().hex[:8]}"
    text = _HEADER + _row(number)
    page = await _file(own_desk, _REGISTRAR, text)
    await _file(own_desk, _REGISTRAR, text, "import", sha256=page.fields("import")["sha256"])
    told = await _file(own_desk, person, text.replace("Do it", "Do that"))
    assert "is there already, and is not for you" in told.main.text
    assert "differs" not in told.main.text
    own = await _file(own_desk, _REGISTRAR, text.replace("Do it", "Do that"))
    assert "it differs from what was imported before" in own.main.text


async def _ministrys_registrar(own_desk: Bureau) -> str:
    office = f"{MINISTRY}.registrar-{uuid4().hex[:6]}"
    person = f"r-{uuid4().hex[:8]}"
    for said in (
        {"type": "RegisterPerson", "person": person, "name": "Reg"},
        {"type": "RegisterOffice", "office": office, "body": MINISTRY, "office_kind": "registrar"},
        {"type": "Appoint", "person": person, "office": office, "since": "2020-01-01"},
    ):
        answer = await own_desk.ask("p-administrator", "POST", "/directory/commands", json=said)
        assert answer.status_code == 200, answer.text
    return person


async def test_a_registrar_is_told_nothing_of_a_programme_that_is_not_for_them(
    own_desk: Bureau,
) -> None:
    """Whose it is, the rule's own sentence says; and that it is there."""
    person = await _ministrys_registrar(own_desk)
    theirs, none = f"P-{uuid4()}", f"P-{uuid4()}"
    adopted = {
        "type": "AdoptProgramme",
        "programme": theirs,
        "title": "The region's",
        "body": REGION,
        "period_start": "2023-01-01",
        "period_end": "2028-12-31",
    }
    answer = await own_desk.ask("p-region", "POST", "/programmes", json=adopted)
    assert answer.status_code == 201, answer.text
    header = _HEADER.replace("\n", ",programme\n")
    row = _row(f"I-{uuid4().hex[:8]}", issuer=MINISTRY).replace("\n", "")
    for programme in (theirs, none):
        page = await _file(own_desk, person, f"{header}{row},{programme}\n")
        told = page.main.text
        assert f"no programme {programme} is known, or it is not for you" in told
        assert "may not issue under" not in told
    asked = {"person": person, "outcome": "command-refused"}
    noted = (await own_desk.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    assert [(one["subject"], one["code"]) for one in noted] == [
        (row.split(",")[0], "not-authorised")
    ]
    in_the_open = await _file(own_desk, "p-registrar", f"{header}{row},{theirs}\n")
    assert "only region and bodies below it may do so" in in_the_open.main.text


async def test_each_fact_of_a_file_has_a_word() -> None:
    commands = {kind.command.__name__ for kind in KINDS}
    assert commands == set(EVENT_OF)
    assert set(EVENT_OF.values()) <= set(LABELS["event"])


@pytest.mark.parametrize("mapping", ["oops", "ж" * 33_000], ids=["no mapping", "too long"])
async def test_a_mapping_that_makes_no_sense_is_told_at_its_field(
    own_desk: Bureau, mapping: str
) -> None:
    page = await _file(own_desk, _REGISTRAR, _HEADER, mapping=mapping)
    assert page.status == 422
    assert page.form("check").one("p", id="f-check-mapping-errors").text
    assert page.form("check").one("textarea").text == mapping


async def test_a_file_of_too_many_measures_is_refused(own_desk: Bureau) -> None:
    text = _HEADER + "".join(_row(f"M-{n}") for n in range(501))
    page = await _file(own_desk, _REGISTRAR, text)
    assert page.status == 422
    assert "500 are taken at a time" in page.form("check").text
