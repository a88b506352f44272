"""`remit keys`: files of keys made and changed, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from activities.keyring import make_keys, read_keys
from cli.main import run
from cli.session import leave_word, settings_of
from settings import Settings
from tests.cli.conftest import Remit

_NOWHERE = {
    "REMIT_DATABASE_URL": "postgresql://remit@127.0.0.1:9/x",
    "REMIT_TEMPORAL_ADDRESS": "127.0.0.1:9",
}


def test_a_key_is_made_another_added_and_put_in_use(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    first = remit("keys", "make", str(file), "--json").json
    assert first["file"] == str(file)
    second = remit("keys", "add", str(file), "--json").json
    told = remit("keys", "use", str(file), second["key"])
    assert told.code == 0
    assert f"key {second['key']} of {file} is in use from the next start on" in told.words
    keys = read_keys(file)
    assert [key.id for key in keys] == [second["key"], first["key"]]
    again = remit("keys", "make", str(file))
    assert again.code == 2
    assert "is there already" in again.words
    unknown = remit("keys", "use", str(file), "other")
    assert unknown.code == 2
    assert "holds no key other" in unknown.words
    assert remit("keys", "add", str(tmp_path / "gone")).code == 2


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE", "the keys in /nowhere cannot be read"),
        ("REMIT_TEMPORAL_TLS_SERVER_CA_FILE", "/nowhere cannot be read"),
        ("REMIT_TEMPORAL_TLS_CLIENT_KEY_FILE", "name both or neither"),
    ],
)
def test_a_worker_whose_files_cannot_be_used_says_which_and_ends(
    variable: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**_NOWHERE, variable: "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    assert run(["worker"]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_up_leaves_word_of_the_keys_that_encrypt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMIT_DATABASE_URL", raising=False)
    servers = {"database_url": "postgresql://remit@127.0.0.1:9/x"}
    leave_word(tmp_path, Settings.model_validate(servers))
    assert settings_of(tmp_path).temporal_encryption_keys_file is None
    file = tmp_path / "keys"
    make_keys(file)
    with_keys = Settings.model_validate({**servers, "temporal_encryption_keys_file": file})
    leave_word(tmp_path, with_keys)
    assert settings_of(tmp_path).temporal_encryption_keys_file == file
