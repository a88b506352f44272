"""What deploy/ says must fit the program."""

import os
import subprocess
from pathlib import Path

import pytest

from settings import Settings

_DEPLOY = Path(__file__).parent.parent / "deploy"
_EXAMPLES = (_DEPLOY / "remit.env.example", _DEPLOY / "systemd" / "remit.env.example")


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda file: file.parent.name)
def test_the_example_environment_is_read_as_settings(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell reads it; systemd takes off quotes likewise."""
    written = [line for line in example.read_text().splitlines() if line and line[0] != "#"]
    lines = _sourced(example)
    assert [line.split("=")[0] for line in lines] == sorted(line.split("=")[0] for line in written)
    for line in lines:
        monkeypatch.setenv(*line.split("=", 1))
    settings = Settings.model_validate({"database_url": "postgresql://of-a-secret"})
    named = {line.split("=", 1)[0].removeprefix("REMIT_").lower() for line in lines}
    assert named <= set(Settings.model_fields)
    assert settings.model_fields_set == named | {"database_url"}
    for url in (settings.evidence_url, settings.audit_url):
        assert url is not None
        assert "'" not in url
    [audit] = [line for line in written if line.startswith("REMIT_AUDIT_URL=")]
    assert settings.audit_url == audit.removeprefix("REMIT_AUDIT_URL=").strip("'")


def _sourced(file: Path) -> list[str]:
    """The variables of Remit that a shell has after reading the file."""
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", 'set -a; . "$1"; env', "sh", file],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    return sorted(line for line in done.stdout.splitlines() if line.startswith("REMIT_"))
