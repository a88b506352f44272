"""Every verb on the real stack, as people use it. One file, so that one process runs it on one stack."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.conftest import Remit
from tests.cli.up import Answer, Running, call
from tests.programmes import (
    ADMINISTRATOR,
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    EXAMPLES,
    HEAD,
    REGISTRAR,
    Row,
    read_rows,
    to_csv,
)

OPERATOR, CONTROLLER, LEAD = "p-0003", "p-0009", "p-0018"
PROGRAMME = "union-2024-2026"
MEETING = "2025-12-15T12:00:00+03:00"

pytestmark = pytest.mark.usefixtures("here")


def _csv(folder: Path, rows: list[Row]) -> Path:
    file = folder / f"{uuid4()}.csv"
    file.write_bytes(to_csv(rows))
    return file


def _new_row(number: str, **changed: str) -> Row:
    """A measure of the example once more, in no programme."""
    known = next(row for row in read_rows(EXAMPLE_MEASURES) if row["number"] == "U-002")
    return known | {"number": number, "programme": "", "sector": ""} | changed


def test_the_example_is_loaded_and_imported(running: Running) -> None:
    assert (running.set_up.code, running.import_.code) == (0, 0), running.import_.err
    assert running.set_up.out == "349 recorded, 0 known already\n"
    rows, facts = 310, 1817
    assert running.import_.out == (
        f"{rows} rows: {rows} new instructions, {facts} facts recorded, 0 known already, "
        "0 rows skipped\n"
    )
    assert "310/310" in running.import_.err, "progress is shown, on the other channel"


def test_loading_and_importing_again_changes_nothing(remit: Remit) -> None:
    again = remit("set-up", str(EXAMPLE_DIRECTORY), "--as", ADMINISTRATOR, "--json")
    assert (again.code, again.json) == (0, {"commands_recorded": 0, "commands_known": 349})
    again = remit("import", str(EXAMPLE_MEASURES), "--as", REGISTRAR, "--json")
    assert again.code == 0
    assert again.json == {
        "rows": 310,
        "instructions_new": 0,
        "commands_recorded": 0,
        "commands_known": 1817,
        "rows_skipped": 0,
        "rows_passed_over": [],
        "problems": [],
    }
    assert again.err == "", "no progress beside JSON"


def test_a_bad_file_is_reported_in_full_and_imported_not_at_all(
    remit: Remit, tmp_path: Path, number: str
) -> None:
    rows = [
        _new_row(f"{number}-a"),
        _new_row(f"{number}-b", lead="nobody"),
        _new_row(f"{number}-c", deadline="31.12.2026", text=""),
    ]
    file = _csv(tmp_path, rows)
    told = remit("import", str(file), "--as", REGISTRAR)
    assert told.code == 5
    for row in rows:
        assert remit("show", row["number"]).code == 3
    for line, column in ((3, "lead"), (4, "deadline"), (4, "text")):
        assert any(row.split()[:2] == [str(line), column] for row in told.err.splitlines())
    assert f"bad-file: {file} has 3 problems; nothing was imported" in told.err

    in_json = remit("import", str(file), "--as", REGISTRAR, "--json")
    assert in_json.code == 5
    problems = in_json.json["problems"]
    assert {(p["line"], p["column"]) for p in problems} == {
        (3, "lead"),
        (4, "deadline"),
        (4, "text"),
    }
    assert all(p["reason"] for p in problems)
    assert in_json.json["commands_recorded"] == 0
    assert in_json.json["error"]["code"] == "bad-file"


def test_bad_rows_can_be_skipped(remit: Remit, tmp_path: Path, number: str) -> None:
    good, bad = _new_row(f"{number}-a"), _new_row(f"{number}-b", lead="nobody")
    file = _csv(tmp_path, [good, bad])
    told = remit("import", str(file), "--as", REGISTRAR, "--skip-bad")
    assert told.code == 0
    assert (
        "2 rows: 1 new instructions, 6 facts recorded, 0 known already, 1 rows skipped" in told.out
    )
    assert "no body nobody is known" in told.words
    assert remit("show", f"{number}-a").code == 0
    assert remit("show", f"{number}-b").code == 3


def test_a_foreign_plan_is_tried_and_then_imported(remit: Remit, tmp_path: Path) -> None:
    plan = (str(EXAMPLES / "plan-in-russian.csv"), "--as", REGISTRAR)
    written = (EXAMPLES / "plan-in-russian.toml").read_text(encoding="utf-8")
    of_no_programme = tmp_path / "map.toml"  # the others count the measures of the example's
    of_no_programme.write_text(
        written.replace('programme = "union-2024-2026"\n', ""), encoding="utf-8"
    )
    mapping = ("--mapping", str(of_no_programme))
    tried = remit("import", *plan, *mapping, "--dry-run", "--json")
    assert (tried.code, tried.err) == (0, "")
    assert (tried.json["importable"], tried.json["rows"]) == (True, 8)
    assert tried.json["facts"]["ReportProgress"] == 9
    assert remit("show", "План-2024/1").code == 3, "nothing was written"

    text = remit("import", *plan, *mapping, "--dry-run")
    assert "8 new instructions, 39 facts, 0 known already; nothing was written" in text.words
    assert "passed over by the mapping: rows 5, 9, 12, 16" in text.words

    done = remit("import", *plan, *mapping)
    assert (done.code, "39 facts recorded" in done.out) == (0, True)
    assert remit("show", "План-2024/1", "--json").json["lead"] == "joint-tax-committee"

    unmapped = remit("import", *plan, "--dry-run", "--json")
    assert (unmapped.code, unmapped.json["importable"]) == (5, False)
    assert "nothing would be imported" in unmapped.json["error"]["message"]


def test_a_mapping_that_makes_no_sense_is_a_bad_file(remit: Remit, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\n"Срок" = "deadlin"\n')
    plan = str(EXAMPLES / "plan-in-russian.csv")
    told = remit("import", plan, "--mapping", str(mapping), "--as", REGISTRAR)
    assert told.code == 5
    assert "columns.Срок: Remit has no column deadlin; did you mean deadline?" in told.words


def test_all_is_well(remit: Remit) -> None:
    told = remit("doctor", "--json")
    for _ in range(60):  # what was only just imported may be about to be woken
        if told.code == 0:
            break
        time.sleep(0.5)
        told = remit("doctor", "--json")
    assert [c for c in told.json["checks"] if c["status"] != "ok"] == []
    assert (told.code, told.json["failed"]) == (0, 0)
    names = {check["name"] for check in told.json["checks"]}
    assert {"disk", "schema", "worker", "watchdog", "notices", "mail", "evidence", "web"} < names


def test_nobody_imports_but_a_registrar(remit: Remit, tmp_path: Path, number: str) -> None:
    file = _csv(tmp_path, [_new_row(number)])
    told = remit("import", str(file), "--as", LEAD)
    assert told.code == 5
    assert "registrar" in told.words


@pytest.fixture
def issue(here: None, remit: Remit, number: str) -> Answer:
    """An instruction that is issued, with a deadline far away."""
    del here  # only that it comes first
    issued = remit(*_issue(number))
    assert issued.code == 0, issued.err
    return issued


@pytest.mark.usefixtures("here")
def test_a_proposal_through_every_turn_its_life_can_take(remit: Remit, number: str) -> None:
    part = f"{number}/1"

    def verb(*words: str) -> str:
        told = remit(*words)
        assert told.code == 0, (words, told.err)
        return told.out

    verb("propose", *_issue(number)[1:])
    verb("adopt", number, "--as", HEAD, "--source", "protocol:3", "--deadline", "2099-05-31")
    verb("set-observers", number, "gov-by", "gov-ru", "--as", HEAD)
    verb("set-controller", number, "standing-committee", "--as", HEAD)
    verb("set-controller", number, "control-department", "--as", HEAD)
    verb("assign", number, "--as", HEAD, "--lead", "min-taxes-by")
    verb("decline", number, "--as", LEAD, "--reason", "It is for both sides.")
    verb("assign", number, "--as", HEAD, "--lead", "min-taxes-by")
    verb("reassign", number, "--as", HEAD, "--lead", "min-taxes-by", "--co", "taxes-ru")
    verb("acknowledge", number, "--as", LEAD)
    verb("request-progress", number, "--as", CONTROLLER, "--text", "How far is it?")
    verb("progress", number, "40", "--as", LEAD)
    verb("change-deadline", number, "--as", HEAD, "--deadline", "2099-06-30", "--reason", "Later.")
    verb("suspend", number, "--as", HEAD, "--reason", "Renegotiated.")
    assert "next due" not in remit("comment", number, "--as", LEAD, "--text", "Waiting.").out
    verb("resume", number, "--as", HEAD)
    verb("request-extension", number, "--as", LEAD, "--deadline", "2099-07-31", "--reason", "Late.")
    verb("withdraw-extension", number, "--as", LEAD)
    verb("snooze", number, "--as", OPERATOR, "--until", "2098-01-01", "--reason", "On leave.")
    wording = ("--text", "Draft the form.", "--deadline", "2099-03-31")
    verb("split-off", number, part, "--as", LEAD, *wording)
    verb("assign", part, "--as", LEAD, "--lead", "region-brest")
    too_early = remit("submit", number, "--as", LEAD, "--text", "Done.", "--json")
    assert (too_early.code, too_early.json["error"]["code"]) == (3, "parts-still-open")
    assert part in too_early.json["error"]["message"]
    verb("cancel", part, "--as", LEAD, "--reason", "Done by ourselves.")
    verb("submit", number, "--as", LEAD, "--text", "Done.")
    verb("withdraw-report", number, "--as", LEAD)
    verb("submit", number, "--as", LEAD, "--text", "Doen.")
    verb("accept", number, "--as", CONTROLLER)
    verb("reopen", number, "--as", HEAD, "--reason", "The annex is missing.")

    history = remit("history", number, "--json").json
    slip = next(event["version"] for event in history if event.get("text") == "Doen.")
    said = ("--field", "text", "--value", "Done, without the annex.", "--reason", "A slip.")
    verb("correct", number, str(slip), "--as", HEAD, *said)
    stands = remit("show", number, "--json").json
    assert (stands["phase"], stands["lead"], stands["co_assignees"]) == (
        "InProgress", "min-taxes-by", ["taxes-ru"],
    )  # fmt: skip
    assert (stands["original_deadline"], stands["approved_deadline"]) == (
        "2099-05-31",
        "2099-06-30",
    )
    assert "; closed" in verb("cancel", number, "--as", HEAD, "--reason", "Overtaken.")

    refused = f"{number}-refused"
    verb("propose", *_issue(refused)[1:])
    assert "; closed" in verb("refuse", refused, "--as", HEAD, "--reason", "Too dear.")


def _issue(number: str, deadline: str = "2099-06-30") -> list[str]:
    return [
        *("issue", number, "--as", HEAD, "--issuer", "union-council"),
        *("--controller", "control-department", "--deadline", deadline),
        *("--text", "Agree a common form of the certificate."),
    ]


@pytest.mark.usefixtures("here")
def test_a_compound_instruction_and_one_that_two_bodies_lead(remit: Remit, number: str) -> None:
    one, two = f"{number}/1", f"{number}/2"

    def verb(*words: str) -> str:
        told = remit(*words)
        assert told.code == 0, (words, told.err)
        return told.out

    verb(*_issue(number), "--closes-with", "all-parts")
    wording = ("--as", HEAD, "--text", "Draft the form.", "--deadline", "2099-03-31")
    verb("issue-part", number, one, *wording, "--lead", "min-taxes-by")
    verb("issue-part", number, two, *wording)
    verb("assign", two, "--as", HEAD, "--lead", "min-taxes-by", "--joint", "taxes-ru")
    verb("suspend", number, "--as", HEAD, "--reason", "Renegotiated.", "--with-parts")
    assert remit("show", one, "--json").json["phase"] == "Suspended"
    verb("resume", number, "--as", HEAD, "--with-parts")
    verb("submit", one, "--as", LEAD, "--text", "Done.")
    verb("accept", one, "--as", CONTROLLER)
    verb("submit", two, "--as", LEAD, "--text", "Our half is done.")
    stands = remit("show", two, "--json").json
    assert (stands["joint_leads"], stands["awaits"]) == (["taxes-ru"], ["taxes-ru"])
    whole = remit("show", number, "--json").json
    assert (whole["parts"], whole["open_parts"]) == ([one, two], [two])
    verb("cancel", number, "--as", HEAD, "--reason", "Overtaken.", "--with-parts")
    assert remit("show", two, "--json").json["phase"] == "Cancelled"


@pytest.mark.usefixtures("issue")
def test_an_instruction_from_issue_to_acceptance(remit: Remit, number: str, tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    act = tmp_path / "Акт.pdf"
    act.write_bytes(b"signed")
    for verb in (
        ["assign", number, "--as", HEAD, "--lead", "min-taxes-by", "--co", "taxes-ru"],
        ["acknowledge", number, "--as", LEAD],
        ["progress", number, "40", "--as", LEAD, "--text", "The draft is with both sides."],
        ["comment", number, "--as", LEAD, "--text", "[Черновик] согласован"],
        [
            "request-extension",
            number,
            "--as",
            LEAD,
            "--deadline",
            "2099-07-31",
            "--reason",
            "Late.",
        ],
        ["refuse-extension", number, "--as", CONTROLLER, "--reason", "There is time."],
        [
            "request-extension",
            number,
            "--as",
            LEAD,
            "--deadline",
            "2099-08-31",
            "--reason",
            "Late.",
        ],
        ["approve-extension", number, "--as", CONTROLLER],
        ["escalate", number, "--as", OPERATOR, "--to", "controller", "--reason", "No news."],
        ["acknowledge-escalation", number, "--as", OPERATOR, "--until", until.isoformat()],
        ["deescalate", number, "--as", OPERATOR, "--reason", "Settled."],
        [
            *("submit", number, "--as", LEAD, "--text", "The form is signed."),
            *("--evidence", str(act)),
        ],
        ["return", number, "--as", CONTROLLER, "--reason", "The annex is missing."],
        ["submit", number, "--as", LEAD, "--text", "With the annex."],
        ["accept", number, "--as", CONTROLLER, "--text", "Taken off control."],
    ):
        told = remit(*verb)
        assert told.code == 0, told.err
        assert told.out.startswith("recorded as version ")
    assert "; closed (command id " in told.out

    history = remit("history", number, "--json").json
    by_itself = ("Notification", "MomentsPlanned")
    kinds = [event["type"] for event in history if not event["type"].startswith(by_itself)]
    assert kinds == [
        "InstructionIssued",
        "InstructionAssigned",
        "AssignmentAcknowledged",
        "ProgressReported",
        "Commented",
        "ExtensionRequested",
        "ExtensionRefused",
        "ExtensionRequested",
        "ExtensionApproved",
        "Escalated",
        "EscalationAcknowledged",
        "Deescalated",
        "CompletionReported",
        "ReturnedForRework",
        "CompletionReported",
        "InstructionCompleted",
    ]
    assert [event["version"] for event in history] == list(range(1, len(history) + 1))
    assert history[0]["by"]["identity"] == {"kind": "asserted", "method": "command-line"}
    assert history[0]["by"]["office"] == "union-council.head"

    drawn = remit("history", number)
    assert drawn.code == 0
    assert "Commented [Черновик] согласован" in drawn.words
    assert "CompletionReported The form is signed. [Акт.pdf]" in drawn.words

    stands = remit("show", number, "--json").json
    assert (stands["phase"], stands["percent"], stands["lead"]) == ("Completed", 40, "min-taxes-by")
    assert stands["original_deadline"] == "2099-06-30"
    assert stands["approved_deadline"] == "2099-08-31"
    assert stands["co_assignees"] == ["taxes-ru"]
    assert stands["next_due"] == []
    shown = remit("show", number)
    assert shown.code == 0
    assert "phase: Completed" in shown.out

    early = history[[event["type"] for event in history].index("ProgressReported")]["occurred_at"]
    then = remit("show", number, "--as-of", early, "--json").json
    assert (then["phase"], then["approved_deadline"]) == ("InProgress", "2099-06-30")
    seen = remit("history", number, "--as-of", early, "--json").json
    assert [event["type"] for event in seen] == [
        event["type"] for event in history if event["occurred_at"] <= early
    ]


@pytest.mark.usefixtures("issue")
def test_an_instruction_can_be_cancelled_and_stays_in_the_register(
    remit: Remit, number: str
) -> None:
    assert remit("cancel", number, "--as", HEAD, "--reason", "Overtaken.").code == 0
    (row,) = remit(
        "list", "--phase", "Cancelled", "--after", number[:-1], "--limit", "1", "--json"
    ).json
    assert (row["number"], row["phase"], row["behind_schedule"]) == (number, "Cancelled", False)


@pytest.mark.usefixtures("issue")
def test_what_a_rule_refuses_ends_with_3_and_writes_nothing(remit: Remit, number: str) -> None:
    other = f"T-{uuid4()}"
    refusals = {
        "not-authorised": (["assign", number, "--as", LEAD, "--lead", "min-taxes-by"], "actor"),
        "unknown": (["assign", number, "--as", HEAD, "--lead", "nobody"], "lead"),
        "already-issued": (_issue(number), None),
        "deadline-in-the-past": (_issue(other, "2020-01-01"), "deadline"),
        "not-issued": (["acknowledge", other, "--as", LEAD], "instruction"),
        "not-in-this-phase": (["accept", number, "--as", CONTROLLER], None),
    }
    version = len(remit("history", number, "--json").json)
    for code, (verb, field) in refusals.items():
        told = remit(*verb)
        assert (told.code, told.out) == (3, ""), code
        assert told.err.startswith(f"{code} ({field}): " if field else code)
        in_json = remit(*verb, "--json")
        assert (in_json.code, in_json.err) == (3, "")
        error = in_json.json["error"]
        assert error["code"] == code
        assert error["message"] in told.err
        if field:
            assert error["field"] == field
    assert len(remit("history", number, "--json").json) == version
    unknown = remit("acknowledge", other, "--as", LEAD)
    assert f"no instruction {other} is issued" in unknown.err
    for view in (["show", other], ["history", other], ["report", "no-programme"]):
        assert remit(*view).code == 3


@pytest.mark.usefixtures("issue")
def test_a_command_sent_twice_is_recorded_once_and_answers_the_same(
    remit: Remit, number: str
) -> None:
    command = ["comment", number, "--as", HEAD, "--text", "Once.", "--command-id", f"c-{number}"]
    first, second = remit(*command, "--json"), remit(*command, "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.json == second.json
    assert first.json["command_id"] == f"c-{number}"
    history = remit("history", number, "--json").json
    assert [event["type"] for event in history].count("Commented") == 1

    other = [*command[:5], "Twice.", *command[6:]]
    reused = remit(*other)
    assert reused.code == 3
    assert reused.err.startswith("command-id-reused (command_id): ")


def test_the_report_of_the_meeting_reads_as_the_council_heard_it(remit: Remit) -> None:
    shown = remit("report", PROGRAMME, "--as-of", MEETING)
    assert shown.code == 0
    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert lines[:3] == [
        "Union programmes for 2024-2026 as of 2025-12-15 09:00:00 UTC",
        "implemented                 125 of 310 (40 %)",
        "behind schedule             14 (4.5 %)",
    ]
    assert max(map(len, lines)) <= 80
    told = remit("report", PROGRAMME, "--as-of", MEETING, "--json").json
    assert (told["implemented_line"], told["behind_schedule_line"]) == (
        "125 of 310 (40 %)",
        "14 (4.5 %)",
    )
    assert (told["programme"], told["at"]) == (PROGRAMME, "2025-12-15T09:00:00+00:00")


def test_the_report_of_now_is_that_of_replay(remit: Remit) -> None:
    now = remit("report", PROGRAMME, "--json").json
    by_replay = remit("report", PROGRAMME, "--as-of", now["at"], "--json").json
    assert now == by_replay
    assert now["implemented_line"] == "125 of 310 (40 %)"
    assert now["behind_schedule"] > 14
    unrecorded = remit("report", PROGRAMME, "--as-recorded", "2025-12-15", "--json").json
    assert unrecorded["implemented_line"] == "0 of 0 (0 %)"


def test_the_register_is_listed_by_page_and_by_filter(remit: Remit) -> None:
    first = remit("list", "--programme", PROGRAMME, "--limit", "2", "--json").json
    assert [row["number"] for row in first] == ["U-001", "U-002"]
    after = remit("list", "--programme", PROGRAMME, "--after", "U-308", "--json").json
    assert [row["number"] for row in after] == ["U-309", "U-310"]
    completed = remit(
        "list", "--programme", PROGRAMME, "--phase", "Completed", "--limit", "1000", "--json"
    ).json
    assert {row["phase"] for row in completed} == {"Completed"}
    assert remit("report", PROGRAMME, "--json").json["implemented"] == len(completed)
    late = remit("list", "--programme", PROGRAMME, "--late", "--limit", "1000", "--json").json
    assert late
    assert all(row["behind_schedule"] for row in late)
    of_customs = remit("list", "--lead", "customs-by", "--limit", "1000", "--json").json
    assert {row["lead"] for row in of_customs} == {"customs-by"}

    shown = remit("list", "--programme", PROGRAMME, "--limit", "2")
    assert shown.out.splitlines()[-1] == "more: --after U-002"
    last = remit("list", "--programme", PROGRAMME, "--after", "U-308", "--limit", "2")
    assert "more:" not in last.out


def test_recover_attends_to_whatever_is_unfinished(remit: Remit) -> None:
    told = remit("recover")
    assert told.code == 0
    count, *words = told.out.split()
    assert " ".join(words) == "unfinished instructions and recurrences are attended to"
    assert int(count) >= 185
    assert remit("recover", "--json").json["attended"] >= 185


def test_the_schema_is_up_to_date(remit: Remit) -> None:
    assert remit("migrate").out == "nothing to apply\n"
    assert remit("migrate", "--json").json == {"applied": []}


def test_a_second_up_on_the_same_data_is_refused_and_harms_nothing(
    running: Running, remit: Remit
) -> None:
    second = call("up", "--data", running.folder)
    assert second.code == 4
    assert "postmaster.pid" in second.err
    assert remit("list", "--limit", "1").code == 0
