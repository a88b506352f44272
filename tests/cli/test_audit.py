"""`remit audit` as a user has it."""

import base64
import hashlib
from pathlib import Path

import pytest

from audit.checkpoint import read
from audit.notes import Verifier
from audit.tree import verifies_inclusion
from tests.cli.conftest import Remit, Running
from tests.cli.up import call


def _some_number(running: Running) -> str:
    return call("list", "--limit", "1", "--json", "--data", running.folder).json[0]["number"]


@pytest.mark.usefixtures("here")
def test_from_checkpoint_to_proof(remit: Remit, running: Running) -> None:
    signed = remit("audit", "checkpoint", "--json")
    assert signed.code == 0, signed.words
    number = _some_number(running)
    proved = remit("audit", "prove", number, "--json").json
    verifier = Verifier.parse(proved["verifier_key"])
    checkpoint = read(proved["note"], verifier).checkpoint
    assert proved["proofs"]
    for proof in proved["proofs"]:
        leaf = hashlib.sha256(b"\0" + proof["entry"].encode()).digest()
        path = [base64.b64decode(node) for node in proof["path"]]
        index = proof["position"] - 1
        assert verifies_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
    assert "covered by checkpoint" in remit("show", number, "--json").json["proof"]
    assert "proof:" in remit("show", number).words
    assert "proved" in remit("audit", "prove", number, "1").words


@pytest.mark.usefixtures("here")
def test_a_clean_log_is_intact(remit: Remit) -> None:
    assert remit("audit", "checkpoint").code == 0
    told = remit("audit", "verify")
    assert told.code == 0, told.words
    assert "intact" in told.words
    assert "last outside: size" in told.words
    found = remit("audit", "verify", "--json").json
    assert found["findings"] == []
    assert found["outside"] is not None
    alone = remit("audit", "verify", "--database-alone")
    assert alone.code == 0
    assert "no outside store was looked at" in alone.words


@pytest.mark.usefixtures("here")
def test_another_key_finds_everything_wrong(
    remit: Remit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remit("audit", "checkpoint")
    made = remit("audit", "key", str(tmp_path / "other.key"), "--json").json
    monkeypatch.setenv("REMIT_AUDIT_PUBLIC_KEY", made["verifier_key"])
    told = remit("audit", "verify")
    assert told.code == 7
    assert "did not sign it" in told.words
    assert remit("audit", "watch").code == 7
    failed = remit("audit", "verify", "--json")
    assert failed.json["error"]["code"] == "not-as-signed"
    assert failed.json["findings"]


@pytest.mark.usefixtures("here")
def test_a_number_that_is_not_there(remit: Remit) -> None:
    assert remit("audit", "prove", "NO-SUCH").code == 3


def test_a_key_is_made(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "audit.key"
    made = remit("audit", "key", str(file), "--name", "remit.example/log")
    assert made.code == 0
    assert "remit.example/log+" in made.words
    assert file.stat().st_mode & 0o777 == 0o600
    assert "there already" in remit("audit", "key", str(file)).words
    assert remit("audit", "key", str(tmp_path / "new"), "--name", "a b").code == 2


def test_verifying_needs_a_key(remit: Remit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    told = remit("audit", "verify")
    assert told.code == 2
    assert "REMIT_AUDIT_PUBLIC_KEY" in told.words
    monkeypatch.setenv("REMIT_AUDIT_PUBLIC_KEY", "nonsense")
    assert remit("audit", "verify").code == 2
    assert remit("audit", "checkpoint").code == 2
