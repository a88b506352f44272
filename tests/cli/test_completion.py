"""`remit completion`: there is a script for each shell, and bash completes by its own."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Remit


@pytest.fixture
def script(remit: Remit, tmp_path: Path) -> Path:
    file = tmp_path / "remit.bash"
    file.write_text(remit("completion", "bash").out)
    return file


def _completed(script: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    line = shlex.join(words)
    ask = (
        f"source {shlex.quote(str(script))}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        '"$(complete -p remit | sed "s/.*-F \\([^ ]*\\).*/\\1/")"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["/usr/bin/env", "bash", "--norc", "-c", ask],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(remit: Remit, shell: str) -> None:
    told = remit("completion", shell)
    assert (told.code, told.err) == (0, "")
    assert "remit" in told.out


def test_bash_completes_verbs_options_and_values(script: Path) -> None:
    assert _completed(script, "remit", "doc") == ["doctor"]
    assert _completed(script, "remit", "import", "--d") == ["--dry-run", "--data"]
    assert "InProgress" in _completed(script, "remit", "list", "--phase", "In")
    assert _completed(script, "remit", "completion", "") == ["bash", "zsh", "fish"]


def test_bash_completes_files(script: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").touch()
    offered = _completed(script, "remit", "import", str(tmp_path / "pl"))
    assert offered == [str(tmp_path / "plan.csv")]


def test_another_shell_is_refused(remit: Remit) -> None:
    assert remit("completion", "cmd").code == 2
