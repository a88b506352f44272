"""What stands against a release."""

import re
import subprocess
import tomllib
from pathlib import Path

from packaging.version import Version

from releasing import changelog

_FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_TAG = re.compile(r"v(\d+\.\d+\.\d+)")
HISTORIES = Path("tests") / "workflows" / "histories"


def objections(root: Path, asked: str) -> list[str]:
    """Why a version is not to be released from a checkout, a sentence for each reason; none if it may be.

    Args:
        root: of a git checkout of Remit.
        asked: the version, as `1.2.3`.
    """
    if not _FORM.fullmatch(asked):
        return [f"{asked!r} is no version of the form 1.2.3"]
    found: list[str] = []
    if changed := _git(root, "status", "--porcelain"):
        found.append(f"the tree is not as it was committed: {', '.join(changed)}")
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    version = Version(asked)
    tagged = [Version(name[1:]) for name in _git(root, "tag", "--list") if _TAG.fullmatch(name)]
    known = {*tagged, *changelog.versions(text)}
    if version in known:
        found.append(f"{asked} stands already, as a tag or in CHANGELOG.md")
    elif known and version < max(known):
        found.append(f"{asked} is older than {max(known)}, which stands already")
    if not changelog.unreleased(text):
        found.append("CHANGELOG.md has nothing under Unreleased: say what is new for users")
    if (says := _version(root)) != asked:
        found.append(f"pyproject.toml says {says}: say {asked} there, then record its histories")
    if not list((root / HISTORIES / asked).glob("*.json")):
        found.append(f"{HISTORIES / asked} holds no histories: record them")
    return found


def _version(root: Path) -> str:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["version"]


def _git(root: Path, *arguments: str) -> list[str]:
    """The lines that git answers, without the blanks around them."""
    command = ("git", *arguments)
    answer = subprocess.check_output(command, cwd=root, text=True)
    return [line.strip() for line in answer.splitlines()]
