"""An operator's day on the real stack: what is late, what is escalated, and one command to many at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Remit, prepare
from tests.cli.up import Running, running_on_a_copy
from tests.programmes import HEAD, REGISTRAR, Row, to_csv

OPERATOR, CONTROLLER = "p-0003", "p-0009"
PROGRAMME = "union-2024-2026"
STORY = "bulk-story"
MINISTRY = "min-taxes-by"
NUMBERS = [f"B-{n:02}" for n in range(1, 31)]
CHARGED, SUSPENDED = NUMBERS[:12], NUMBERS[3:5]
"""The twelve that the ministry answers for, and two of them that wait."""

_REASON = "The council moved its meeting."
_LATER = ("change-deadline", "--later-by", "P7D", "--reason", _REASON, "--as", HEAD)
_CHOSEN = ("--programme", STORY, "--body", MINISTRY)


@pytest.fixture(scope="module")
def alone(imported: Running, server_dir: Path) -> Iterator[Running]:
    """A Remit of their own: what they do to many is done to everybody's."""
    with running_on_a_copy(imported, server_dir / "operators") as running:
        here = ("--data", running.folder)
        told = ("--title", "A story", "--body", "union-council", "--start", "2024-01-01")
        prepare("adopt-programme", STORY, *told, "--end", "2030-12-31", "--as", HEAD, *here)
        file = running.folder / "story.csv"
        file.write_bytes(to_csv([_row(number) for number in NUMBERS]))
        prepare("import", file, "--as", REGISTRAR, *here)
        for number in SUSPENDED:
            prepare("suspend", number, "--reason", "It waits.", "--as", HEAD, *here)
        yield running


@pytest.fixture(autouse=True)
def _here(alone: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(alone.folder))


def _row(number: str) -> Row:
    return {
        "number": number,
        "text": f"Carry out point {number}.",
        "programme": STORY,
        "issuer": "union-council",
        "controller": "control-department",
        "deadline": "2097-06-30",
        "issued_on": "2024-02-01",
        "lead": MINISTRY if number in CHARGED else "min-transport-by",
        "assigned_on": "2024-02-01",
        "acknowledged_on": "2024-02-02",
    }


def _verdicts(answer: Any) -> dict[str, str]:
    return {one["number"]: one["verdict"] for one in answer["instructions"]}


def _changed(remit: Remit, number: str) -> Sequence[Any]:
    events = remit("history", number, "--json").json
    return [event for event in events if event["type"] == "DeadlineChanged"]


def test_twelve_are_chosen_ten_accepted_two_refused_and_nothing_is_done_twice(
    remit: Remit,
) -> None:
    preview = remit("bulk", *_LATER, *_CHOSEN, "--json")
    assert preview.code == 0
    assert preview.json["selected"] == 12
    assert preview.json["counts"] == {"accepted": 10, "refused": 2}
    verdicts = _verdicts(preview.json)
    assert sorted(verdicts) == CHARGED
    assert [number for number, verdict in verdicts.items() if verdict == "refused"] == SUSPENDED
    refused = next(one for one in preview.json["instructions"] if one["number"] == SUSPENDED[0])
    assert refused["code"] == "not-in-this-phase"
    assert "Suspended" in refused["message"]
    accepted = preview.json["instructions"][0]["events"]
    assert [event["type"] for event in accepted][:1] == ["DeadlineChanged"]
    assert "due 2097-07-07" in accepted[0]["says"]
    assert not any(_changed(remit, number) for number in CHARGED), "it was only shown"

    same = ("--yes", "--bulk-id", preview.json["bulk_id"])
    done = remit("bulk", *_LATER, *_CHOSEN, *same, "--json")
    assert done.code == 3, "two were refused"
    assert done.json["counts"] == {"recorded": 10, "refused": 2}
    assert done.json["error"]["code"] == "not-in-this-phase"
    assert [len(_changed(remit, number)) for number in CHARGED].count(1) == 10
    assert _changed(remit, CHARGED[0])[0]["deadline"]["on"] == "2097-07-07"
    assert not any(_changed(remit, number) for number in NUMBERS[12:])

    again = remit("bulk", *_LATER, *_CHOSEN, *same, "--json")
    assert again.json["counts"] == {"recorded already": 10, "refused": 2}
    assert [len(_changed(remit, number)) for number in CHARGED].count(1) == 10

    in_words = remit("bulk", *_LATER, *_CHOSEN, *same)
    assert in_words.code == 3
    assert "12 selected: 10 recorded already, 2 refused (2 not-in-this-phase)" in in_words.words
    other = ("change-deadline", "--later-by", "P8D", "--reason", _REASON, "--as", HEAD)
    reused = remit("bulk", *other, *_CHOSEN, *same, "--json")
    assert reused.json["counts"] == {"refused": 12}
    assert reused.json["instructions"][0]["code"] == "command-id-reused"


def test_a_preview_in_words_says_what_why_not_and_how_to_do_it(remit: Remit) -> None:
    told = remit("bulk", "request-progress", *_CHOSEN, "--as", OPERATOR, "--bulk-id", "ask")
    assert told.code == 0
    assert "Preview: nothing was recorded" in told.out
    assert "12 selected: 12 accepted" in told.words
    assert "the same with --yes --bulk-id ask" in told.words
    refused = remit("bulk", "request-progress", *_CHOSEN, "--as", REGISTRAR)
    assert "12 selected: 12 refused (12 not-authorised)" in refused.words
    assert "--yes --bulk-id" not in refused.words


def test_escalated_taken_on_silenced_and_ended_many_at_once(remit: Remit, tmp_path: Path) -> None:
    some = NUMBERS[12:16]
    file = tmp_path / "numbers.txt"
    file.write_text("# to be brought up\n" + "\n".join(some) + "\n\n", encoding="utf-8")
    named = ("--numbers-from", str(file), "--as", OPERATOR, "--yes", "--json")
    up = ("escalate", "--to", "issuer-head", "--reason", "They are stuck.")
    assert remit("bulk", *up, *named).json["counts"] == {"recorded": 4}

    told = remit("escalations", "--programme", STORY).out
    assert all(word in told for word in ("They", "are", "stuck."))
    queue = remit("escalations", "--programme", STORY, "--json").json
    assert sorted(one["number"] for one in queue["escalations"]) == some
    first = queue["escalations"][0]
    assert (first["to"], first["body"]) == ("issuer-head", "union-council")
    assert (first["escalated_by"], first["reason"]) == (OPERATOR, "They are stuck.")
    assert (first["standing"], first["step"]) == ("open", None)

    mine = ("--programme", STORY, "--as", OPERATOR, "--yes", "--json")
    until = ("--until", "2097-05-01T09:00Z")
    taken = remit("bulk", "acknowledge", *until, *mine)
    assert taken.json["counts"] == {"recorded": 4}, "it chooses those that stand, of thirty"
    assert remit("escalations", "--programme", STORY, "--json").json["total"] == 0
    held = remit("escalations", "--acknowledged", "--programme", STORY, "--json").json
    assert {one["silenced_by"] for one in held["escalations"]} == {OPERATOR}

    snoozed = remit("bulk", "snooze", *until, "--numbers-from", str(file), *mine[2:])
    assert snoozed.json["counts"] == {"recorded": 4}
    assert remit("escalations", "--silenced", "--programme", STORY, "--json").json["total"] == 4
    ended = remit("bulk", "deescalate", "--reason", "Settled.", *mine)
    assert ended.json["counts"] == {"recorded": 4}
    every = remit("escalations", "--all", "--programme", STORY, "--json").json["escalations"]
    assert {(one["ended_by"], one["ended_reason"]) for one in every} == {(OPERATOR, "Settled.")}


def test_reassigned_and_extended_as_each_asked_for(remit: Remit, tmp_path: Path) -> None:
    some = NUMBERS[20:22]
    lead = "p-0018"
    file = tmp_path / "numbers.txt"
    file.write_text("\n".join(some), encoding="utf-8")
    named = ("--numbers-from", str(file), "--as", HEAD, "--yes", "--json")
    moved = remit("bulk", "reassign", "--lead", MINISTRY, *named)
    assert moved.json["counts"] == {"recorded": 2}
    assert remit("show", some[0], "--json").json["lead"] == MINISTRY
    for number, day in zip(some, ("2097-09-01", "2097-10-01"), strict=True):
        asked = ("--deadline", day, "--reason", "The supplier is late.", "--as", lead)
        assert remit("request-extension", number, *asked).code == 0
    agree = ("approve-extensions", "--programme", STORY, "--as", CONTROLLER, "--yes", "--json")
    assert remit("bulk", *agree).json["counts"] == {"recorded": 2}
    deadlines = [remit("show", number, "--json").json["approved_deadline"] for number in some]
    assert deadlines == ["2097-09-01", "2097-10-01"]


def test_what_is_late_is_told_longest_first_page_by_page(remit: Remit) -> None:
    when = ("--as-of", "2025-12-15T12:00+03:00")
    late = remit("late", "--programme", PROGRAMME, *when, "--json").json
    assert late["total"]["instructions"] == 14, "as the council was told"
    delays = [one["late_by_seconds"] for one in late["instructions"]]
    assert delays == sorted(delays, reverse=True)
    assert sum(part["instructions"] for part in late["by_lead"]) == 14

    first = remit("late", "--programme", PROGRAMME, "--limit", "3", "--json").json
    rest = remit("late", "--programme", PROGRAMME, "--after", first["after"], "--json").json
    whole = remit("late", "--programme", PROGRAMME, "--limit", "1000", "--json").json
    listed = remit("list", "--programme", PROGRAMME, "--late", "--limit", "1000", "--json").json
    numbers = [one["number"] for one in whole["instructions"]]
    assert sorted(numbers) == [one["number"] for one in listed]
    paged = [one["number"] for one in (*first["instructions"], *rest["instructions"])]
    assert paged == numbers[: len(paged)]


def test_a_body_stands_for_those_below_it(remit: Remit) -> None:
    every = remit("late", "--body", "union-council", "--json").json["total"]["instructions"]
    council = remit("directory", "union-council", "--json").json
    below = [body["id"] for body in council if body["parent"] == "union-council"]
    parts = [
        remit("late", "--body", body, "--json").json["total"]["instructions"] for body in below
    ]
    assert every == sum(parts) > 0
    unknown = remit("late", "--body", "nobody")
    assert (unknown.code, "no body nobody is known" in unknown.words) == (3, True)


def test_in_words_there_are_totals_and_the_way_on(remit: Remit) -> None:
    told = remit("late", "--programme", PROGRAMME, "--limit", "2")
    assert "behind schedule, the longest by" in told.words
    assert "more: --after" in told.words
    assert "By lead" in told.out
    assert "nothing is behind schedule" in remit("late", "--programme", STORY).words
    assert "no escalation is" in remit("escalations", "--programme", "nowhere").words


def test_a_weeks_digest_is_told_and_written(remit: Remit, tmp_path: Path) -> None:
    since = ("--since", "2025-10-01")
    told = remit("digest", PROGRAMME, *since, "--json").json
    listed = remit("diff", PROGRAMME, "--from", since[1], "--to", told["at"], "--json").json
    assert told["then"]["implemented"] == listed["from"]["implemented"]
    assert told["now"]["implemented"] == listed["to"]["implemented"]
    came = [one for one in listed["moved"] if one["figure"] == "behind_schedule" and one["now"]]
    assert sorted(one["number"] for one in told["became_late"]) == [one["number"] for one in came]

    page, text = tmp_path / "week.html", tmp_path / "week.md"
    files = ("--html", str(page), "--markdown", str(text))
    assert remit("digest", PROGRAMME, *since, *files).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert text.read_text(encoding="utf-8").startswith("# Union programmes")
    again = remit("digest", PROGRAMME, *since, *files)
    assert (again.code, "is there already" in again.words) == (2, True)
    in_words = remit("digest", PROGRAMME, "--week")
    assert "Due in the next 7 days" in in_words.out
    both = remit("digest", PROGRAMME, "--week", *since)
    assert (both.code, "either --since or --week" in both.words) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("request-progress", "--as", OPERATOR), "say which instructions: --programme, --body"),
        (("change-deadline", "--reason", "So.", "--as", HEAD, "--late"), "give either --later-by"),
        (
            ("change-deadline", "--later-by", "P1M", "--reason", "So.", "--as", HEAD, "--late"),
            "--later-by P1M: years and months have no fixed length",
        ),
        (
            ("change-deadline", "--later-by", "P0D", "--reason", "So.", "--as", HEAD, "--late"),
            "--later-by P0D moves nothing",
        ),
        (
            ("request-progress", "--as", OPERATOR, "--late", "--bulk-id", "a b"),
            "--bulk-id: bulk id",
        ),
        (
            ("escalate", "--to", "heaven", "--reason", "So.", "--as", OPERATOR, "--late"),
            "to: String",
        ),
    ],
)
def test_what_makes_no_sense_is_named(
    remit: Remit, arguments: tuple[str, ...], complaint: str
) -> None:
    told = remit("bulk", *arguments)
    assert (told.code, complaint in told.words) == (2, True), told.words


def test_a_file_of_numbers_is_read_to_the_end_before_anything_is_done(
    remit: Remit, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.txt"
    ask = ("bulk", "request-progress", "--as", OPERATOR, "--numbers-from", str(file))
    file.write_text("B-01\nB-99\n", encoding="utf-8")
    unknown = remit(*ask, "--yes")
    assert (unknown.code, "line 2: no instruction B-99 is known" in unknown.words) == (5, True)
    file.write_text("# none\n", encoding="utf-8")
    assert remit(*ask, "--yes").code == 5
    events = remit("history", "B-01", "--json").json
    assert not [event for event in events if event["type"] == "ProgressRequested"]
