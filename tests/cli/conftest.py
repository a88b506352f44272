"""The command line as a user has it: no settings in the environment, a terminal of 80 columns."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from cli import main, output


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one call came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was written, wherever the lines were broken."""
        return " ".join((self.out + self.err).split())


Remit = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _as_for_a_new_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("REMIT_") and name != "REMIT_CI_RUN":
            monkeypatch.delenv(name)
    for console in (output.console, output.errors):
        monkeypatch.setattr(console, "width", 80)


@pytest.fixture
def remit(capsys: pytest.CaptureFixture[str]) -> Remit:
    """Calls `remit` with these arguments, in this process."""

    def call(*arguments: str) -> Answer:
        return answer(arguments, capsys)

    return call


def answer(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Answer:
    capsys.readouterr()
    code = main.run(arguments)
    written = capsys.readouterr()
    return Answer(code=code, out=written.out, err=written.err)
