"""`remit recur` on the real stack, as people use it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.conftest import Remit
from tests.programmes import HEAD

pytestmark = pytest.mark.usefixtures("here")

_EXAMPLE = Path(__file__).parents[2] / "examples" / "tax-return.yaml"
_BY = ("--as", HEAD)
_WHY = ("--reason", "so decided", *_BY)


@pytest.fixture
def name() -> str:
    return f"R-{uuid4()}"


def _file(folder: Path, name: str, **changes: str) -> str:
    """The example, with numbers of its own."""
    fields = {"number": f"{name}-{{n}}", **changes}
    lines = [
        line
        for line in _EXAMPLE.read_text(encoding="utf-8").splitlines()
        if line.partition(":")[0] not in fields
    ]
    file = folder / "terms.yaml"
    file.write_text("\n".join([*lines, *(f"{k}: {v}" for k, v in fields.items())]))
    return str(file)


def test_the_life_of_a_recurrence(remit: Remit, tmp_path: Path, name: str) -> None:
    started = remit("recur", "start", name, _file(tmp_path, name), *_BY, "--json")
    assert started.code == 0, started.out
    assert started.json["next_wake"] is not None

    told = remit("recur", "show", name, "--json").json
    assert (told["phase"], told["terms"]["hour"]) == ("Active", "10:00:00")
    ahead = told["next"]
    assert [one["n"] for one in ahead] == [1, 2, 3, 4, 5]
    for one in ahead:
        day, deadline = (date.fromisoformat(one[field]) for field in ("day", "deadline"))
        assert (day + timedelta(days=1)).day == 1, "the last of its month"
        assert day.month % 3 == 0
        assert deadline.weekday() < 5
        assert 0 <= (day - deadline).days <= 2, "the nearest working day before"
        assert one["issue_at"] < one["deadline"]

    second = ahead[1]["day"]
    assert remit("recur", "skip", name, second, *_WHY).code == 0
    later = remit("recur", "show", name, "--json").json["next"]
    assert [one["left_out"] for one in later] == [False, True, False, False, False]
    assert "left out" in remit("recur", "show", name).words

    assert remit("recur", "pause", name, *_WHY).code == 0
    (listed,) = [r for r in remit("recur", "list", "--json").json if r["recurrence"] == name]
    assert listed["phase"] == "Paused"
    assert "so decided" in remit("recur", "show", name).words
    assert remit("recur", "resume", name, *_WHY).code == 0
    changed = _file(tmp_path, name, lead_days="5")
    assert remit("recur", "change", name, changed, *_WHY).code == 0
    assert remit("recur", "show", name, "--json").json["terms"]["lead_days"] == 5
    assert remit("recur", "end", name, *_WHY).code == 0
    again = remit("recur", "end", name, *_WHY)
    assert (again.code, again.err.split()[0]) == (3, "not-in-this-phase:")
    told = remit("recur", "history", name, "--json").json
    assert [event["type"] for event in told] == [
        "RecurrenceStarted",
        "OccurrenceSkipped",
        "RecurrencePaused",
        "RecurrenceResumed",
        "RecurrenceChanged",
        "RecurrenceEnded",
    ]
    assert {event["by"]["actor"] for event in told} == {HEAD}
    assert "RecurrencePaused so decided" in remit("recur", "history", name).words


def test_what_is_issued_is_there_at_once_and_says_where_it_comes_from(
    remit: Remit, tmp_path: Path, name: str
) -> None:
    """Due in three days and to be issued five before: it is late, and issued as soon as it is started."""
    soon = datetime.now(UTC).date() + timedelta(days=3)
    daily = {"rule": "FREQ=DAILY;INTERVAL=30", "first_day": str(soon), "off_days": "as-is"}
    file = _file(tmp_path, name, lead_days="5", lead_in="calendar", **daily)
    assert remit("recur", "start", name, file, *_BY).code == 0
    (issued,) = _past(remit, name)
    assert (issued["n"], issued["number"], issued["late"]) == (1, f"{name}-1", True)
    shown = remit("show", f"{name}-1", "--json").json
    assert (shown["recurrence"], shown["phase"], shown["lead"]) == (
        name,
        "Assigned",
        "min-taxes-by",
    )
    words = remit("recur", "show", name).words
    assert "issued as" in words
    assert f"{name}-1, late" in words


def _past(remit: Remit, name: str) -> list[dict[str, Any]]:
    """Once something has happened."""
    for _ in range(100):
        if past := remit("recur", "show", name, "--json").json["past"]:
            return past
    raise AssertionError("nothing was issued or skipped")


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"rule": "FREQ=HOURLY"}, 3, "FREQ as one of DAILY"),
        ({"lead": "nobody"}, 3, "register the body first"),
        ({"lead_days": "many"}, 2, "lead_days"),
        ({"colour": "red"}, 2, "colour"),
        ({"number": "{{"}, 2, "is no YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    remit: Remit, tmp_path: Path, name: str, changes: dict[str, str], code: int, says: str
) -> None:
    told = remit("recur", "start", name, _file(tmp_path, name, **changes), *_BY)
    assert (told.code, says in told.words) == (code, True), told.words


def test_a_recurrence_nobody_knows_is_refused(remit: Remit) -> None:
    for verb in (("show", "nonesuch"), ("pause", "nonesuch", *_WHY)):
        told = remit("recur", *verb)
        assert (told.code, told.err.split()[0]) == (3, "unknown"), told.err
