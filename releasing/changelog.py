"""CHANGELOG.md, in the form of Keep a Changelog 1.1: a section for each version, the newest first."""

import re
from datetime import date

from packaging.version import Version

UNRELEASED = "## [Unreleased]\n"
_SECTION = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def unreleased(text: str) -> str:
    """What stands under Unreleased, without its heading; empty, too, where there is no such section."""
    return ("\n" + text.partition(UNRELEASED)[2]).split("\n## ")[0].strip()


def versions(text: str) -> list[Version]:
    """Those that have a section, in the order of the page."""
    return [Version(found) for found in _SECTION.findall(text)]


def with_released(text: str, version: Version, on: date) -> str:
    """The page with what was unreleased under a version's heading, and nothing unreleased."""
    heading = f"{UNRELEASED}\n## [{version}] - {on.isoformat()}\n"
    return text.replace(UNRELEASED, heading, 1)
