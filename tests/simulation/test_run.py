"""A small programme lived through: every check passes; and each would tell if it were otherwise."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from xml.etree import ElementTree as ET

from domain.instruction.state import Completed, Suspended
from domain.outcomes import Rejected
from eventstore.protocol import StoredEvent
from simulation.__main__ import exit_code, main
from simulation.account import Account, account
from simulation.chart import in_terminal, svg
from simulation.checked import Check
from simulation.checks import Books, checks, same_again
from simulation.course import course
from simulation.discrete import Run, fingerprint
from simulation.tellings import again
from tests.simulation.conftest import MEASURES, SEED

_MINUTE = timedelta(minutes=1)


async def test_every_check_passes(run: Run, found: Books) -> None:
    assert [finding for check in await checks(run, found) for finding in check.findings] == []


async def test_the_same_seed_comes_to_the_same_events_in_another_process(run: Run) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        second = other.submit(again, SEED, MEASURES, 1).result()
    assert same_again(fingerprint(await run.log()), second).findings == []


async def test_events_that_differ_have_another_fingerprint(run: Run) -> None:
    *others, last = await run.log()
    later = replace(last, occurred_at=last.occurred_at + _MINUTE)
    recorded_later = replace(last, recorded_at=last.recorded_at + _MINUTE, command_id="other")
    same, another = fingerprint([*others, recorded_later]), fingerprint([*others, later])
    assert same == fingerprint([*others, last]) != another
    assert same_again(same, another).findings


def test_the_story_has_in_it_what_it_is_to_show(run: Run, found: Books) -> None:
    endings = {fate.ending for one in found.accounts for fate in one.fates.values()}
    assert endings >= {"fired", "suppressed", "dropped", "overtaken", "ahead"}
    types = {event.type for stored in found.streams.values() for event in stored}
    assert types >= {
        "Suspended", "Resumed", "ReturnedForRework", "ExtensionApproved", "ExtensionRefused", "ExtensionExpired",
        "OccurrenceIssued", "SubInstructionIssued", "PartClosed", "Reopened", "CarriedOver", "PolicyChanged", "DeadlineChanged",
        "Cancelled", "ProgressRequested", "MilestoneMissed", "ReminderSuppressed",
    }  # fmt: skip
    assert any(isinstance(outcome, Rejected) for outcome in run.outcomes.values())
    assert any(isinstance(one.state, Completed) for one in found.accounts)
    assert any(isinstance(state, Suspended) for one in found.accounts for _, state in one.states)


def _told_of(run: Run, stored: Sequence[StoredEvent]) -> Sequence[str]:
    return account(stored, run.story.ends).findings


def _with_reminders(found: Books) -> tuple[list[StoredEvent], int]:
    """A stream, and where in it a reminder fired by itself, with a command after it."""
    for stored in found.streams.values():
        for n, event in enumerate(stored):
            alone = [e for e in stored if e.command_id == event.command_id] == [event]
            if event.type == "ReminderDue" and alone and stored[-1].occurred_at > event.occurred_at:
                return [*stored], n
    raise AssertionError("no reminder fired")


def test_a_moment_that_did_not_fire_is_found(run: Run, found: Books) -> None:
    stored, n = _with_reminders(found)
    del stored[n]
    assert any("should have fired" in one for one in _told_of(run, stored))


def test_a_moment_that_fired_twice_is_found(run: Run, found: Books) -> None:
    stored, n = _with_reminders(found)
    stored.insert(n + 1, replace(stored[n], command_id="again"))
    assert any("has fired or ended before" in one for one in _told_of(run, stored))


def test_a_moment_that_fired_at_another_instant_is_found(run: Run, found: Books) -> None:
    stored, n = _with_reminders(found)
    at = stored[n].occurred_at
    form = "%Y-%m-%dT%H:%M:%SZ"
    then, later = (moment.strftime(form).encode() for moment in (at, at + _MINUTE))
    body = stored[n].body.replace(b'"occurred_at":"' + then, b'"occurred_at":"' + later)
    assert body != stored[n].body
    stored[n] = replace(stored[n], body=body)
    assert any("after its instant" in one for one in _told_of(run, stored))
    tolerant = account(stored, run.story.ends, tolerance=_MINUTE)
    assert tolerant.findings == []


def test_a_moment_that_says_it_is_late_is_found(run: Run, found: Books) -> None:
    stored, n = _with_reminders(found)
    stored[n] = replace(stored[n], body=stored[n].body.replace(b'"late":false', b'"late":true'))
    assert any("late=True" in one for one in _told_of(run, stored))


async def test_a_notice_handed_over_twice_is_found(run: Run, found: Books) -> None:
    message = next(iter(run.desk.channel.handed_over))
    run.desk.channel.handed_over[message] += 1
    try:
        told = [finding for check in await checks(run, found) for finding in check.findings]
    finally:
        run.desk.channel.handed_over[message] -= 1
    assert told == [f"message {message} was handed over more than once"]


def test_the_command_says_by_its_exit_code_whether_all_is_true(tmp_path: Path) -> None:
    picture = tmp_path / "simulation.svg"
    small = ["--measures", "22", "--years", "1", "--sample", "0", "--quiet"]
    assert main([*small, "--picture", str(picture)]) == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    assert exit_code([Check(what="so", counted="", findings=["not so"])]) == 1


def test_the_course_counts_every_moment_that_fired(run: Run, found: Books) -> None:
    weeks = course(found, run.story.begins, run.story.ends)
    fired = [f for one in found.accounts for f in one.fates.values() if f.at is not None]
    occurrences = [e for s in found.recurrences for e in s if e.type == "OccurrenceIssued"]
    assert sum(week.fired.total() for week in weeks) == len(fired) + len(occurrences)
    assert weeks[-1].open == sum(not _closed(one) for one in found.accounts)


def test_the_picture_says_in_words_what_it_shows(run: Run, found: Books) -> None:
    weeks = course(found, run.story.begins, run.story.ends)
    picture = ET.fromstring(svg(weeks, "20 measures"))  # noqa: S314 - made a line above
    described = {child.get("id"): child.text for child in picture if child.get("id")}
    assert picture.get("role") == "img"
    assert described["title"] == "20 measures"
    assert f"In {len(weeks)} weeks" in str(described["desc"])
    assert in_terminal(weeks).row_count == len({(w.begins.year, w.begins.month) for w in weeks})


def test_its_axes_end_at_round_numbers_and_no_month_is_cut_off(run: Run, found: Books) -> None:
    weeks = course(found, run.story.begins, run.story.ends)
    many = [replace(week, open=week.open + 171) for week in weeks]
    for shown in (weeks, many):
        picture = ET.fromstring(svg(shown, "22 measures"))  # noqa: S314 - made a line above
        texts = [one for one in picture if one.tag.endswith("text")]
        axes = [str(one.text) for one in texts if one.get("text-anchor") == "end"]
        assert all(value.isdigit() for value in axes)
        assert [int(value) for value in axes[3:]][2] >= max(week.open for week in shown)
        months = [float(str(one.get("x"))) for one in texts if str(one.text).startswith("203")]
        assert months
        assert max(months) <= 960 - 52


def _closed(one: Account) -> bool:
    return one.state.phase in ("Completed", "Cancelled")
