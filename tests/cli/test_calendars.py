"""Calendars as an administrator publishes them, on a stack of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Remit, prepare
from tests.cli.up import Up
from tests.programmes import ADMINISTRATOR, HEAD, REGISTRAR, SMALL_DIRECTORY

_AS = ("--as", ADMINISTRATOR)


@pytest.fixture(scope="module")
def small(server_dir: Path) -> Iterator[Path]:
    """`remit up` with the small directory in it, and one open instruction."""
    folder = server_dir / "calendars"
    file = server_dir / "calendars-directory.toml"
    file.write_bytes(SMALL_DIRECTORY)
    policy = server_dir / "counts.json"
    policy.write_text('{"id": "counts", "reminders": [{"id": "soon", "offset": "P20D working"}]}')
    issue = ("issue", "C-1", "--text", "Count", "--issuer", "council", "--deadline", "2099-01-01")
    issue = (*issue, "--policy", str(policy))
    with Up(folder):
        for verb in (("set-up", str(file), *_AS), (*issue, "--as", HEAD)):
            prepare(*verb, "--data", folder)
        yield folder


@pytest.fixture(autouse=True)
def _here(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(small))


def _published(remit: Remit, *verb: str) -> dict[str, Any]:
    told = remit("calendar", *verb, *_AS, "--json")
    assert told.code == 0, told.err
    answer: dict[str, Any] = told.json
    return answer


def test_a_country_is_published_once_and_wakes_those_it_bears_on(remit: Remit) -> None:
    first = _published(remit, "publish", "BY", "--years", "2026")
    assert (first["calendar"], first["calendar_version"], first["published"]) == ("BY", 1, True)
    assert (first["woken"], first["week_changed"]) == (0, False), "nobody counts by it"
    assert {"2026-04-20", "2026-04-25"} <= set(first["changed"])
    again = _published(remit, "publish", "BY", "--years", "2026")
    assert (again["calendar_version"], again["published"], again["changed"]) == (1, False, [])
    told = remit("calendar", "publish", "BY", "--years", "2026", *_AS)
    assert told.words == "BY says so already; it stays at version 1"
    longer = remit("calendar", "publish", "BY", "--years", "2026-2027", *_AS)
    assert "BY is at version 2, for 2026-01-01 to 2027-12-31, from holidays" in longer.words
    assert "look whether it concerns them" not in longer.words
    followed = _published(remit, "follow", "council", "BY")
    assert (followed["calendar"], followed["woken"]) == ("BY", 1)
    nearer = remit("calendar", "publish", "BY", "--years", "2098-2099", *_AS)
    assert "1 unfinished instructions and recurrences look whether it concerns them" in nearer.words
    assert remit("calendar", "follow", "council", *_AS).code == 0


def test_a_body_that_is_moved_counts_by_what_those_above_it_count_by(remit: Remit) -> None:
    _published(remit, "publish", "LT", "--years", "2026")
    union = ("register-body", "union", "--name", "Union", "--kind", "council", *_AS)
    assert remit(*union).code == 0
    assert remit("calendar", "follow", "union", "LT", *_AS).code == 0
    moved = remit("move-body", "council", "union", *_AS, "--json")
    assert (moved.code, moved.json["woken"]) == (0, 1)
    assert remit("move-body", "council", *_AS).code == 0


def test_a_year_is_drawn_with_what_differs(remit: Remit) -> None:
    _published(remit, "publish", "RU", "--years", "2025-2026", "--hours", "08:00-12:00")
    drawn = remit("calendar", "show", "RU", "--year", "2025")
    assert drawn.code == 0
    assert max(map(len, drawn.out.splitlines())) <= 80
    assert "November, 19 worked" in drawn.out
    assert " 1+" in drawn.out
    assert " 3* 4*" in drawn.out
    assert "2025: 247 working days" in drawn.out
    assert "2025-11-01 Sat 08:00-12:00 Working day, moved from 2025-11-03" in drawn.words
    told: dict[str, Any] = remit("calendar", "show", "RU", "--json").json
    assert told["working_days"] == {"2025": 247, "2026": 247}
    assert told["week"] == [["08:00-12:00"]] * 5 + [[]] * 2
    assert {"on": "2025-11-03", "hours": [], "name": "Day off (substituted from 2025-11-01)"} in (
        told["days"]
    )
    of_a_year: dict[str, Any] = remit("calendar", "show", "RU", "--year", "2026", "--json").json
    assert {day["on"][:4] for day in of_a_year["days"]} == {"2026"}


def test_a_file_adds_to_a_country_and_bodies_follow_it(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "office.toml"
    file.write_text(
        'id = "office"\ntitle = "Office [Minsk]"\ncountry = "BY"\nyears = 2026\n'
        'closures = [{ from = 2026-08-03, to = 2026-08-07, name = "Moving [house]" }]\n',
        encoding="utf-8",
    )
    published = _published(remit, "publish-file", str(file))
    assert (published["calendar"], published["published"]) == ("office", True)
    followed = _published(remit, "follow", "region", "office")
    assert (followed["calendar"], followed["calendar_version"]) == ("office", 1)
    assert remit("directory", "region", "--json").json[0]["calendar"] == "office"
    [listed] = [c for c in remit("calendar", "list", "--json").json if c["calendar"] == "office"]
    assert listed["bodies"] == ["region"]
    assert listed["origin"].endswith(" BY, file office.toml")
    assert "Office [Minsk]" in remit("calendar", "list").words
    assert "off Moving [house]" in remit("calendar", "show", "office", "--year", "2026").words
    back = remit("calendar", "follow", "region", *_AS)
    assert "region counts by plain, version 0" in back.words


def test_what_cannot_be_is_refused(remit: Remit, tmp_path: Path) -> None:
    unknown = remit("calendar", "show", "XX", "--json")
    assert (unknown.code, unknown.json["error"]["code"]) == (3, "unknown")
    nobody = remit("calendar", "follow", "region", "XX", *_AS, "--json")
    assert (nobody.code, nobody.json["error"]["field"]) == (3, "calendar")
    not_allowed = remit("calendar", "publish", "KZ", "--years", "2026", "--as", REGISTRAR, "--json")
    assert (not_allowed.code, not_allowed.json["error"]["code"]) == (3, "not-authorised")
    for verb, naming in (
        (("publish", "XX", "--years", "2026"), "country: holidays"),
        (("publish", "BY", "--years", "soon"), "years: soon is no span of years"),
        (("publish", "BY", "--years", "2026", "--hours", "9"), "hours.0: 9 are no hours"),
        (("publish-file", str(tmp_path / "none.toml")), "cannot be read"),
    ):
        told = remit("calendar", *verb, *_AS)
        assert (told.code, naming in told.words) == (2, True), told.err
    _published(remit, "publish", "LV", "--years", "2026-2027")
    beyond = remit("calendar", "show", "LV", "--year", "1999")
    assert (beyond.code, "speaks for 2026 to 2027" in beyond.words) == (2, True)
    bad = tmp_path / "bad.toml"
    bad.write_text('country = "BY"\n', encoding="utf-8")
    told = remit("calendar", "publish-file", str(bad), *_AS)
    assert (told.code, "years: Field required" in told.words) == (5, True)
