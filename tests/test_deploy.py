"""What deploy/ says must fit the program."""

from pathlib import Path

import pytest

from settings import Settings

_EXAMPLE = Path(__file__).parent.parent / "deploy" / "remit.env.example"


def test_the_example_environment_is_read_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in _EXAMPLE.read_text().splitlines() if line and line[0] != "#"]
    for line in lines:
        monkeypatch.setenv(*line.split("=", 1))
    settings = Settings.model_validate({})
    named = {line.split("=", 1)[0].removeprefix("REMIT_").lower() for line in lines}
    assert named <= set(Settings.model_fields)
    assert settings.model_fields_set == named
