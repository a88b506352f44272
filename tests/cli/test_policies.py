"""Policies as their users have them: published, looked at, applied, explained, tried out."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Remit, prepare
from tests.cli.up import Up
from tests.programmes import (
    ADMINISTRATOR,
    EXAMPLES,
    HEAD,
    REGISTRAR,
    Row,
    to_csv,
)

LEAD = "p-0007"
_STRICT = EXAMPLES / "policies" / "strict.yaml"
_UNION = EXAMPLES / "policies" / "union-programme.yaml"
_AS = ("--as", HEAD)
_LATE = ("L-1", "L-2")
_MINE = "id: mine\nreminders:\n  - {id: before, offset: P3D working, at: '09:00'}\n"


@pytest.fixture(scope="module")
def folder(small: Up, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a Remit with a calendar, and two instructions that history left late."""
    measures = tmp_path_factory.mktemp("policies") / "policies.csv"
    measures.write_bytes(to_csv([_late(number) for number in _LATE]))
    for verb in (
        ("calendar", "publish", "BY", "--years", "2060-2099", "--as", ADMINISTRATOR),
        ("calendar", "follow", "council", "BY", "--as", ADMINISTRATOR),
        ("import", measures, "--as", REGISTRAR),
    ):
        prepare(*verb, "--data", small.folder)
    return small.folder


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(folder))


def _late(number: str) -> Row:
    return {
        "number": number,
        "text": "Report.",
        "issuer": "council",
        "controller": "control",
        "deadline": "2024-06-28",
        "issued_on": "2024-01-22",
        "lead": "ministry",
        "assigned_on": "2024-01-22",
        "acknowledged_on": "2024-01-23",
    }


def _done(remit: Remit, *verb: str) -> Any:
    told = remit(*verb, "--json")
    assert told.code == 0, told.err
    return told.json


def _issued(remit: Remit, number: str, *more: str) -> None:
    issue = ("issue", number, "--text", "Do it.", "--issuer", "council", *more)
    _done(remit, *issue, *_AS)
    _done(remit, "assign", number, "--lead", "ministry", *_AS)


def _published(remit: Remit, *files: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = _done(
        remit, "policy", "publish", *map(str, files), "--as", ADMINISTRATOR
    )
    return told


def _explained(remit: Remit, number: str, *more: str) -> dict[str, dict[str, Any]]:
    rows: list[dict[str, Any]] = _done(remit, "explain", number, *more)
    return {f"{row['rule']} {row['occurrence']}.{row['revision']}": row for row in rows}


def test_a_policy_is_published_in_versions_listed_and_drawn(remit: Remit, tmp_path: Path) -> None:
    [strict, union] = _published(remit, _STRICT, _UNION)
    assert (strict["policy"], strict["policy_version"], strict["published"]) == ("strict", 1, True)
    assert union["policy"] == "union-programme"
    assert [p["published"] for p in _published(remit, _STRICT)] == [False]
    changed = tmp_path / "strict.yml"
    changed.write_text(_STRICT.read_text().replace("PT1H", "PT2H"), encoding="utf-8")
    assert _published(remit, changed)[0]["policy_version"] == 2
    listed = {one["policy"]: one["version"] for one in _done(remit, "policy", "list")}
    assert {"strict": 2, "union-programme": 1, "default": 0}.items() <= listed.items()
    drawn = remit("policy", "show", "strict", "--begin", "2026-03-02", "--length", "40")
    assert drawn.code == 0
    assert "strict, version 2" in drawn.words
    assert "after: PT2H" in drawn.words
    assert "to-the-issuer (2)" in drawn.words
    assert max(map(len, drawn.out.splitlines())) <= 80
    example = ("--version", "1", "--begin", "2026-03-02", "--length", "40", "--calendar", "BY")
    first: dict[str, Any] = _done(remit, "policy", "show", "strict", *example)
    assert (first["version"], first["policy_hash"]) == (1, strict["policy_hash"])
    moments = {m["rule"]: m for m in first["example"]["moments"]}
    assert moments["overdue"]["local"] == "2026-04-12T01:00:00+03:00"
    assert moments["taken-over"]["to"] == "superior"
    assert moments["before-1wd"]["local"] == "2026-04-10T09:00:00+03:00"
    low = _done(remit, "policy", "show", "strict", "--priority", "low", *example)
    assert [m["rule"] for m in low["example"]["moments"]] == ["before-5wd", "deadline", "overdue"]
    file = tmp_path / "again.yaml"
    file.write_text(remit("policy", "show", "strict", "--yaml").out, encoding="utf-8")
    assert _published(remit, file)[0]["published"] is False


def test_what_is_open_under_a_policy_is_shown_first_and_then_goes_by_its_next_version(
    remit: Remit, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(_MINE, encoding="utf-8")
    _published(remit, file)
    _issued(remit, "A-1", "--deadline", "2099-04-30", "--policy", "mine")
    _issued(remit, "A-2", "--deadline", "2099-04-30")
    apply = ("policy", "apply", "mine", "--reason", "New rules.", *_AS)
    assert _done(remit, *apply)["selected"] == 0
    file.write_text(_MINE.replace("P3D", "P4D"), encoding="utf-8")
    _published(remit, file)
    preview = _done(remit, *apply)
    assert (preview["preview"], preview["counts"]) == (True, {"accepted": 1})
    assert [one["number"] for one in preview["instructions"]] == ["A-1"]
    assert _explained(remit, "A-1")["before 1.1"]["due_at"].startswith("2099-04-27")
    done = _done(remit, *apply, "--yes", "--bulk-id", preview["bulk_id"])
    assert (done["preview"], done["counts"]) == (False, {"recorded": 1})
    rows = _explained(remit, "A-1")
    before = {
        key: (row["status"], row["due_at"][:10]) for key, row in rows.items() if "before" in key
    }
    assert before == {
        "before 1.1": ("dropped", "2099-04-27"),
        "before 1.2": ("planned", "2099-04-24"),
    }
    others = _done(remit, *apply, "--instead-of", "default", "--issuer", "council")
    assert "A-2" in {one["number"] for one in others["instructions"]}
    nobody = remit("policy", "apply", "nobody", "--reason", "X", *_AS, "--json")
    assert (nobody.code, nobody.json["error"]["field"]) == (3, "policy")


def test_each_due_moment_is_explained(remit: Remit) -> None:
    _published(remit, _UNION)
    more = ("--milestone", "draft:2099-03-02:The draft is there", "--priority", "high")
    by = ("--deadline", "2099-05-12", "--policy", "union-programme")
    _issued(remit, "X-1", *by, *more)
    row = _explained(remit, "X-1")["before-10wd 1.1"]
    assert row["says"] == "10 working days before the deadline of 12 May 2099, at 09:00 in Moscow"
    assert (row["calendar"], row["calendar_version"], row["zone"]) == ("BY", 1, "Europe/Moscow")
    assert (row["status"], row["local"][11:16]) == ("planned", "09:00")
    assert {"on": "2099-05-01", "name": "Labor Day"} in row["days_off"]
    drawn = remit("explain", "X-1")
    assert drawn.code == 0
    assert "10 working days before" in drawn.words
    assert "Labor Day" in drawn.words
    _done(remit, "acknowledge", "X-1", "--as", LEAD)
    dropped = _explained(remit, "X-1")["unacknowledged 1.1"]
    assert (dropped["status"], dropped["event"]) == ("dropped", "AssignmentAcknowledged")
    assert "were dropped: --all" in remit("explain", "X-1").words
    _done(remit, "set-milestones", "X-1", "draft:2099-03-02:The draft", "last:2099-05-01:All", *_AS)
    _done(remit, "progress", "X-1", "50", "--milestone", "draft", "--as", LEAD)
    told = _explained(remit, "X-1")
    assert told["milestone/draft 1.1"]["event"] == "MilestoneReached"
    assert told["milestone-5wd/last 1.1"]["status"] == "planned"
    draft, last = remit("show", "X-1", "--json").json["milestones"]
    assert (draft["id"], draft["title"], draft["due"]) == ("draft", "The draft", "2099-03-02")
    assert draft["reached_at"] is not None
    assert (last["id"], last["reached_at"]) == ("last", None)
    shown = remit("show", "X-1").words.replace("│ │ ", "")  # it wraps
    assert "draft by 2099-03-02: reached 20" in shown
    assert "last by 2099-05-01: not reached" in shown
    before = "2020-01-01"
    assert remit("explain", "X-1", "--as-of", before, "--json").code == 3
    other = ("change-policy", "X-1", "--policy", str(_STRICT), "--priority", "low")
    _done(remit, *other, "--reason", "It slips.", *_AS)
    assert _explained(remit, "X-1")["before-10wd 1.1"]["event"] == "PolicyChanged"
    assert _explained(remit, "X-1")["before-5wd 1.1"]["policy"] == "strict"


def test_a_policy_is_tried_on_what_happened(remit: Remit) -> None:
    numbers = [word for number in _LATE for word in ("--number", number)]
    as_entered = _done(remit, "policy", "test", str(_UNION), *numbers)
    assert (as_entered["instructions"], as_entered["entered_as_history"]) == (2, 2)
    assert as_entered["would_have"]["reminders"] == 0
    as_it_was = _done(remit, "policy", "test", str(_UNION), *numbers, "--as-it-occurred")
    assert as_it_was["happened"]["reminders"] == 0
    assert as_it_was["would_have"]["escalations"] == {
        "controller": 2,
        "issuer": 2,
        "issuer-head": 2,
    }
    rules = [one["rule"] for one in as_it_was["lives"][0]["would_have"]["warnings"]]
    assert rules[:4] == ["before-30d", "before-10wd", "before-3wd", "last-day"]
    drawn = remit("policy", "test", str(_UNION), *numbers)
    assert drawn.code == 0
    assert "2 of these were entered as history" in drawn.words
    assert _done(remit, "policy", "test", "default", *numbers, "--closed")["instructions"] == 0
    earlier = ("--as-it-occurred", "--as-of", "2024-06-01")
    then = _done(remit, "policy", "test", str(_UNION), *numbers, *earlier)
    assert then["would_have"]["late"] == 0


def test_what_cannot_be_is_refused(remit: Remit, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: bad\nreminders:\n  - {id: a, offset: 5}\n", encoding="utf-8")
    told = remit("policy", "publish", str(bad), "--as", ADMINISTRATOR)
    assert (told.code, "reminders[1].offset: 5 is no length of time" in told.words) == (5, True)
    for verb, code, naming in (
        (("policy", "show", "none"), 3, "no policy none is published"),
        (("policy", "show", "default", "--version", "3"), 3, "default has no version 3"),
        (("policy", "show", "default", "--zone", "Nowhere"), 3, "is no IANA zone"),
        (("policy", "show", "default", "--calendar", "XX"), 3, "no calendar XX is published"),
        (("policy", "test", "none"), 3, "no policy none is published"),
        (("policy", "test", "default", "--open", "--closed"), 2, "or neither for both"),
        (("policy", "test", "default", "--number", "none"), 3, "no instruction none is issued"),
        (("policy", "test", "default", "--programme", "none"), 3, "no programme none is known"),
        (("policy", "publish", "--as", ADMINISTRATOR), 2, "name the files to publish"),
        (("policy", "test", "Default"), 2, "is no id of a policy and no file"),
        (("set-milestones", "L-1", "draft", *_AS), 2, "draft is no milestone; write"),
        (("set-milestones", "L-1", "Draft:2099-01-01:x", *_AS), 2, "milestone Draft"),
        (("deescalate", "L-1", "--reason", "x", "--give-back", *_AS), 3, "not-authorised"),
        (("policy", "publish", str(_STRICT), "--as", LEAD), 3, "not-authorised"),
    ):
        answer = remit(*verb)
        assert (answer.code, naming in answer.words) == (code, True), answer.words
