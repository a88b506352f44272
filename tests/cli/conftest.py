"""The command line as a user has it: no settings in the environment, a terminal of 80 columns."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from cli import main, output
from tests.cli.up import Answer, Up, call
from tests.programmes import ADMINISTRATOR, EXAMPLE_DIRECTORY, EXAMPLE_MEASURES, REGISTRAR

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
        capsys.readouterr()
        code = main.run(arguments)
        written = capsys.readouterr()
        return Answer(code=code, out=written.out, err=written.err)

    return call


@dataclass(frozen=True, kw_only=True)
class Running:
    folder: Path
    set_up: Answer
    import_: Answer


@pytest.fixture(scope="session")
def running(server_dir: Path) -> Iterator[Running]:
    with running_in(server_dir / "as-a-user") as running:
        yield running


@contextmanager
def running_in(folder: Path) -> Generator[Running]:
    """`remit up` with the example in it."""
    with Up(folder):
        here = ("--data", folder)
        set_up = call("set-up", EXAMPLE_DIRECTORY, "--as", ADMINISTRATOR, *here)
        import_ = call("import", EXAMPLE_MEASURES, "--as", REGISTRAR, *here)
        yield Running(folder=folder, set_up=set_up, import_=import_)


@pytest.fixture
def here(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in this process talk to it."""
    monkeypatch.setenv("REMIT_DATA", str(running.folder))


@pytest.fixture
def number() -> str:
    """An instruction's number nobody else uses."""
    return f"T-{uuid4()}"
