"""Evidence on the real stack, as people use it."""

import hashlib
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Remit
from tests.cli.up import Up
from tests.programmes import HEAD

LEAD = "p-0007"
_ACT, _SCAN = b"The act, signed.", bytes(range(256)) * 50_000


@pytest.fixture(autouse=True)
def _talks_to_it(small: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(small.folder))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _kept(small: Up, content: bytes) -> Path:
    sha256 = _sha256(content)
    return small.folder / "evidence" / sha256[:2] / sha256[2:4] / sha256


@pytest.fixture
def assigned(remit: Remit, number: str) -> str:
    """The number of an instruction that the lead may attach to."""
    for verb in (
        [
            *("issue", number, "--as", HEAD, "--issuer", "council"),
            *("--controller", "control", "--deadline", "2099-06-30"),
            *("--text", "Agree a common form of the certificate."),
        ],
        ["assign", number, "--as", HEAD, "--lead", "ministry"],
    ):
        told = remit(*verb)
        assert told.code == 0, told.err
    return number


@pytest.fixture
def act(tmp_path: Path) -> Path:
    file = tmp_path / "[Акт] № 7.pdf"
    file.write_bytes(_ACT)
    return file


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    file = tmp_path / "scan.tiff"
    file.write_bytes(_SCAN)
    return file


def _listed(remit: Remit, number: str) -> list[dict[str, Any]]:
    return remit("evidence", number, "--json").json["evidence"]


def test_files_are_attached_listed_and_fetched(
    small: Up, remit: Remit, assigned: str, act: Path, scan: Path, tmp_path: Path
) -> None:
    told = remit("attach", assigned, str(act), str(scan), "--as", LEAD)
    assert told.code == 0, told.err
    assert told.out.count("recorded as version ") == 2
    assert _kept(small, _ACT).read_bytes() == _ACT

    first, second = _listed(remit, assigned)
    occurred = datetime.fromisoformat(first.pop("occurred_at"))
    assert first == {
        "sha256": _sha256(_ACT),
        "name": act.name,
        "size": len(_ACT),
        "event": "EvidenceAttached",
        "version": first["version"],
        "by": LEAD,
        "state": "intact",
    }
    assert occurred.tzinfo is not None
    assert (second["sha256"], second["size"]) == (_sha256(_SCAN), len(_SCAN))

    shown = remit("evidence", assigned)
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0] == f"Evidence of {assigned}"
    assert lines[1].startswith(f"intact {act.name}, {len(_ACT)} bytes, EvidenceAttached #")
    assert [lines[2].strip(), lines[4].strip()] == [_sha256(_ACT), _sha256(_SCAN)]

    for nth, named_by in enumerate((act.name, _sha256(_SCAN))):
        into = tmp_path / f"fetched-{nth}"
        fetched = remit("evidence", assigned, "--fetch", named_by, "-o", str(into))
        assert fetched.code == 0, fetched.err
        assert into.read_bytes() == (_ACT, _SCAN)[nth]
    assert not list(tmp_path.glob(".remit-*"))


def test_attaching_answers_in_json_and_once_for_one_command_id(
    remit: Remit, assigned: str, act: Path, scan: Path
) -> None:
    command = ["attach", assigned, str(act), "--as", LEAD, "--command-id", f"a-{assigned}"]
    first, again = (remit(*command, "--json").json for _ in range(2))
    assert first == again
    (attached,) = first["attached"]
    assert (attached["command_id"], attached["kind"]) == (f"a-{assigned}", "recorded")
    assert (attached["sha256"], attached["name"]) == (_sha256(_ACT), act.name)
    assert len(_listed(remit, assigned)) == 1

    several = remit(*command, str(scan))
    assert several.code == 2
    assert "--command-id is of one command" in several.err


def test_what_was_altered_or_is_missing_is_told(
    small: Up, remit: Remit, assigned: str, tmp_path: Path
) -> None:
    contents = {name: f"{name} {assigned}".encode() for name in ("intact", "altered", "missing")}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in contents]
    assert remit("attach", assigned, *files, "--as", LEAD).code == 0
    _kept(small, contents["altered"]).write_bytes(b"another")
    _kept(small, contents["missing"]).unlink()

    told = remit("evidence", assigned)
    assert told.code == 5
    assert [line.split(",")[0] for line in told.out.splitlines()[1::2]] == [
        f"{name} {name}" for name in contents
    ]
    assert "bad-file: 2 of 3 files are not as they were recorded" in told.err
    in_json = remit("evidence", assigned, "--json")
    assert in_json.code == 5
    assert in_json.json["error"]["code"] == "bad-file"
    assert {f["name"]: f["state"] for f in in_json.json["evidence"]} == {n: n for n in contents}

    for name in ("altered", "missing"):
        into = tmp_path / "fetched"
        fetched = remit("evidence", assigned, "--fetch", name, "-o", str(into))
        assert fetched.code == 5
        assert _sha256(contents[name]) in fetched.err
        assert not into.exists()

    assert remit("attach", assigned, *files[1:], "--as", LEAD).code == 0, "puts it right"
    assert {file["state"] for file in _listed(remit, assigned)} == {"intact"}


def test_a_refused_attachment_names_nothing(remit: Remit, assigned: str, act: Path) -> None:
    refused = remit("attach", assigned, str(act), "--as", "p-0001", "--json")
    assert refused.code == 3
    assert refused.json["error"]["code"] == "not-authorised"
    assert refused.json["attached"] == []
    assert _listed(remit, assigned) == []
    assert remit("evidence", assigned).out == f"{assigned} has no evidence\n"


def test_one_name_for_two_files_is_told_apart_by_hash(
    remit: Remit, assigned: str, act: Path, tmp_path: Path
) -> None:
    assert remit("attach", assigned, str(act), "--as", LEAD).code == 0
    act.write_bytes(b"The act, amended.")
    assert remit("attach", assigned, str(act), "--as", LEAD).code == 0
    into = str(tmp_path / "fetched")
    unclear = remit("evidence", assigned, "--fetch", act.name, "--output", into)
    assert unclear.code == 2
    assert f"{_sha256(_ACT)}, {_sha256(b'The act, amended.')}" in unclear.words


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["attach", "NUMBER", "--as", LEAD], "name the files to attach"),
        (["attach", "NUMBER", "/nowhere/act.pdf", "--as", LEAD], "/nowhere/act.pdf is not there"),
        (["attach", "NUMBER", "/tmp", "--as", LEAD], "/tmp is not there, or no file"),
        (["evidence", "NUMBER", "--fetch", "act.pdf"], "--fetch and --output go together"),
        (["evidence", "NUMBER", "--output", "/nowhere"], "--fetch and --output go together"),
        (["evidence", "NUMBER", "--fetch", "x.pdf", "-o", "/nowhere"], "no evidence of that"),
        (["evidence", "NUMBER", "--fetch", "ACT", "-o", "/tmp"], "/tmp is there already"),
        (["evidence", "NUMBER", "--fetch", "ACT", "-o", "/nowhere/act"], "cannot be written"),
    ],
)
def test_wrong_usage_is_told_with_the_way_out(
    remit: Remit, assigned: str, act: Path, arguments: list[str], complaint: str
) -> None:
    assert remit("attach", assigned, str(act), "--as", LEAD).code == 0
    names = {"NUMBER": assigned, "ACT": act.name}
    told = remit(*(names.get(argument, argument) for argument in arguments))
    assert told.code == 2
    assert complaint in told.words


def test_evidence_is_for_the_user_alone_who_runs_it(small: Up) -> None:
    assert stat.S_IMODE((small.folder / "evidence").stat().st_mode) == 0o700


def test_nothing_is_known_of_a_number_never_issued(remit: Remit, number: str) -> None:
    assert remit("evidence", number).code == 3


def test_without_a_place_the_verbs_say_which_setting_is_missing(
    remit: Remit, act: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    for verb in (["attach", "N-1", str(act), "--as", LEAD], ["evidence", "N-1"]):
        told = remit(*verb)
        assert told.code == 2
        assert "set REMIT_EVIDENCE_URL to file:///folder or s3://" in told.words
    monkeypatch.setenv("REMIT_EVIDENCE_URL", "ftp://host")
    told = remit("evidence", "N-1")
    assert told.code == 2
    assert "REMIT_EVIDENCE_URL names no place for evidence: ftp://host is neither" in told.words


def test_a_store_out_of_reach_is_told_and_nothing_is_recorded(
    remit: Remit, assigned: str, act: Path, small: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:1"
    for name in ("database_url", "temporal_address"):
        monkeypatch.setenv(f"REMIT_{name.upper()}", small.addresses[name])
    monkeypatch.setenv("REMIT_EVIDENCE_URL", f"s3://bucket?endpoint={nobody}")
    monkeypatch.setenv("REMIT_EVIDENCE_ACCESS_KEY", "a")
    monkeypatch.setenv("REMIT_EVIDENCE_SECRET_KEY", "s")
    told = remit("attach", assigned, str(act), "--as", LEAD)
    assert told.code == 4
    assert nobody in told.words
    history = remit("history", assigned, "--json").json
    assert "EvidenceAttached" not in [event["type"] for event in history]
