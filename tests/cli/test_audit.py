"""`remit audit` as a user has it."""

import asyncio
import base64
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint, read
from audit.findings import Verification
from audit.keys import read_key
from audit.notes import Verifier
from audit.offline import verify
from audit.tree import verifies_inclusion
from cli.audit_view import print_verification
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests.cli.conftest import Remit
from tests.cli.up import REMIT, call
from tests.programmes import ADMINISTRATOR, PROGRAMME, set_up


@pytest.mark.usefixtures("here")
def test_from_checkpoint_to_proof(remit: Remit) -> None:
    signed = remit("audit", "checkpoint", "--json")
    assert signed.code == 0, signed.words
    number = remit("list", "--limit", "1", "--json").json[0]["number"]
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
    told = remit("audit", "verify")
    assert (told.code, "REMIT_AUDIT_PUBLIC_KEY: it is no key" in told.words) == (2, True)
    assert remit("audit", "checkpoint").code == 2


@pytest.mark.parametrize(
    ("setting", "value"),
    [("REMIT_AUDIT_KEY_FILE", "/nowhere/audit.key"), ("REMIT_AUDIT_URL", "ftp://elsewhere")],
)
@pytest.mark.parametrize("verb", ["worker", "audit checkpoint"])
def test_a_bad_key_or_place_is_named_by_its_setting(
    remit: Remit,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    setting: str,
    value: str,
    verb: str,
) -> None:
    remit("audit", "key", str(tmp_path / "audit.key"))
    monkeypatch.setenv("REMIT_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    monkeypatch.setenv(setting, value)
    monkeypatch.setenv("REMIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    told = remit(*verb.split())
    assert told.code == 2
    assert f"{setting}: " in told.words


def test_up_names_the_key_that_it_cannot_read(server_dir: Path) -> None:
    """As one is left behind by a disk that was full."""
    folder = server_dir / "with-an-empty-key"
    folder.mkdir()
    (folder / "audit.key").touch()
    told = call("up", "--data", folder)
    assert told.code == 2
    assert "REMIT_AUDIT_KEY_FILE: the signing key cannot be read" in told.words


@pytest.mark.parametrize(
    "arguments", [("repair", "--reason", " "), ("checkpoint", "--after-loss", "")]
)
def test_what_stays_for_good_has_a_reason(remit: Remit, arguments: tuple[str, ...]) -> None:
    told = remit("audit", *arguments)
    assert (told.code, "a reason must be given" in told.words) == (2, True)


@pytest.fixture
def own_trail(
    database_url: str, remit: Remit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A log of a few events with a key and an outside folder of its own; returns the folder."""
    asyncio.run(_some_events(database_url))
    outside = tmp_path / "outside"
    outside.mkdir()
    key = tmp_path / "audit.key"
    assert remit("audit", "key", str(key)).code == 0
    monkeypatch.setenv("REMIT_DATABASE_URL", database_url)
    monkeypatch.setenv("REMIT_AUDIT_KEY_FILE", str(key))
    monkeypatch.setenv("REMIT_AUDIT_URL", outside.as_uri())
    return outside


async def _some_events(url: str) -> None:
    async with (
        PostgresEventStore.open(url) as store,
        PostgresPersonStore.open(url) as persons,
    ):
        await set_up(store, persons=persons)


def test_an_outside_store_that_was_emptied_is_found_refused_and_repaired(
    own_trail: Path, remit: Remit
) -> None:
    assert remit("audit", "checkpoint").code == 0
    shutil.rmtree(own_trail)
    own_trail.mkdir()
    assert remit("audit", "verify").code == 7
    refused = remit("audit", "checkpoint", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "not-signed")
    assert "remit audit repair" in refused.words
    repaired = remit("audit", "repair", "--reason", "the bucket was emptied by mistake", "--json")
    assert repaired.code == 0, repaired.words
    assert repaired.json["signed"]
    assert remit("audit", "checkpoint").code == 0
    told = remit("audit", "verify")
    assert told.code == 0
    assert "the trail was repaired: the bucket was emptied by mistake" in told.words
    (own_trail / "checkpoint").unlink()
    ending = remit("audit", "watch")
    assert ending.code == 7


def test_a_checkpoint_that_was_signed_and_is_not_outside_is_told_as_that(
    own_trail: Path, remit: Remit
) -> None:
    assert remit("audit", "checkpoint").code == 0
    for tile in (own_trail / "tile" / "0").rglob("*"):
        if tile.is_file():
            tile.write_bytes(b"something else")
    told = remit("audit", "repair", "--reason", "to see what comes of it", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "not-outside")
    assert told.json["checkpoint"]["number"] == 2
    assert told.json["error"]["message"].startswith(
        "checkpoint 2 is signed, and not written outside"
    )


@pytest.mark.usefixtures("own_trail")
def test_watching_tells_the_notices(remit: Remit) -> None:
    assert remit("audit", "repair", "--reason", "begun anew").code == 0
    watching = subprocess.Popen(
        [REMIT, "audit", "watch", "--every", "0.1"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=dict(os.environ),
    )
    assert watching.stderr is not None
    try:
        looked, notice = watching.stderr.readline(), watching.stderr.readline()
    finally:
        watching.kill()
        watching.communicate()
    assert "events verified" in looked
    assert notice.startswith("notice checkpoint 1 was signed at")


def test_the_json_says_that_no_outside_store_was_looked_at(
    own_trail: Path, remit: Remit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remit("audit", "checkpoint").code == 0
    looked = remit("audit", "verify", "--json").json
    assert (looked["outside_looked_at"], looked["notices"]) == (True, [])
    shutil.rmtree(own_trail / "checkpoints")
    monkeypatch.delenv("REMIT_AUDIT_URL")
    alone = remit("audit", "verify", "--json").json
    assert not alone["outside_looked_at"]
    assert alone["notices"][0].startswith("no outside store was looked at")


@pytest.mark.usefixtures("own_trail")
def test_a_receipt_needs_no_key_and_refuses_a_bad_one(
    remit: Remit, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased = remit(
        "erase-person", "p-0007", "--reason", "At their own wish.", "--as", ADMINISTRATOR
    )
    assert erased.code == 0, erased.words
    early = remit("audit", "receipt", "p-0007").json
    assert "no checkpoint covers it yet" in early["way_out"]
    assert remit("audit", "checkpoint").code == 0
    assert remit("audit", "receipt", "p-0007").json["checkpoint"]
    monkeypatch.setenv("REMIT_AUDIT_PUBLIC_KEY", "remit/mistyped+00000000+AAAA")
    mistyped = remit("audit", "receipt", "p-0007")
    assert (mistyped.code, "REMIT_AUDIT_PUBLIC_KEY" in mistyped.words) == (2, True)
    monkeypatch.delenv("REMIT_AUDIT_PUBLIC_KEY")
    monkeypatch.delenv("REMIT_AUDIT_KEY_FILE")
    without = remit("audit", "receipt", "p-0007").json
    assert without["checkpoint"] is None
    assert "no key was at hand" in without["way_out"]
    [failure] = verify.verify_receipt(without).failures
    assert "no key was at hand" in failure


@pytest.mark.usefixtures("own_trail")
def test_another_public_key_than_that_of_the_key_file_is_named(
    remit: Remit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remit("audit", "checkpoint").code == 0
    own = read_key(tmp_path / "audit.key").verifier.text
    remit("audit", "key", str(tmp_path / "other.key"))
    monkeypatch.setenv("REMIT_AUDIT_PUBLIC_KEY", own)
    monkeypatch.setenv("REMIT_AUDIT_KEY_FILE", str(tmp_path / "other.key"))
    told = remit("audit", "bundle", PROGRAMME, "-o", str(tmp_path / "bundle.zip"))
    assert told.code == 2
    assert "other.key (REMIT_AUDIT_KEY_FILE) is not the key" in told.words


def test_a_log_that_lost_its_end_is_not_said_to_have_newer_events(
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint = Checkpoint(size=12, root=b"r" * 32, number=3, epoch=1, time="2026-11-30T17:20:41Z")
    print_verification(
        Verification(
            size=10,
            hashed=10,
            epoch=2,
            latest=checkpoint,
            outside=checkpoint,
            outside_looked_at=True,
            findings=(),
            notices=(),
        )
    )
    assert capsys.readouterr().out.count("the log lacks 2 of them") == 2
