"""A release is refused for every reason that a machine can see, and made of what then stands in the tree."""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from packaging.version import Version

from releasing import changelog
from releasing.building import NotReproducible, build
from releasing.standing import HISTORIES, objections

_ROOT = Path(__file__).parent.parent
_PAGE = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [1.2.0] - 2026-01-02\n\n- Old.\n"
_NOTHING_NEW = _PAGE.replace("### Added\n\n- A thing.\n\n", "")
_NO_LINE_BETWEEN = _NOTHING_NEW.replace("\n\n## [1.2.0]", "\n## [1.2.0]")
_VERSION = re.compile(r'^version = ".*"\n', re.MULTILINE)
Change = Callable[[Path], object]


def _git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    command = ("git", *who, *arguments)
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One in which nothing stands against 1.3.0."""
    root = tmp_path / "checkout"
    (root / HISTORIES / "1.3.0").mkdir(parents=True)
    (root / HISTORIES / "1.3.0" / "instruction-1.json").write_text("{}")
    (root / "pyproject.toml").write_text('[project]\nversion = "1.3.0"\n')
    (root / "CHANGELOG.md").write_text(_PAGE)
    _git(root, "init", "--quiet")
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "--message", "All")
    return root


def _written(name: str, text: str) -> Change:
    return lambda root: (root / name).write_text(text)


def _tagged(name: str) -> Change:
    return lambda root: _git(root, "tag", name)


def _committed(name: str, text: str) -> Change:
    def change(root: Path) -> None:
        (root / name).write_text(text)
        _git(root, "commit", "--quiet", "--all", "--message", "Another")

    return change


def test_what_nothing_stands_against_is_released(checkout: Path) -> None:
    assert objections(checkout, "1.3.0") == []


@pytest.mark.parametrize(
    ("asked", "change", "reason"),
    [
        ("1.3", None, "'1.3' is no version of the form 1.2.3"),
        ("", None, "'' is no version of the form 1.2.3"),
        ("1.3.0rc1", None, "'1.3.0rc1' is no version of the form 1.2.3"),
        (
            "1.3.0",
            _written("CHANGELOG.md", _PAGE + "\n"),
            "the tree is not as it was committed: M CHANGELOG.md",
        ),
        (
            "1.3.0",
            _written("new.py", ""),
            "the tree is not as it was committed: ?? new.py",
        ),
        (
            "1.3.0",
            _tagged("v1.3.0"),
            "1.3.0 stands already, as a tag or in CHANGELOG.md",
        ),
        (
            "1.3.0",
            _tagged("v1.10.0"),
            "1.3.0 is older than 1.10.0, which stands already",
        ),
        (
            "1.3.0",
            _committed("CHANGELOG.md", _NOTHING_NEW),
            "CHANGELOG.md has nothing under Unreleased: say what is new for users",
        ),
        (
            "1.3.0",
            _committed("CHANGELOG.md", _NO_LINE_BETWEEN),
            "CHANGELOG.md has nothing under Unreleased: say what is new for users",
        ),
        (
            "1.3.0",
            _committed("CHANGELOG.md", _PAGE.replace("## [Unreleased]\n", "")),
            "CHANGELOG.md has nothing under Unreleased: say what is new for users",
        ),
    ],
)
def test_a_release_is_refused(
    checkout: Path, asked: str, change: Change | None, reason: str
) -> None:
    if change:
        change(checkout)
    assert objections(checkout, asked) == [reason]


def test_all_that_stands_against_it_is_said_at_once(checkout: Path) -> None:
    assert objections(checkout, "1.2.0") == [
        "1.2.0 stands already, as a tag or in CHANGELOG.md",
        "pyproject.toml says 1.3.0: say 1.2.0 there, then record its histories",
        "tests/workflows/histories/1.2.0 holds no histories: record them",
    ]


def test_what_was_unreleased_stands_under_the_version() -> None:
    made = changelog.with_released(_PAGE, Version("1.3.0"), date(2026, 12, 1))
    assert changelog.unreleased(made) == ""
    assert changelog.versions(made) == [Version("1.3.0"), Version("1.2.0")]
    assert "## [1.3.0] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [1.2.0]" in made


def test_the_changelog_is_of_this_form_and_knows_the_version() -> None:
    text = (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.UNRELEASED in text
    known = changelog.versions(text)
    assert known == sorted(known, reverse=True)
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert Version(project["version"]) >= known[0]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a commit of all that lies here would hold, in a checkout of its own, ready for 99.0.0."""
    root = tmp_path_factory.mktemp("tree") / "remit"
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in subprocess.check_output(listing, cwd=_ROOT, text=True).split("\0"):
        if name and (_ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_ROOT / name, root / name)
    shutil.copytree(_ROOT / "web/console/built", root / "web/console/built")
    (root / HISTORIES / "99.0.0").mkdir()
    (root / HISTORIES / "99.0.0" / "instruction-1.json").write_text("{}")
    project = root / "pyproject.toml"
    version = 'version = "99.0.0"\n'
    project.write_text(_VERSION.sub(version, project.read_text(encoding="utf-8"), count=1))
    (root / "tests/golden/command_fields.json").write_text("{}\n")
    page = root / "CHANGELOG.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(changelog.UNRELEASED, changelog.UNRELEASED + "\n- A thing.\n", 1))
    _git(root, "init", "--quiet")
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "--message", "All")
    return root


def _release(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "releasing", *arguments]
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, cwd=root, check=False, capture_output=True, text=True, env=environment
    )


def test_a_release_is_made_ready_and_no_more(tree: Path) -> None:
    refused = _release(tree)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "not released: '' is no version of the form 1.2.3\n"
    assert not (tree / "dist").exists()

    done = _release(tree, "99.0.0")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'git tag --annotate v99.0.0 --message "Remit 99.0.0"' in done.stdout
    page = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [99.0.0] - {datetime.now(UTC).date()}\n\n- A thing.\n" in page
    released = (tree / "tests/golden/released.txt").read_text(encoding="utf-8")
    assert "InstructionIssued.v" in released
    assert "Issue" in (tree / "tests/golden/command_fields.json").read_text(encoding="utf-8")
    assert not list((tree / ".git" / "refs" / "tags").iterdir())

    sums = (tree / "dist" / "remit-99.0.0.sha256").read_text(encoding="utf-8")
    told = {name: made for made, name in (line.split("  ") for line in sums.splitlines())}
    assert told == {
        name: hashlib.sha256((tree / "dist" / name).read_bytes()).hexdigest()
        for name in ("remit-99.0.0.tar.gz", "remit-99.0.0-py3-none-any.whl")
    }
    with zipfile.ZipFile(tree / "dist" / "remit-99.0.0-py3-none-any.whl") as wheel:
        assert "web/console/built/console.css" in wheel.namelist()
    assert _release(tree, "99.0.0").returncode == 1


def test_what_stands_beside_git_gets_into_no_wheel(tree: Path, tmp_path: Path) -> None:
    """Of the sources that are handed out the same wheel comes: else nobody could build it anew."""
    aside = tree / ".gitignore"
    aside.write_text(aside.read_text(encoding="utf-8") + "/domain/secret.py\n", encoding="utf-8")
    (tree / "domain" / "secret.py").write_text("")
    project = tree / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    wanted = 'artifacts = ["web/console/built"]\n'
    project.write_text(text.replace(wanted, wanted.replace("]", ', "domain/secret.py"]'), 1))
    with pytest.raises(NotReproducible):
        build(tree, tmp_path)
