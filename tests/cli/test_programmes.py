"""Programmes on the real stack, as people use them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.session import open_session, settings_of
from domain.attribution import Backdating
from domain.identifiers import instruction_id
from domain.instruction.commands import SubmitReport
from domain.outcomes import Outcome, Recorded
from domain.programme.commands import PublishReport
from domain.programme.terms import Figures
from tests.cli.conftest import Remit
from tests.cli.up import Running, running_on_a_copy
from tests.programmes import EXAMPLE_MEASURES, HEAD, REGISTRAR, read_rows

OLD, NEXT, MEETING = "union-2024-2026", "union-2027-2030", "council-2025-12"
OFFICER, LEAD, HEAD_OF_A_REGION = "p-0005", "p-0018", "p-0048"

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(scope="module")
def running(imported: Running, server_dir: Path) -> Iterator[Running]:
    """A Remit of their own: what they close and carry over is closed to everybody."""
    with running_on_a_copy(imported, server_dir / "programmes") as running:
        yield running


def test_a_report_is_published_for_the_meeting_and_stays(remit: Remit, running: Running) -> None:
    assert running.import_.code == 0
    (meeting,) = remit("meetings", OLD, "--json").json
    assert (meeting["meeting"], meeting["held"], meeting["position"]) == (MEETING, True, None)
    publish = ("report", "publish", OLD, "--meeting", MEETING, "--as", HEAD)
    told = remit(*publish, "--json", "--command-id", "publish-1")
    assert told.code == 0, told.out
    retried = remit(*publish, "--json", "--command-id", "publish-1")  # the log has grown meanwhile
    assert (retried.code, retried.json["pinned_to"]) == (0, told.json["pinned_to"]), retried.err
    figures = told.json["figures"]
    assert (figures["total"], figures["implemented"], figures["behind_schedule"]) == (310, 125, 14)
    assert sum(part["total"] for part in figures["by_sector"]) == 310

    again = remit(*publish)
    assert (again.code, again.err.split()[0]) == (3, "already-published")
    shown = remit("report", OLD, "--meeting", MEETING)
    assert shown.code == 0, shown.err
    assert "125 of 310 (40 %)" in shown.out
    assert "14 (4.5 %)" in shown.out
    assert f"from the log up to position {told.json['pinned_to']}" in shown.words
    in_json = remit("report", OLD, "--meeting", MEETING, "--json").json
    assert (in_json["published"]["position"], in_json["published"]["same"]) == (
        told.json["pinned_to"],
        True,
    )
    assert str(told.json["pinned_to"]) in remit("meetings", OLD).out


def test_its_digest_is_scheduled_asked_for_shown_and_ended(remit: Remit) -> None:
    digest = ("digest", OLD, "--as", OFFICER)
    assert remit("programmes", OLD, "--json").json[0]["digest"] is None
    told = remit(*digest, "--schedule", "mon 09:00", "--to", "union-council", "--json").json
    shown = remit("programmes", OLD, "--json").json[0]["digest"]
    assert (shown["weekday"], shown["hour"], shown["bodies"]) == ("Mon", "09:00", ["union-council"])
    assert shown["next"][:16] == told["next_wake"][:16]
    assert "digest: Mon 09:00" in remit("programmes", OLD).words
    assert "within a minute" in remit(*digest, "--send-now").words
    assert remit(*digest, "--unschedule").code == 0
    again = remit(*digest, "--unschedule")
    assert (again.code, again.err.split()[0]) == (3, "not-in-this-phase:")
    assert remit("programmes", OLD, "--json").json[0]["digest"] is None


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--schedule", "Someday 09:00", "--as", OFFICER), 'write "Mon 09:00"'),
        (("--schedule", "Mon", "--as", OFFICER), 'write "Mon 09:00"'),
        (("--schedule", "Mon 09:00"), "--as is missing"),
        (("--schedule", "Mon 09:00", "--unschedule", "--as", OFFICER), "give one of"),
        (("--send-now", "--week", "--as", OFFICER), "leave --since, --week and files out"),
        (("--to", "union-council"), "give --schedule with it"),
    ],
)
def test_what_of_a_digests_schedule_makes_no_sense_is_named(
    remit: Remit, options: tuple[str, ...], complaint: str
) -> None:
    told = remit("digest", OLD, *options)
    assert (told.code, complaint in told.words) == (2, True), told.words


def test_a_meeting_has_its_own_moment(remit: Remit) -> None:
    told = remit("report", OLD, "--meeting", MEETING, "--as-of", "2025-01-01")
    assert told.code == 2
    told = remit("report", OLD, "--meeting", "nonesuch")
    assert (told.code, told.err.split()[0]) == (3, "unknown")


def test_meetings_are_announced_moved_and_held(remit: Remit) -> None:
    schedule = ("schedule-meeting", OLD, "council-2099", "--title", "Council", "--as", OFFICER)
    assert remit(*schedule, "--at", "2099-06-30T12:00+03:00").code == 0
    assert remit(*schedule, "--at", "2099-07-31T12:00+03:00").code == 0
    early = remit("hold-meeting", OLD, "council-2099", "--as", OFFICER)
    assert (early.code, early.err.split()[0]) == (3, "occurred-in-the-future")
    hold = ("hold-meeting", OLD, "council-2025-06", "--title", "Council", "--as", OFFICER)
    assert remit(*hold, "--at", "2025-06-16T12:00+03:00").code == 0
    found = {m["meeting"]: m["held"] for m in remit("meetings", OLD, "--json").json}
    assert found == {"council-2025-06": True, MEETING: True, "council-2099": False}


def test_a_published_report_is_come_to_again(remit: Remit) -> None:
    told = remit("report", "reproduce", OLD, "--meeting", MEETING, "--json")
    assert told.code == 0, told.out
    found = told.json
    assert (found["same"], found["restated"], found["restatement"]) == (True, False, [])
    assert found["published"] == found["reproduced"] == found["today"]
    assert "same figures" in remit("report", "reproduce", OLD, "--meeting", MEETING).words
    unpublished = remit("report", "reproduce", OLD, "--meeting", "council-2099")
    assert (unpublished.code, unpublished.err.split()[0]) == (3, "unknown")
    assert "no report was published" in unpublished.words


def test_what_moved_between_meetings_adds_up(remit: Remit) -> None:
    told = remit("diff", OLD, "--from", "2025-06-16T12:00+03:00", "--to", MEETING, "--json")
    assert told.code == 0, told.out
    found, (before, after) = told.json, (told.json["from"], told.json["to"])
    assert (after["total"], after["implemented"], after["behind_schedule"]) == (310, 125, 14)
    for figure in ("total", "implemented", "behind_schedule", "late_against_original"):
        moves = [one["now"] for one in found["moved"] if one["figure"] == figure]
        assert after[figure] == before[figure] + moves.count(True) - moves.count(False)
    assert found["as_known_then"]["total"] == 0, "all of it was imported later"
    assert {one["figure"] for one in found["restated"]} >= {"total", "implemented"}
    assert all(one["causes"] for one in (*found["moved"], *found["restated"]))
    drawn = remit("diff", OLD, "--from", "2025-06-16T12:00+03:00", "--to", MEETING)
    assert drawn.code == 0
    behind = [one for one in found["moved"] if one["figure"] == "behind_schedule"]
    assert all(one["number"] in drawn.out for one in behind)
    assert "--json lists all" in drawn.words


def test_between_two_positions_the_log_says_what_it_learned(remit: Remit) -> None:
    head = remit("report", OLD, "--meeting", MEETING, "--json").json["published"]["position"]
    told = remit("diff", OLD, "--from", "1", "--to", str(head), "--json").json
    assert (told["by"], told["from"]["position"], told["to"]["position"]) == ("recorded", 1, head)
    assert told["as_known_then"]["total"] == 0
    assert told["to"]["total"] == 310
    again = remit("diff", OLD, "--from", "2025-01-01", "--to", MEETING, "--recorded", "--json")
    assert again.json["to"]["total"] == 0, "the log began later"


def test_moments_that_make_no_sense_are_refused(remit: Remit) -> None:
    assert remit("diff", OLD, "--from", MEETING, "--to", "2025-01-01").code == 2
    nonsense = remit("diff", OLD, "--from", "nonesuch", "--to", MEETING)
    assert nonsense.code == 2
    assert "nor is it a meeting" in nonsense.words
    for beyond in ("0", "99999999"):
        told = remit("diff", OLD, "--from", beyond, "--to", MEETING)
        assert (told.code, "is no position" in told.words) == (2, True)


def test_what_is_entered_later_restates_a_report_and_leaves_it_as_it_was(
    remit: Remit, running: Running
) -> None:
    late = SubmitReport(
        command_id="found-in-another-office",
        actor=REGISTRAR,
        instruction=instruction_id("U-015"),
        text="Done.",
        backdated=Backdating(
            at=datetime(2025, 12, 10, 9, tzinfo=UTC), reason="The letter lay in another office."
        ),
    )
    _record(running, late)
    found = remit("report", "reproduce", OLD, "--meeting", MEETING, "--json").json
    assert (found["same"], found["restated"]) == (True, True)
    assert found["published"]["behind_schedule"] == 14
    assert found["today"]["behind_schedule"] == 13
    [behind] = [one for one in found["restatement"] if one["figure"] == "behind_schedule"]
    assert (behind["number"], behind["was"], behind["now"]) == ("U-015", True, False)
    [cause] = behind["causes"]
    assert (cause["type"], cause["by"]["actor"]) == ("CompletionReported", REGISTRAR)
    assert cause["position"] > found["position"]
    told = remit("report", "reproduce", OLD, "--meeting", MEETING)
    assert (told.code, "restated by what was recorded later" in told.words) == (0, True)
    assert str(cause["position"]) in told.out


def test_a_report_that_the_log_does_not_give_is_told(remit: Remit, running: Running) -> None:
    published = remit("report", OLD, "--meeting", MEETING, "--json").json["published"]
    forged = PublishReport(
        command_id="figures-of-another-meeting",
        actor=HEAD,
        programme=OLD,
        meeting="council-2025-06",
        as_of=datetime(2025, 6, 16, 9, tzinfo=UTC),
        position=published["position"],
        figures=Figures.model_validate(published["figures"]),
    )
    _record(running, forged)
    told = remit("report", "reproduce", OLD, "--meeting", "council-2025-06", "--json")
    assert (told.code, told.json["error"]["code"]) == (5, "not-as-recorded")
    assert told.json["same"] is False
    assert told.json["reproduced"] != told.json["published"]
    shown = remit("report", "reproduce", OLD, "--meeting", "council-2025-06")
    assert (shown.code, "is not what the log gives" in shown.words) == (5, True)


def test_the_next_programme_is_drafted_and_open_measures_are_carried_over(remit: Remit) -> None:
    draft = ("draft-programme", NEXT, "--title", "Main guidelines 2027–2030", "--as", OFFICER)
    draft += ("--body", "union-council", "--start", "2027-01-01", "--end", "2030-12-31")
    assert remit(*draft).code == 0
    open_ones = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, "--json").json
    numbers = open_ones["would_carry_over"]
    assert len(numbers) == 310 - 125
    issuers = {row["number"]: row["issuer"] for row in read_rows(EXAMPLE_MEASURES)}
    ours = [number for number in numbers if issuers[number] == "union-council"][:4]
    ours, another = ours[:3], ours[3]
    theirs = next(number for number in numbers if issuers[number] == "region-mogilev")
    some = [option for number in ours for option in ("--number", number)]

    early = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, *some, "--yes")
    assert early.code == 3
    assert f"3 of 3 measures are refused, 0 are carried over into {NEXT}" in early.words
    assert all(f"refused: {number}: " in early.err for number in ours)

    assert remit("adopt-programme", NEXT, "--as", HEAD).code == 0
    sectors = ("--sector", "transport:Transport", "--sector", "customs:Customs matters")
    assert remit("set-sectors", NEXT, *sectors, "--as", HEAD).code == 0
    [named] = remit("programmes", NEXT, "--json").json
    assert named["sectors"][0] == {"id": "transport", "name": "Transport"}
    assert "Customs matters" in remit("programmes", NEXT).words
    some += ["--sector", "transport"]
    preview = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, *some)
    assert "3 measures are open. With --yes they are carried over" in preview.words
    carried = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, *some, "--yes", "--json")
    assert (carried.code, carried.json) == (0, {"carried_over": ours, "refused": [], "into": NEXT})
    again = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, *some, "--yes")
    assert again.code == 2, "they are no open measures of the old programme any more"

    both = ("--number", theirs, "--number", another, "--sector", "transport", "--yes")
    partly = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD_OF_A_REGION, *both, "--json")
    assert (partly.code, partly.json["carried_over"]) == (3, [theirs])
    [refused] = partly.json["refused"]
    assert (refused["number"], refused["code"]) == (another, "not-authorised")
    assert partly.json["error"]["code"] == "not-authorised"

    stands = remit("show", ours[0], "--json").json
    assert (stands["programme"], stands["carried_over_from"]) == (NEXT, [OLD])
    old, new = remit("programmes", "--json").json
    assert (old["programme"], old["total"], old["carried_over"]) == (OLD, 310, 4)
    assert (new["programme"], new["phase"], new["total"]) == (NEXT, "Adopted", 4)
    then = remit("report", OLD, "--meeting", MEETING, "--json").json
    assert (then["implemented_line"], then["carried_over"]) == ("125 of 310 (40 %)", 0)


def test_a_measure_that_comes_back_is_carried_over_again(remit: Remit) -> None:
    """Each time it moves, though the programmes and the measure are the same."""
    [number, *_] = remit("carry-over", OLD, "--into", NEXT, "--as", HEAD, "--json").json[
        "would_carry_over"
    ]
    for source, target in ((OLD, NEXT), (NEXT, OLD)) * 2:
        only = ("--number", number, "--sector", "transport", "--yes")
        told = remit("carry-over", source, "--into", target, "--as", HEAD, *only)
        assert (told.code, "1 measures carried over" in told.words) == (0, True), told.err
        assert remit("show", number, "--json").json["programme"] == target


def test_a_closed_programme_says_what_is_still_open(remit: Remit) -> None:
    refused = remit("close-programme", OLD, "--as", LEAD)
    assert (refused.code, refused.err.split()[0]) == (3, "not-authorised")
    told = remit("close-programme", OLD, "--as", HEAD)
    assert told.code == 0
    assert "181 measures are still open" in told.words
    assert NEXT in remit("programmes").out


def _record(running: Running, command: SubmitReport | PublishReport) -> None:
    """Past the command line, which does not let a user do this."""

    async def record() -> Outcome:
        async with open_session(settings_of(running.folder)) as session:
            return await session.handler.handle(command, datetime.now(UTC))

    outcome = asyncio.run(record())
    assert isinstance(outcome, Recorded), outcome
