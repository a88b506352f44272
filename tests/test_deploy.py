"""What deploy/ says must fit the program."""

import os
import subprocess
from pathlib import Path

import pytest

from settings import Settings

_EXAMPLE = Path(__file__).parent.parent / "deploy" / "remit.env.example"


def test_the_example_environment_is_read_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell reads it; systemd takes off quotes likewise."""
    written = [line for line in _EXAMPLE.read_text().splitlines() if line and line[0] != "#"]
    lines = _sourced(_EXAMPLE)
    assert [line.split("=")[0] for line in lines] == sorted(line.split("=")[0] for line in written)
    for line in lines:
        monkeypatch.setenv(*line.split("=", 1))
    settings = Settings.model_validate({})
    named = {line.split("=", 1)[0].removeprefix("REMIT_").lower() for line in lines}
    assert named <= set(Settings.model_fields)
    assert settings.model_fields_set == named
    assert (settings.evidence_url or "").endswith("&region=eu-central-1")


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
