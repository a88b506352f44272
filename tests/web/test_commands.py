"""Commands over HTTP: again after a lost answer, for a version, refused, and of files that are no business of theirs."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import httpx
import pytest

from activities.keyring import make_keys
from cli.web_services import open_web, patience_of
from domain.directory import commands as d
from domain.identifiers import instruction_id
from domain.instruction.events import InstructionAssigned
from domain.outcomes import Recorded
from eventstore.codec import event_of
from eventstore.persons import Person
from tests.staging import TZDATA
from tests.web.bureau import API, CONTROL, COUNCIL, MINISTRY, REGION, Bureau
from web.serving import listen, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BYTES = {"content-type": "application/octet-stream"}
_PERIOD = {"period_start": "2026-01-01", "period_end": "2028-12-31"}


def _number() -> str:
    return f"N-{uuid4()}"


async def _assigned(desk: Bureau) -> str:
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    return number


async def _attach(
    desk: Bureau, person: str, number: str, content: bytes, *, tag: str | None = None, **asked: Any
) -> httpx.Response:
    headers = _BYTES if tag is None else {**_BYTES, "if-match": tag}
    return await desk.ask(
        person,
        "POST",
        f"/instructions/{number}/evidence",
        content=content,
        params={"name": "file"},
        headers=headers,
        **asked,
    )


def _is_kept(desk: Bureau, content: bytes) -> bool:
    folder = Path(unquote(urlsplit(desk.settings.evidence_url or "").path))
    return any(folder.rglob(hashlib.sha256(content).hexdigest()))


def _says(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def _noted(desk: Bureau, answer: httpx.Response) -> list[tuple[str, str | None]]:
    """What the log of access says of a request: outcome and code."""
    asked = {"limit": 500}
    told = (await desk.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    id_ = answer.headers["x-request-id"]
    return [(one["outcome"], one["code"]) for one in told if one["request_id"] == id_]


# Files


async def test_nobody_gets_at_a_file_by_naming_its_hash(desk: Bureau) -> None:
    theirs, number = await _assigned(desk), await _assigned(desk)
    kept = await _attach(desk, "p-issuer", theirs, theirs.encode())
    evidence = kept.json()["evidence"]
    await desk.done("p-lead", number, "Acknowledge")
    path = f"/instructions/{number}/commands"
    report = {"type": "SubmitReport", "text": "done", "evidence": [evidence]}
    for dry_run in (True, False):
        ask: dict[str, Any] = {"params": {"dry_run": dry_run}}
        named = await desk.ask("p-lead", "POST", path, json=report, **ask)
        _says(named, 422, "validation")
        assert named.json()["errors"][0]["field"] == "evidence.0.sha256"
        assert "POST" in named.json()["detail"]
        attached = {"type": "AttachEvidence", "evidence": evidence}
        _says(await desk.ask("p-lead", "POST", path, json=attached, **ask), 422, "validation")
    found = await desk.get("p-lead", f"/instructions/{number}/evidence/{evidence['sha256']}")
    _says(found, 404, "not-found")
    own = (await _attach(desk, "p-lead", number, number.encode())).json()["evidence"]
    key, report = str(uuid4()), {**report, "evidence": [own]}
    for _ in range(2):
        done = await desk.ask("p-lead", "POST", path, json=report, key=key)
        assert done.status_code == 200, done.text


async def test_the_files_of_each_of_joint_leads_reports_are_listed(desk: Bureau) -> None:
    number = _number()
    await desk.issued(number)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY, joint_leads=[REGION])
    for person, event in (("p-region", "JointReportSubmitted"), ("p-lead", "CompletionReported")):
        await desk.done(person, number, "Acknowledge")
        kept = (await _attach(desk, person, number, person.encode())).json()["evidence"]
        await desk.done(person, number, "SubmitReport", text="done", evidence=[kept])
        listed = (await desk.get(person, f"/instructions/{number}/evidence")).json()["items"]
        assert (listed[-1]["event"], listed[-1]["sha256"]) == (event, kept["sha256"])


async def test_a_file_arrives_whole_whatever_size_the_log_names(desk: Bureau) -> None:
    number = await _assigned(desk)
    content = number.encode() * 50_000  # more than a piece
    evidence = (await _attach(desk, "p-issuer", number, content)).json()["evidence"]
    for size in (1, len(content) * 2):
        said = {**evidence, "size": size}
        told = await desk.straight("p-issuer", number, "AttachEvidence", evidence=said)
        assert isinstance(told, Recorded)
        path = f"/instructions/{number}/evidence/{evidence['sha256']}"
        fetched = await desk.get("p-issuer", path)
        assert fetched.headers["content-length"] == str(len(content))
        assert fetched.content == content


# The same again


async def test_a_command_that_is_on_record_answers_whoever_sent_it_though_they_may_no_more(
    desk: Bureau,
) -> None:
    number, key = await _assigned(desk), str(uuid4())
    file, content = str(uuid4()), number.encode()
    kept = await _attach(desk, "p-lead", number, content, key=file)
    said = {"type": "Decline", "reason": "not ours"}
    ask = {"method": "POST", "path": f"/instructions/{number}/commands"}
    first = await desk.ask("p-lead", **ask, json=said, key=key)
    again = await desk.ask("p-lead", **ask, json=said, key=key)
    assert first.status_code == again.status_code == 200, again.text
    assert again.json()["position"] == first.json()["position"]
    assert again.headers["etag"] == first.headers["etag"]
    now = again.json()  # who declined sees nothing of it any more
    assert (now["next_wake"], now["closed"]) == (None, None)
    other = await desk.ask("p-lead", **ask, json={**said, "reason": "no"}, key=key)
    _says(other, 422, "command-id-reused")
    for person, id_ in (("p-lead", str(uuid4())), ("p-agency", key)):
        _says(await desk.ask(person, **ask, json=said, key=id_), 404, "not-found")
    kept_again = await _attach(desk, "p-lead", number, content, key=file)
    assert kept_again.status_code == 201, kept_again.text
    assert kept_again.json()["position"] == kept.json()["position"]
    assert (kept_again.json()["next_wake"], kept_again.json()["closed"]) == (None, None)
    more = b"more" + content
    for id_ in (file, key):  # of another file, and of no file at all
        _says(await _attach(desk, "p-lead", number, more, key=id_), 422, "command-id-reused")
    assert not _is_kept(desk, more)
    _says(await _attach(desk, "p-lead", number, content), 404, "not-found")


async def _officer(desk: Bureau) -> tuple[str, d.EndAppointment]:
    """Somebody new who acts for the council, and the command that ends it."""
    person, office = f"p-{uuid4()}", f"council.{uuid4()}"
    file = Person(person_id=person, name="New", email="new@example.org", salt=b"salt")
    await desk.persons.put(file)
    by: dict[str, Any] = {"actor": "p-administrator"}
    for command in (
        d.RegisterPerson(command_id=str(uuid4()), person=person, commitment=file.commitment, **by),
        d.RegisterOffice(
            command_id=str(uuid4()), office=office, body=COUNCIL, office_kind="officer", **by
        ),
        d.Appoint(
            command_id=str(uuid4()), person=person, office=office, since=date(2020, 1, 1), **by
        ),
    ):
        assert isinstance(await desk.handler.handle(command, datetime.now(UTC)), Recorded)
    until = datetime.now(UTC).date() - timedelta(days=2)
    return person, d.EndAppointment(
        command_id=str(uuid4()), person=person, office=office, until=until, **by
    )


async def test_what_was_founded_answers_its_founder_though_they_hold_no_office_any_more(
    desk: Bureau,
) -> None:
    person, ending = await _officer(desk)
    number, recurrence, programme = _number(), f"R-{uuid4()}", f"P-{uuid4()}"
    issue = {
        "type": "Issue",
        "number": number,
        "text": "Do it",
        "issuer": COUNCIL,
        "deadline": {"on": "2099-03-31"},
    }
    start = {
        "type": "StartRecurrence",
        "recurrence": recurrence,
        "title": "Quarterly",
        "rule": "FREQ=MONTHLY;INTERVAL=3",
        "first_day": "2098-01-15",
        "number": f"{recurrence}-{{n}}",
        "text": "Report",
        "issuer": COUNCIL,
        "lead": MINISTRY,
    }
    draft = {
        "type": "DraftProgramme",
        "programme": programme,
        "title": "Programme",
        "body": COUNCIL,
        **_PERIOD,
    }
    sent = (
        ("/instructions", issue, 201),
        (f"/instructions/{number}/commands", {"type": "Comment", "text": "x"}, 200),
        ("/recurrences", start, 201),
        (f"/recurrences/{recurrence}/commands", {"type": "PauseRecurrence", "reason": "x"}, 200),
        ("/programmes", draft, 201),
        (f"/programmes/{programme}/commands", {"type": "AdoptProgramme", **_adopted(draft)}, 200),
    )
    keys = [str(uuid4()) for _ in sent]
    answers: list[list[tuple[int, Any]]] = []
    for turn in range(2):
        told: list[tuple[int, Any]] = []
        for (path, body, status), key in zip(sent, keys, strict=True):
            answer = await desk.ask(person, "POST", path, json=body, key=key)
            assert answer.status_code == status, (turn, path, answer.text)
            told.append((answer.status_code, answer.json()["position"]))
            if turn == 1:
                now = answer.json()
                assert (now["next_wake"], now["closed"]) == (None, None), path
        answers.append(told)
        if turn == 0:
            ended = await desk.handler.handle(ending, datetime.now(UTC))
            assert isinstance(ended, Recorded)
    assert answers[0] == answers[1]
    for path, body, _ in sent:  # under another key they are who they are now
        refused = await desk.ask(person, "POST", path, json=body)
        assert refused.status_code in (403, 404), (path, refused.text)


@pytest.mark.parametrize("type_", ["Issue", "DraftProgramme", "StartRecurrence"])
async def test_what_would_be_founded_is_foreseen_and_not_founded(desk: Bureau, type_: str) -> None:
    name = f"D-{uuid4()}"
    path, said, event = {
        "Issue": (
            "/instructions",
            {"number": name, "text": "Do it", "issuer": COUNCIL, "deadline": {"on": "2099-03-31"}},
            "InstructionIssued",
        ),
        "DraftProgramme": (
            "/programmes",
            {"programme": name, "title": "Programme", "body": COUNCIL, **_PERIOD},
            "ProgrammeDrafted",
        ),
        "StartRecurrence": (
            "/recurrences",
            {
                "recurrence": name,
                "title": "Quarterly",
                "rule": "FREQ=MONTHLY;INTERVAL=3",
                "first_day": "2098-01-15",
                "number": f"{name}-{{n}}",
                "text": "Report",
                "issuer": COUNCIL,
                "lead": MINISTRY,
            },
            "RecurrenceStarted",
        ),
    }[type_]
    ask: dict[str, Any] = {"json": {"type": type_, **said}, "params": {"dry_run": True}}
    foreseen = await desk.ask("p-issuer", "POST", path, **ask)
    assert (foreseen.status_code, foreseen.json()["status"]) == (200, "foreseen"), foreseen.text
    assert foreseen.json()["events"][0]["type"] == event
    assert not {"etag", "location"} & set(foreseen.headers)
    _says(await desk.get("p-issuer", f"{path}/{name}"), 404, "not-found")
    _says(await desk.ask("p-stranger", "POST", path, **ask), 403, "not-authorised")


def _adopted(draft: Mapping[str, str]) -> dict[str, str]:
    return {name: draft[name] for name in ("title", "body", *_PERIOD)}


# Versions


async def test_what_leaves_the_content_as_it_is_leaves_the_tag_as_it_is(desk: Bureau) -> None:
    number = await _assigned(desk)
    path = f"/instructions/{number}"
    stored = await desk.store.read_stream(instruction_id(number))
    [given] = [one for one in stored if one.type == "InstructionAssigned"]
    event = event_of(given)
    assert isinstance(event, InstructionAssigned)
    told = next(one for one in event.notices if one.person == "p-lead")
    notice = {"version": given.version, "recipient": told.person, "channel": told.channel}
    before = (await desk.get("p-issuer", path)).headers["etag"]
    key = str(uuid4())
    noted = await desk.command("p-lead", number, "AcknowledgeNotice", notice=notice, key=key)
    assert noted.status_code == 200, noted.text
    again = await desk.command("p-lead", number, "AcknowledgeNotice", notice=notice, key=key)
    nothing = await desk.command("p-lead", number, "AcknowledgeNotice", notice=notice)
    assert nothing.json()["position"] == 0
    for answer in (noted, again, nothing):
        assert answer.headers["etag"] == before
        assert f'"{answer.json()["version"]}"' == before
    comment = {"type": "Comment", "text": "noted"}
    tag = {"if-match": nothing.headers["etag"]}
    taken = await desk.ask("p-lead", "POST", f"{path}/commands", json=comment, headers=tag)
    assert taken.status_code == 200, taken.text
    assert taken.headers["etag"] == (await desk.get("p-issuer", path)).headers["etag"]


async def test_the_tag_is_of_now_and_none_is_given_with_the_past(desk: Bureau) -> None:
    path = f"/instructions/{await _assigned(desk)}"
    for when in ("as_of", "as_recorded"):
        past = await desk.get("p-issuer", path, params={when: "2098-01-01T00:00:00Z"})
        assert past.status_code == 200
        assert "etag" not in past.headers
    assert "etag" in (await desk.get("p-issuer", path)).headers


async def test_what_is_new_is_for_no_version(desk: Bureau) -> None:
    for path, body in (
        ("/instructions", {"type": "Issue"}),
        ("/programmes", {"type": "DraftProgramme"}),
        ("/recurrences", {"type": "StartRecurrence"}),
    ):
        for tag in ('"3"', "*"):
            answer = await desk.ask("p-issuer", "POST", path, json=body, headers={"if-match": tag})
            _says(answer, 422, "validation")
            assert "if-match" in answer.text


async def test_a_file_for_an_older_version_is_refused_and_not_kept(desk: Bureau) -> None:
    number, key = await _assigned(desk), str(uuid4())
    tag = (await desk.get("p-lead", f"/instructions/{number}")).headers["etag"]
    kept = await _attach(desk, "p-lead", number, number.encode(), tag=tag, key=key)
    assert kept.status_code == 201, kept.text
    again = await _attach(desk, "p-lead", number, number.encode(), tag=tag, key=key)
    assert again.status_code == 201, again.text
    late = b"late" + number.encode()
    _says(await _attach(desk, "p-lead", number, late, tag=tag), 412, "changed-meanwhile")
    assert _is_kept(desk, number.encode())
    assert not _is_kept(desk, late)


# Refusals


async def test_whoever_may_not_issue_learns_of_no_number_and_without_an_office_of_no_body(
    desk: Bureau,
) -> None:
    taken = _number()
    await desk.issued(taken)

    async def asked(person: str, number: str, issuer: str, type_: str = "Issue") -> httpx.Response:
        said = {"type": type_, "number": number, "text": "x", "issuer": issuer}
        body = {**said, "deadline": {"on": "2099-03-31"}}
        return await desk.ask(person, "POST", "/instructions", json=body)

    for type_ in ("Issue", "Propose"):
        answers = [await asked("p-stranger", n, COUNCIL, type_) for n in (taken, _number())]
        for answer in answers:
            _says(answer, 403, "not-authorised")
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
        assert await _noted(desk, answers[0]) == [("command-refused", "not-authorised")]
    _says(await asked("p-issuer", taken, COUNCIL), 409, "already-issued")
    nowhere = f"b-{uuid4()}"
    for number in (taken, _number()):
        unknown = await asked("p-nobody", number, nowhere)
        known = await asked("p-nobody", number, CONTROL)
        for answer in (unknown, known):
            _says(answer, 403, "not-authorised")
        assert unknown.json()["detail"].replace(nowhere, CONTROL) == known.json()["detail"]
    _says(await asked("p-issuer", _number(), nowhere), 422, "unknown")


async def test_a_refusal_for_want_of_authority_is_noted_of_what_is_only_tried_too(
    desk: Bureau,
) -> None:
    number = await _assigned(desk)
    path = f"/instructions/{number}/commands"
    tried = await desk.ask(
        "p-issuer", "POST", path, json={"type": "Accept"}, params={"dry_run": True}
    )
    file = await _attach(desk, "p-registrar", number, b"x")
    for answer in (tried, file):
        _says(answer, 403, "not-authorised")
        assert await _noted(desk, answer) == [("command-refused", "not-authorised")]


async def test_what_a_worker_cannot_take_is_of_unknown_outcome_and_told_without_its_cause(
    desk: Bureau, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    number = await _assigned(desk)
    make_keys(tmp_path / "temporal.keys")
    elsewhere = desk.settings.model_copy(
        update={"temporal_encryption_keys_file": tmp_path / "temporal.keys"}
    )
    headers = {"authorization": f"Bearer {await desk.token('p-issuer')}"}
    async with (
        open_web(
            elsewhere, tzdata=TZDATA, telling=None, patience=patience_of(desk.settings)
        ) as app,
        serving(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(
            base_url=url + API, trust_env=False, headers=headers, timeout=60
        ) as client,
    ):
        headers["idempotency-key"] = str(uuid4())
        with caplog.at_level(logging.WARNING, "web.api.sending"):
            answer = await client.post(
                f"/instructions/{number}/commands",
                json={"type": "Comment", "text": "x"},
                headers=headers,
            )
        _says(answer, 503, "outcome-unknown")
        assert "encrypted" not in answer.text
        assert "encrypted" in caplog.text
        many = {
            "operation": {"type": "RequestProgress"},
            "filter": {"numbers": [number]},
            "dry_run": False,
        }
        headers["idempotency-key"] = str(uuid4())
        [line] = (await client.post("/bulk", json=many, headers=headers)).json()["instructions"]
        assert line["verdict"] == "unknown"
        assert "encrypted" not in line["message"]


async def test_an_answer_is_waited_for_less_long_than_a_request_may_take(desk: Bureau) -> None:
    settings = desk.settings.model_copy(update={"web_request_seconds": 6.0})
    assert patience_of(settings).total_seconds() == 4.0
