"""Make a release ready: `make release VERSION=1.2.3`. The exit code is 1 if something stands against it."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from releasing import changelog
from releasing.building import build
from releasing.standing import objections

_NEXT = """\
Nothing is committed, tagged or sent. Once `git diff` shows what you mean to release:

    git commit --all --message "Release {version}"
    git tag --annotate v{version} --message "Remit {version}"
"""


def main(arguments: Sequence[str]) -> None:
    root, asked = Path.cwd(), " ".join(arguments)
    if reasons := objections(root, asked):
        sys.exit("\n".join(f"not released: {reason}" for reason in reasons))
    version = Version(asked)
    _write(root, version)
    built = "".join(f"{file.relative_to(root)}\n" for file in build(root, root / "dist"))
    sys.stdout.write(f"{built}\n{_NEXT.format(version=version)}")


def _write(root: Path, version: Version) -> None:
    """What is new gets the version's name; events and fields of commands are noted as they are now."""
    page = root / "CHANGELOG.md"
    today = datetime.now(UTC).date()
    text = changelog.with_released(page.read_text(encoding="utf-8"), version, today)
    page.write_text(text, encoding="utf-8")
    for note in (("tests.golden_events", "release"), ("tests.command_fields",)):
        subprocess.check_call((sys.executable, "-m", *note), cwd=root)


if __name__ == "__main__":
    main(sys.argv[1:])
