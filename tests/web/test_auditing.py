"""What auditors are given over HTTP, and what everybody may take along: proofs, bundles, exports; and who may not."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message

from audit.checkpoint import read
from audit.notes import Verifier
from audit.offline import verify
from audit.tree import verifies_consistency, verifies_inclusion
from domain.attribution import Command
from domain.directory.commands import MoveBody
from domain.identifiers import instruction_id
from domain.outcomes import Recorded
from domain.programme.commands import AdoptProgramme
from tests.audit.full_disk import no_room_left
from tests.web.bureau import AGENCY, COUNCIL, MINISTRY, OTHER, Bureau
from web.made_files import Making, Room, sent
from web.problems import Problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
_OURS, _THEIRS = "A-1", "X-1"
"""An instruction of the council's, and one of another council's, which stands to nobody here."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def signed(desk: Bureau) -> Bureau:
    """Two instructions on record, each in its body's programme, and two checkpoints."""
    for programme, body, actor in (("p1", COUNCIL, "p-issuer"), ("px", OTHER, "p-stranger")):
        await _recorded(
            desk,
            AdoptProgramme(
                command_id=str(uuid4()),
                actor=actor,
                programme=programme,
                title=programme,
                body=body,
                period_start=datetime(2026, 1, 1, tzinfo=UTC).date(),
                period_end=datetime(2099, 12, 31, tzinfo=UTC).date(),
            ),
        )
    await desk.issued(_OURS, programme="p1")
    await desk.sign()
    await desk.done("p-issuer", _OURS, "Assign", lead="ministry")
    await desk.done("p-issuer", _OURS, "SetObservers", observers=["region"])
    await desk.issued(_THEIRS, by="p-stranger", issuer=OTHER, controller=None, programme="px")
    await desk.sign()
    await desk.get("p-issuer", "/instructions", params={"at_least": await desk.store.head()})
    return desk


async def _recorded(desk: Bureau, command: Command) -> None:
    outcome = await desk.handler.handle(command, datetime.now(UTC))
    assert isinstance(outcome, Recorded), outcome


async def _verifier(desk: Bureau) -> Verifier:
    told = await desk.get("p-ministry-auditor", "/audit/key")
    return Verifier.parse(told.json()["verifier_key"])


async def test_checkpoints_come_newest_first_and_are_what_was_signed_to_the_byte(
    signed: Bureau,
) -> None:
    verifier = await _verifier(signed)
    first = (
        await signed.get("p-ministry-auditor", "/audit/checkpoints", params={"limit": 1})
    ).json()
    [newest] = first["items"]
    rest = await signed.get(
        "p-ministry-auditor", "/audit/checkpoints", params={"after": first["next"]}
    )
    assert [one["number"] for one in rest.json()["items"]] == list(
        range(newest["number"] - 1, 0, -1)
    )
    note = await signed.get("p-other-auditor", f"/audit/checkpoints/{newest['size']}")
    assert note.headers["content-type"].startswith("text/plain")
    checkpoint = read(note.text, verifier).checkpoint
    assert base64.b64encode(checkpoint.root).decode() == newest["root"]
    absent = await signed.get("p-auditor", f"/audit/checkpoints/{newest['size'] + 1}")
    assert absent.json()["code"] == "not-found"


async def test_a_later_checkpoint_continues_an_earlier_one(signed: Bureau) -> None:
    listed = (await signed.get("p-auditor", "/audit/checkpoints")).json()["items"]
    newer, older = listed[0], listed[-1]
    told = (
        await signed.get("p-auditor", "/audit/consistency", params={"from": older["size"]})
    ).json()
    roots = [base64.b64decode(one["root"]) for one in (older, newer)]
    path = [base64.b64decode(node) for node in told["path"]]
    assert verifies_consistency(older["size"], roots[0], newer["size"], roots[1], path)
    for asked, code in (
        ({"from": 1, "to": newer["size"] + 1}, "not-covered"),
        ({"from": 2, "to": 1}, "validation"),
        ({"from": 0}, "validation"),
    ):
        refused = await signed.get("p-auditor", "/audit/consistency", params=asked)
        assert refused.json()["code"] == code


async def test_how_far_checkpoints_reach_is_told(signed: Bureau) -> None:
    await signed.done("p-issuer", _OURS, "Comment", text="after the last checkpoint")
    told = (await signed.get("p-auditor", "/audit/status")).json()
    assert told["events"] > told["covered"] == told["outside"] == told["last"]["size"]
    assert told["lag"].startswith("PT")


@pytest.mark.parametrize(
    "path", ["checkpoints", "checkpoints/1", "consistency?from=1", "key", "status", "access-log"]
)
async def test_the_trail_is_for_auditors(signed: Bureau, path: str) -> None:
    for person in ("p-issuer", "p-administrator", "p-nobody"):
        refused = await signed.get(person, f"/audit/{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    token = await signed.token("p-auditor", frozenset({"read"}))
    without = {"authorization": f"Bearer {token}"}
    answer = await signed.client.get(f"/api/v1/audit/{path}", headers=without)
    assert answer.json()["code"] == "scope-missing"


async def test_what_was_refused_or_read_stands_in_the_log_of_access(signed: Bureau) -> None:
    await signed.get("p-stranger", f"/instructions/{_OURS}/proof")
    asked = {"person": "p-stranger", "outcome": "refused", "limit": 1}
    told = (await signed.get("p-auditor", "/audit/access-log", params=asked)).json()
    [line] = told["items"]
    assert line["route"] == "/api/v1/instructions/{number}/proof"
    assert (line["subject"], line["code"]) == (_OURS, "not-found")
    older = await signed.get(
        "p-auditor", "/audit/access-log", params={"after": line["id"], "until": line["at"]}
    )
    assert all(one["id"] < line["id"] for one in older.json()["items"])
    [own] = (await signed.get("p-auditor", "/audit/access-log", params={"limit": 1})).json()[
        "items"
    ]
    assert (own["person"], own["outcome"]) == ("p-auditor", "read")
    await _verifier(signed)
    asked = {"person": "p-ministry-auditor", "outcome": "read", "limit": 1}
    [line] = (await signed.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    assert line["route"] == "/api/v1/audit/key"
    below = await signed.get("p-ministry-auditor", "/audit/access-log")
    assert below.json()["code"] == "forbidden"


async def test_proofs_lead_from_each_event_to_the_signed_root(signed: Bureau) -> None:
    told = (await signed.get("p-auditor", f"/instructions/{_OURS}/proof")).json()
    checkpoint = read(told["note"], await _verifier(signed)).checkpoint
    assert [one["version"] for one in told["proofs"]][:2] == [1, 2]
    for one in told["proofs"]:
        path = [base64.b64decode(node) for node in one["path"]]
        leaf = base64.b64decode(one["leaf_hash"])
        index = one["position"] - 1
        assert verifies_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
    lead = await signed.get("p-lead", f"/instructions/{_OURS}/proof")
    assert lead.json()["code"] == "forbidden"
    for person in ("p-other-auditor", "p-agency"):
        stranger = await signed.get(person, f"/instructions/{_OURS}/bundle")
        assert stranger.json()["code"] == "not-found"


@pytest.mark.parametrize("path", [f"/instructions/{_OURS}/bundle", "/programmes/p1/bundle"])
async def test_a_bundle_holds_for_its_verifier_and_names_nobody_unless_asked(
    signed: Bureau, path: str
) -> None:
    answer = await signed.get("p-auditor", path)
    assert answer.headers["content-type"] == "application/zip", answer.text
    key = (await _verifier(signed)).text
    files = _unzipped(answer.content)
    assert not verify.verify(files, key).failures
    assert "openings.json" not in files
    assert "manifest.note" in files
    assert instruction_id(_THEIRS) not in files["events.jsonl"].decode()
    opened = _unzipped((await signed.get("p-auditor", path, params={"openings": True})).content)
    assert not verify.verify(opened, key).failures
    assert "p-issuer@example.org" in opened["openings.json"].decode()


async def test_bundles_are_for_auditors_of_all_that_is_in_them(signed: Bureau) -> None:
    for person, path, code in (
        ("p-ministry-auditor", f"/instructions/{_OURS}/bundle", "forbidden"),  # its programme
        ("p-issuer", f"/instructions/{_OURS}/bundle", "forbidden"),
        ("p-issuer", "/programmes/p1/bundle", "forbidden"),
        ("p-ministry-auditor", "/programmes/p1/bundle", "forbidden"),  # which it may know of
        ("p-other-auditor", "/programmes/p1/bundle", "not-found"),
        ("p-auditor", "/programmes/none/bundle", "not-found"),
        ("p-auditor", "/programmes/p1/bundle?checkpoint=1", "not-covered"),
    ):
        refused = await signed.get(person, path)
        assert refused.json().get("code") == code, (person, path, refused.text)


async def test_a_programme_with_a_measure_that_is_not_theirs_is_bundled_for_nobody(
    signed: Bureau,
) -> None:
    """A body below issued it, and stands below another one since."""
    number = f"N-{uuid4()}"
    await signed.issued(number, by="p-agency", issuer=AGENCY, controller=None, programme="p1")
    await _moved(signed, AGENCY, OTHER)
    refused = await signed.get("p-auditor", "/programmes/p1/bundle")
    await _moved(signed, AGENCY, MINISTRY)
    assert refused.json()["code"] == "forbidden"
    assert number not in refused.text


async def _moved(desk: Bureau, body: str, parent: str) -> None:
    move = MoveBody(command_id=str(uuid4()), actor="p-administrator", body=body, parent=parent)
    await _recorded(desk, move)


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def _lines(desk: Bureau, person: str, **asked: str) -> Sequence[dict[str, str]]:
    """With no `at_least`: an export that names the head holds what was recorded by then."""
    answer = await desk.get(person, "/exports/jsonl", params=asked)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def _tables(desk: Bureau, person: str) -> tuple[Sequence[str], Sequence[str]]:
    """The numbers in the events, and in the register."""
    files = _unzipped((await desk.get(person, "/exports/csv")).content)
    events, register = (
        csv.DictReader(io.StringIO(files[name].decode())) for name in ("events.csv", "register.csv")
    )
    return [row["number"] for row in events], [row["number"] for row in register]


async def test_an_export_holds_what_whoever_asks_may_see_and_nothing_of_others(
    signed: Bureau,
) -> None:
    ours, theirs = instruction_id(_OURS), instruction_id(_THEIRS)
    for person, sees, not_ in (("p-auditor", ours, theirs), ("p-other-auditor", theirs, ours)):
        streams = {line["stream_id"] for line in await _lines(signed, person)}
        assert sees in streams
        assert not_ not in streams
        for format_ in ("ocel-json", "ocel-sqlite", "xlsx"):
            made = await signed.get(person, f"/exports/{format_}")
            assert made.status_code == 200
        ocel = (await signed.get(person, "/exports/ocel-json")).json()
        assert sees in {one["id"] for one in ocel["objects"]}
        assert not_ not in json.dumps(ocel)
    assert await _lines(signed, "p-nobody") == []
    assert (await signed.get("p-nobody", "/exports/ocel-json")).json()["objects"] == []


async def test_an_export_is_chosen_by_whatever_the_register_is(signed: Bureau) -> None:
    number = f"N-{uuid4()}"
    source = {"kind": "treaty", "number": "7", "dated": "2020-01-01"}
    await signed.issued(number, source=source)
    streams = instruction_id(number), instruction_id(_OURS)
    for asked, found in (
        ({"q": number}, (True, False)),
        ({"source": "treaty"}, (True, False)),
        ({"phase": "Assigned"}, (False, True)),
        ({"late": "true"}, (False, False)),
    ):
        lines = await _lines(signed, "p-issuer", **asked)
        held = {line["stream_id"] for line in lines}
        assert tuple(one in held for one in streams) == found, asked


async def test_programmes_are_explained_to_who_sees_their_figures_and_told_to_who_audits_them(
    signed: Bureau,
) -> None:
    these = {"programme:p1", "programme:px"}

    def programmes(ocel: dict[str, list[dict[str, Any]]]) -> tuple[list[str], list[str]]:
        named = [o["id"] for o in ocel["objects"] if o["id"] in these and o["attributes"]]
        adopted = [e for e in ocel["events"] if e["type"] == "ProgrammeAdopted"]
        about = [{one["objectId"] for one in e["relationships"]} & these for e in adopted]
        return named, [name for names in about for name in names]

    audited = programmes((await signed.get("p-auditor", "/exports/ocel-json")).json())
    assert (audited[0], len(audited[1])) == (["programme:p1"], 1)
    issued = programmes((await signed.get("p-issuer", "/exports/ocel-json")).json())
    assert issued == (["programme:p1"], [])
    assert programmes((await signed.get("p-lead", "/exports/ocel-json")).json()) == ([], [])
    types = {line["type"] for line in await _lines(signed, "p-auditor")}
    assert "BodyRegistered" not in types


async def test_who_only_observes_has_a_line_and_no_events(signed: Bureau) -> None:
    events, register = await _tables(signed, "p-region")
    assert _OURS in register
    assert _OURS not in events
    streams = {line["stream_id"] for line in await _lines(signed, "p-region")}
    assert not streams & {instruction_id(_OURS), instruction_id(_THEIRS)}
    assert _OURS in (await _tables(signed, "p-lead"))[0]


async def test_deliveries_are_exported_for_who_may_see_them(signed: Bureau) -> None:
    number = f"N-{uuid4()}"
    await signed.issued(number)
    await signed.done("p-issuer", number, "Assign", lead="ministry")
    stored = await signed.store.read_stream(instruction_id(number))
    assigned = next(event.version for event in stored if event.type == "InstructionAssigned")
    notice = {"version": assigned, "recipient": "p-lead", "channel": "log"}
    await signed.done("p-lead", number, "AcknowledgeNotice", notice=notice)
    stream = instruction_id(number)

    async def types(person: str) -> set[str]:
        lines = await _lines(signed, person, issuer=COUNCIL)
        return {line["type"] for line in lines if line["stream_id"] == stream}

    assert "NotificationAcknowledged" in await types("p-issuer")
    lead = await types("p-lead")
    assert "InstructionAssigned" in lead
    assert "NotificationAcknowledged" not in lead


async def test_an_export_of_an_earlier_moment_holds_nothing_later(signed: Bureau) -> None:
    until = (await signed.store.read_stream(instruction_id(_OURS)))[0].recorded_at.isoformat()
    lines = await _lines(signed, "p-auditor", as_recorded=until)
    told = [line["type"] for line in lines if line["stream_id"] == instruction_id(_OURS)]
    assert told[0] == "InstructionIssued"
    assert "InstructionAssigned" not in told


async def test_a_disk_that_is_full_is_called_so(signed: Bureau) -> None:
    file: dict[str, Any] = {
        "content": b"x" * 10_000,
        "headers": {"content-type": "application/octet-stream"},
    }
    with no_room_left():
        answers = [
            await signed.get("p-auditor", "/exports/jsonl"),
            await signed.get("p-auditor", "/exports/csv"),
            await signed.get("p-auditor", "/programmes/p1/bundle"),
            await signed.ask(
                "p-issuer", "POST", f"/instructions/{_OURS}/evidence?name=large", **file
            ),
        ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "no-room")] * 4


async def test_a_file_takes_room_on_the_disk_until_it_is_sent(tmp_path: Path) -> None:
    making, gone = Making(on_disk=2, of_a_person=3), list[Message]()
    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}

    async def receive() -> Message:
        raise AssertionError("nothing is to be received")

    async def send(message: Message) -> None:
        gone.append(message)

    async def left(message: Message) -> None:
        raise OSError(message["type"])

    answers: list[StreamingResponse] = []
    for name in ("first", "second"):
        file = tmp_path / name
        file.write_bytes(b"made")
        with making.turn("p") as room:
            answers.append(sent(file, name, "application/zip", room))
    with pytest.raises(Problem, match="sent"), making.turn("p"):
        pass
    await answers[0](scope, receive, send)
    assert b"".join(one.get("body", b"") for one in gone) == b"made"
    with making.turn("p"):  # nothing was made: its room is free again
        pass
    with pytest.raises(ClientDisconnect):
        await answers[1](scope, receive, left)
    with making.turn("p"), making.turn("p"):
        pass
    file = tmp_path / "third"
    file.write_bytes(b"made")
    with pytest.raises(OSError, match="gone"), making.turn("p") as room:  # before it was begun
        raise OSError("gone", sent(file, "third", "application/zip", room))
    with making.turn("p"), making.turn("p"):
        pass


async def test_at_most_two_large_files_are_made_at_a_time() -> None:
    making = Making()
    with making.turn("a"), making.turn("b"), pytest.raises(Problem) as busy, making.turn("c"):
        pass
    assert (busy.value.status, busy.value.headers["retry-after"]) == (503, "30")
    with making.turn("c"):
        pass


async def test_one_person_keeps_no_more_than_two_of_the_rooms_on_the_disk(tmp_path: Path) -> None:
    making, rooms = Making(), list[Room]()
    for n in range(2):  # sent to somebody who takes them slowly
        (tmp_path / str(n)).write_bytes(b"made")
        with making.turn("slow") as room:
            sent(tmp_path / str(n), "made", "application/zip", room)
            rooms.append(room)
    with pytest.raises(Problem) as refused, making.turn("slow"):
        pass
    assert refused.value.status == 429
    with making.turn("other"):
        pass
    making.give_back(rooms[0])
    with making.turn("slow"):
        pass
    for room in rooms:
        room.give_up()
