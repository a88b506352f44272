"""Every planted bug has a trial and its place in the list, and can still be planted: the code it changes reads as it is said to."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from faults.clocks import own_clock
from faults.planted import in_code, in_database
from faults.trials import TRIALS

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "faults.md"
_ROW = re.compile(
    r"^\|(?: \d+)? \|(?: `(?P<invariant>[\w-]+)`.*?)? \| `(?P<bug>[\w-]+)`: ", re.MULTILINE
)


def _listed() -> list[tuple[str, str]]:
    """Invariant and bug of each row; one without an invariant is of the one above."""
    listed: list[tuple[str, str]] = []
    for row in _ROW.finditer(_PAGE.read_text(encoding="utf-8")):
        listed.append((row["invariant"] or listed[-1][0], row["bug"]))
    return listed


def test_the_list_is_what_is_tried() -> None:
    assert len(TRIALS) > 20
    assert sorted(_listed()) == sorted((trial.invariant, trial.bug) for trial in TRIALS)


def test_what_is_tried_is_what_can_be_planted() -> None:
    planted = {trial.bug for trial in TRIALS if trial.role != "afterwards"}
    assert planted == in_code.BUGS.keys() | in_database.APPEND.keys()


def test_the_code_reads_as_bugs_in_it_take_for_granted() -> None:
    """In a process of its own, which they stay in."""
    plant_all = "from faults.planted.in_code import BUGS, plant; [plant(bug) for bug in BUGS]"
    subprocess.run([sys.executable, "-c", plant_all], cwd=_ROOT, check=True)


@pytest.mark.parametrize("bug", sorted(in_database.APPEND))
async def test_the_function_reads_as_a_bug_in_it_takes_for_granted(
    database_url: str, bug: str
) -> None:
    await own_clock(database_url)
    await in_database.plant(database_url, bug)
