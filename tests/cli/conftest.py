"""The command line as a user has it: no settings in the environment, a terminal of 80 columns."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cli import main, output
from tests.cli.up import Answer, Running, Up, running_on_a_copy
from tests.programmes import ADMINISTRATOR, SMALL_DIRECTORY

Remit = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _as_for_a_new_user(monkeypatch: pytest.MonkeyPatch) -> None:
    _without_settings(monkeypatch)
    for console in (output.console, output.errors):
        monkeypatch.setattr(console, "width", 80)


def _without_settings(patch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("REMIT_") and name != "REMIT_CI_RUN":
            patch.delenv(name)


def prepare(*arguments: str | Path) -> None:
    """Calls `remit` in this process for what a fixture sets up, which it must do: a process of its own would take
    longer to import than to do it.
    """
    with pytest.MonkeyPatch.context() as patch:
        _without_settings(patch)
        assert main.run([str(argument) for argument in arguments]) == 0


@pytest.fixture
def remit(capsys: pytest.CaptureFixture[str]) -> Remit:
    """Calls `remit` with these arguments, in this process."""

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main.run(arguments)
        written = capsys.readouterr()
        return Answer(code=code, out=written.out, err=written.err)

    return call


@pytest.fixture(scope="session")
def running(imported: Running, server_dir: Path) -> Iterator[Running]:
    """Shared: what is there when a test begins, others may have left."""
    with running_on_a_copy(imported, server_dir / "as-a-user") as running:
        yield running


@pytest.fixture(scope="session")
def small(server_dir: Path) -> Iterator[Up]:
    """`remit up` with the small directory in it. Shared: what a test counts, and whom it changes, is its own."""
    folder, file = server_dir / "small", server_dir / "small-directory.toml"
    file.write_bytes(SMALL_DIRECTORY)
    with Up(folder) as running:
        prepare("set-up", file, "--as", ADMINISTRATOR, "--data", folder)
        yield running


@pytest.fixture
def here(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in this process talk to it."""
    monkeypatch.setenv("REMIT_DATA", str(running.folder))


@pytest.fixture
def number() -> str:
    """An instruction's number nobody else uses."""
    return f"T-{uuid4()}"
