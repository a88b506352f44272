"""What is late, escalated, open or due, over HTTP; and of one instruction why, what was sent, and its files."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import httpx
import pytest

from cli.web_services import open_web, patience_of
from domain.identifiers import instruction_id
from tests.staging import TZDATA
from tests.web.bureau import API, CONTROL, COUNCIL, MINISTRY, OTHER, Bureau
from web.serving import listen, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BYTES = {"content-type": "application/octet-stream"}
_ELSEWHERE = ("p-stranger", "p-other-operator", "p-other-auditor", "p-region", "p-nobody")
_LATER = "2100-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def desk(own_desk: Bureau) -> Bureau:
    """Lists are read whole here: nothing that other files did may stand in them."""
    return own_desk


def _number() -> str:
    return f"W-{uuid4()}"


async def _assigned(desk: Bureau, number: str, **said: Any) -> int:
    await desk.issued(number, **said)
    return await desk.done("p-issuer", number, "Assign", lead=MINISTRY)


async def _numbers(desk: Bureau, person: str, path: str, **asked: Any) -> list[str]:
    answer = await desk.get(person, path, params=asked)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def test_what_is_late_now_is_told_to_who_watches_it_and_counted_for_nobody_else(
    desk: Bureau,
) -> None:
    await _assigned(desk, _number())  # the first takes longer than any other
    number = _number()
    due = datetime.now(UTC) + timedelta(seconds=3)
    position = await _assigned(desk, number, deadline={"at": due.isoformat()})
    async with asyncio.timeout(60):
        while True:
            if number in await _numbers(desk, "p-operator", "/late", at_least=position):
                break
            await asyncio.sleep(0.2)
    told = (await desk.get("p-operator", "/late", params={"body": COUNCIL})).json()
    [line] = [one for one in told["items"] if one["number"] == number]
    assert line["leads"] == [MINISTRY]
    assert (line["behind_with"], line["heard_at"]) == ("deadline", None)
    assert told["total"]["instructions"] == len(told["items"])
    assert [one["lead"] for one in told["by_lead"]] == [MINISTRY]
    for person in (*_ELSEWHERE, "p-lead"):
        for asked in ({}, {"as_of": _LATER}, {"as_recorded": _LATER}, {"body": MINISTRY}):
            answered = await desk.get(person, "/late", params=asked)
            assert answered.status_code in (200, 403), answered.text
            answer = answered.json()
            assert (answer.get("items", []), answer.get("by_lead", [])) == ([], []), person
            assert answer.get("total", {"instructions": 0})["instructions"] == 0, person


async def test_what_was_late_as_of_a_moment_goes_in_pages(desk: Bureau) -> None:
    sector = str(uuid4())
    position = 0
    for n in range(3):
        position = await desk.issued(
            f"{sector}-{n}", deadline={"on": f"2098-0{3 - n}-01"}, sector=sector
        )
    found: list[str] = []
    asked: dict[str, Any] = {"sector": sector, "as_of": _LATER, "limit": 2, "at_least": position}
    for pages in (1, 2):
        answer = (await desk.get("p-issuer", "/late", params=asked)).json()
        assert answer["total"]["instructions"] == 3
        found += [one["number"] for one in answer["items"]]
        assert (answer["next"] is None) == (pages == 2)
        asked["after"] = answer["next"]
    assert found == [f"{sector}-{n}" for n in (2, 1, 0)]
    both = await desk.get("p-issuer", "/late", params={"as_of": _LATER, "as_recorded": _LATER})
    assert (both.status_code, both.json()["code"]) == (422, "validation")
    far = await desk.get("p-issuer", "/late", params={"as_of": "8999-01-01T00:00:00Z"})
    assert far.status_code == 200, far.text


@pytest.mark.parametrize("path", ["/late", "/escalations", "/agenda"])
async def test_a_cursor_that_names_no_place_is_refused(desk: Bureau, path: str) -> None:
    for after in ("x", "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z/N", "/N"):
        answer = await desk.get("p-issuer", path, params={"after": after})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor"), after


async def test_the_queue_of_escalations_is_of_those_who_may_act_on_it(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    position = await desk.done(
        "p-operator", number, "Escalate", to="controller", reason="Nothing is heard."
    )
    asked = {"at_least": position, "issuer": COUNCIL}
    told = (await desk.get("p-controller", "/escalations", params=asked)).json()
    [line] = [one for one in told["items"] if one["number"] == number]
    assert (line["standing"], line["to"], line["body"]) == ("open", "controller", CONTROL)
    assert (line["escalated_by"], line["reason"]) == ("p-operator", "Nothing is heard.")
    until = "2099-01-01T00:00:00Z"
    position = await desk.done("p-operator", number, "Snooze", until=until, reason="Wait.")
    asked = {"at_least": position}
    assert number not in await _numbers(desk, "p-operator", "/escalations", **asked)
    silenced = await _numbers(desk, "p-operator", "/escalations", standing="silenced", **asked)
    assert number in silenced
    for person in (*_ELSEWHERE, "p-lead"):
        for standing in ("open", "silenced"):
            answer = await desk.get(person, "/escalations", params={"standing": standing})
            assert (answer.json()["items"], answer.json()["total"]) == ([], 0), person


async def test_the_agenda_is_what_one_s_own_bodies_have_open(desk: Bureau) -> None:
    number = _number()
    position = await _assigned(desk, number, deadline={"on": "2097-01-01"})
    agenda = {"at_least": position, "limit": 500}
    for person in ("p-lead", "p-controller"):
        assert number in await _numbers(desk, person, "/agenda", **agenda)
    # The issuer's head is neither its lead nor its controller; operators and auditors do not act for a body.
    for person in (*_ELSEWHERE, "p-issuer", "p-operator", "p-ministry-auditor", "p-agency"):
        assert number not in await _numbers(desk, person, "/agenda", **agenda), person
    assert await _numbers(desk, "p-stranger", "/agenda", body=MINISTRY) == []
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        asked = {"limit": 1, "body": MINISTRY, "after": after} if after else {"limit": 1}
        page = (await desk.get("p-lead", "/agenda", params=asked)).json()
        found += [one["number"] for one in page["items"]]
        after = page["next"]
    assert found == await _numbers(desk, "p-lead", "/agenda", **agenda)


async def test_the_ledger_and_deliveries_tell_who_may_know_whom_was_written_to(
    desk: Bureau,
) -> None:
    number = _number()
    await _assigned(desk, number)
    async with asyncio.timeout(60):
        while True:
            told = (await desk.get("p-issuer", f"/instructions/{number}/deliveries")).json()
            if told["items"] and all(one["outcome"] == "accepted" for one in told["items"]):
                break
            await asyncio.sleep(0.2)
    assert {(one["event"], one["recipient"]) for one in told["items"]} == {
        ("InstructionAssigned", "p-lead")
    }
    position = await desk.store.head()
    asked = {"instruction": number, "at_least": position}
    [of_it] = (await desk.get("p-operator", "/ledger", params=asked)).json()["items"]
    assert "planned" in {entry["status"] for entry in of_it["entries"]}
    assert await _numbers(desk, "p-operator", "/ledger", status="failed", **asked) == []
    for person in (*_ELSEWHERE, "p-lead"):
        assert await _numbers(desk, person, "/ledger", **asked) == [], person
    assert (await desk.get("p-lead", f"/instructions/{number}/deliveries")).status_code == 403


async def test_why_each_moment_is_due_then_is_told_as_of_any_moment(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    path = f"/instructions/{number}/explanation"
    told = (await desk.get("p-lead", path)).json()
    statuses = {one["status"] for one in told["moments"]}
    assert "planned" in statuses
    assert all(one["basis"]["policy"] for one in told["moments"] if one["computed"])
    early = await desk.get("p-lead", path, params={"as_recorded": "2001-01-01T00:00:00Z"})
    assert early.status_code == 404


def _kept(desk: Bureau) -> set[Path]:
    folder = Path(unquote(urlsplit(desk.settings.evidence_url or "").path))
    return {path for path in folder.rglob("*") if path.is_file()}


async def _attach(
    desk: Bureau, person: str, number: str, content: bytes, name: str, **asked: Any
) -> httpx.Response:
    return await desk.ask(
        person,
        "POST",
        f"/instructions/{number}/evidence",
        content=content,
        params={"name": name},
        headers=_BYTES,
        **asked,
    )


async def test_a_file_is_attached_once_listed_and_comes_back_as_it_was(desk: Bureau) -> None:
    number, key = _number(), str(uuid4())
    await _assigned(desk, number)
    content = f"<script>{number}</script>".encode()
    first = await _attach(desk, "p-lead", number, content, 'отчёт "1".html', key=key)
    assert first.status_code == 201, first.text
    again = await _attach(desk, "p-lead", number, content, 'отчёт "1".html', key=key)
    assert again.json()["position"] == first.json()["position"]
    [listed] = (await desk.get("p-issuer", f"/instructions/{number}/evidence")).json()["items"]
    assert listed["name"] == 'отчёт "1".html'
    assert (listed["size"], listed["by"]) == (len(content), "p-lead")
    fetched = await desk.client.get(
        first.headers["location"],
        headers={"authorization": f"Bearer {await desk.token('p-controller')}"},
    )
    assert fetched.content == content
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["content-security-policy"] == (
        "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["content-disposition"] == (
        'attachment; filename="_____ _1_.html"; '
        "filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82%20%221%22.html"
    )
    stored = await desk.store.read_stream(instruction_id(number))
    assert [event.type for event in stored].count("EvidenceAttached") == 1
    elsewhere = _number()
    await _assigned(desk, elsewhere)
    wrong = await desk.get("p-lead", f"/instructions/{elsewhere}/evidence/{listed['sha256']}")
    assert wrong.status_code == 404


async def test_who_may_not_attach_is_refused_before_anything_is_kept(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number, by="p-lead", issuer=MINISTRY, controller=None)
    before = _kept(desk)
    for person, status, code in (
        ("p-stranger", 404, "not-found"),
        ("p-auditor", 403, "forbidden"),
        ("p-registrar", 403, "not-authorised"),  # may enter what came on paper, and no more
    ):
        answer = await _attach(desk, person, number, number.encode(), "file")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    path = f"/instructions/{number}/evidence"
    named: dict[str, Any] = {"params": {"name": "file"}}
    formed = await desk.ask("p-lead", "POST", path, json={"name": number}, **named)
    assert (formed.status_code, formed.json()["code"]) == (415, "unsupported-media-type")
    # What is gathered in memory is held to the limit of all.
    large = await desk.ask("p-lead", "POST", path, json="x" * 2_000_000, **named)
    assert (large.status_code, large.json()["code"]) == (413, "body-too-large")
    for name in ("", "a/b", "a\\b", "a\nb", "x" * 256):
        answer = await _attach(desk, "p-lead", number, b"x", name)
        assert answer.status_code == 422, name
    assert _kept(desk) == before


async def test_an_altered_file_never_arrives_whole(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    for content in (b"small" + number.encode(), b"large" + number.encode() * 100_000):
        answer = await _attach(desk, "p-lead", number, content, "file")
        sha256 = answer.json()["evidence"]["sha256"]
        [path] = [one for one in _kept(desk) if one.name == sha256]
        path.write_bytes(content[:-1] + b"?")
        fetch = desk.get("p-lead", f"/instructions/{number}/evidence/{sha256}")
        if content.startswith(b"small"):
            refused = await fetch
            assert (refused.status_code, refused.json()["code"]) == (410, "evidence-lost")
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch
    path.unlink()
    gone = await desk.get("p-lead", f"/instructions/{number}/evidence/{sha256}")
    assert (gone.status_code, gone.json()["code"]) == (410, "evidence-lost")


@asynccontextmanager
async def _elsewhere(desk: Bureau, **settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Another server of the same, set otherwise; asks as the ministry's head."""
    changed = desk.settings.model_copy(update=settings)
    headers = {
        "authorization": f"Bearer {await desk.token('p-lead')}",
        "idempotency-key": str(uuid4()),
        **_BYTES,
    }
    async with (
        open_web(changed, tzdata=TZDATA, telling=None, patience=patience_of(desk.settings)) as app,
        serving(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(
            base_url=url + API, trust_env=False, headers=headers, timeout=60
        ) as client,
    ):
        yield client


async def test_a_file_that_is_too_large_is_refused_and_not_kept(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    before = _kept(desk)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield number.encode()

    async with _elsewhere(desk, web_file_bytes=50) as client:
        path = f"/instructions/{number}/evidence?name=file"
        for content in (number.encode() * 3, pieces()):
            answer = await client.post(path, content=content)
            assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert _kept(desk) == before


async def test_without_a_place_for_files_that_is_what_is_told(desk: Bureau) -> None:
    number = _number()
    await _assigned(desk, number)
    async with _elsewhere(desk, evidence_url=None) as client:
        path = f"/instructions/{number}/evidence"
        answer = await client.post(f"{path}?name=file", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (501, "no-evidence-store")
        assert (await client.get(path)).json()["items"] == []


async def test_another_council_s_instructions_are_its_own(desk: Bureau) -> None:
    """The other way round: those who see nothing here do see what is theirs."""
    number = _number()
    await desk.issued(number, by="p-stranger", issuer=OTHER, controller=None)
    position = await desk.done("p-other-operator", number, "Escalate", to="issuer", reason="Late.")
    asked = {"at_least": position}
    assert await _numbers(desk, "p-stranger", "/late", as_of=_LATER, **asked) == [number]
    assert await _numbers(desk, "p-other-operator", "/escalations", **asked) == [number]
    assert await _numbers(desk, "p-other-auditor", "/ledger", **asked) == [number]
    for path in ("/late", "/escalations", "/ledger"):
        times = {"as_of": _LATER} if path == "/late" else {}
        assert number not in await _numbers(desk, "p-operator", path, **times, **asked)
