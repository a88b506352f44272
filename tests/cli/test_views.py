"""Reports, the register and recovery, on the real stack."""

from tests.cli.conftest import ON_THE_STACK, Remit, Running
from tests.cli.up import call

PROGRAMME = "union-2024-2026"
MEETING = "2025-12-15T12:00:00+03:00"


pytestmark = ON_THE_STACK


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
    assert " ".join(words) == "unfinished instructions are attended to"
    assert int(count) >= 185
    assert remit("recover", "--json").json["attended"] >= 185


def test_a_second_up_on_the_same_data_is_refused_and_harms_nothing(
    running: Running, remit: Remit
) -> None:
    second = call("up", "--data", running.folder)
    assert second.code == 4
    assert "postmaster.pid" in second.err
    assert remit("list", "--limit", "1").code == 0
