"""Secrets reach a process by files too, and nothing that is printed shows one."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from cli.errors import UsageError
from cli.main import run
from cli.session import settings_from_environment, settings_of
from settings import Settings, database_is_named

_SECRETS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field)]
_URL = "postgresql://remit:hunter2@db/remit"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of secrets; and nothing else is set."""
    for name in [name for name in os.environ if name.startswith("REMIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("REMIT_SECRETS_DIR", str(folder))
    return folder


def _settings() -> Settings:
    return Settings.model_validate({})


def test_there_are_secrets() -> None:
    assert {"smtp_password", "temporal_api_key", "evidence_secret_key"} <= set(_SECRETS)


def test_every_secret_may_be_a_file_and_is_never_shown(folder: Path) -> None:
    (folder / "remit_database_url").write_text(f"{_URL}\n")
    for name in _SECRETS:
        (folder / f"remit_{name}").write_text(f"hunter2-{name}\n")
    settings = settings_from_environment()
    assert settings.database_url == _URL
    for name in _SECRETS:
        secret = getattr(settings, name)
        assert isinstance(secret, SecretStr)
        assert secret.get_secret_value() == f"hunter2-{name}", "without the end of the line"
    assert "hunter2" not in f"{settings!r} {settings}"
    assert "hunter2" not in str(settings.model_dump(exclude={"database_url"}))
    assert "hunter2" not in settings.model_dump_json(exclude={"database_url"})


def test_a_variable_goes_before_its_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "REMIT_DATABASE_URL").write_text("postgresql://elsewhere/x")
    assert _settings().database_url == "postgresql://elsewhere/x", "in capitals as well"
    monkeypatch.setenv("REMIT_DATABASE_URL", _URL)
    assert _settings().database_url == _URL


def test_files_as_kubernetes_lays_them_out_are_read(folder: Path) -> None:
    """Links, so that all of them change at once."""
    (folder / "..2026_03").mkdir()
    (folder / "..2026_03" / "remit_database_url").write_text(_URL)
    (folder / "..data").symlink_to("..2026_03")
    (folder / "remit_database_url").symlink_to("..data/remit_database_url")
    assert _settings().database_url == _URL


def test_a_database_that_a_file_names_counts_as_named(folder: Path, tmp_path: Path) -> None:
    assert not database_is_named()
    with pytest.raises(UsageError, match="no Remit runs in"):
        settings_of(tmp_path)
    (folder / "remit_database_url").write_text(_URL)
    assert database_is_named()
    assert settings_of(tmp_path).database_url == _URL


def test_a_folder_that_is_not_there_is_no_folder_without_secrets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.rmdir()
    with pytest.raises(UsageError, match="the settings cannot be read: REMIT_SECRETS_DIR names no"):
        settings_of(folder)
    assert run(["worker"]) == 2
    assert "REMIT_SECRETS_DIR names no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a folder", "found a directory instead"),
        ("no text", "it is no text"),
        ("a link that leads out of it", "resolves outside of"),
    ],
)
def test_what_is_no_secret_is_not_passed_over(
    folder: Path, what: str, says: str, tmp_path: Path
) -> None:
    file = folder / "remit_smtp_password"
    match what:
        case "a folder":
            file.mkdir()
        case "no text":
            file.write_bytes(b"hunter2\xff")
        case _:
            (tmp_path / "outside").write_text("hunter2")
            file.symlink_to(tmp_path / "outside")
    (folder / "remit_database_url").write_text(_URL)
    with pytest.raises(UsageError, match="smtp_password") as refused:
        settings_from_environment()
    assert says in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_what_makes_no_sense_is_not_repeated(folder: Path) -> None:
    (folder / "remit_database_url").write_text(_URL)
    (folder / "remit_smtp_port").write_text("hunter2")
    with pytest.raises(ValidationError) as refused:
        _settings()
    assert "hunter2" not in str(refused.value)
