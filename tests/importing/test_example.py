"""The example file: what it holds, what it comes to, and that nobody is told about the past."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from domain.attribution import BY_SYSTEM
from domain.instruction.commands import CheckDeadlines
from domain.instruction.events import NotifyingEvent, ReminderDue
from domain.instruction.state import KnownState
from domain.outcomes import Recorded
from eventstore.codec import decode
from eventstore.memory import MemoryEventStore
from eventstore.replay import instructions_as_of
from importing.directory_file import read_directory
from tests.importing.conftest import Imported
from tests.programmes import (
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    EXAMPLES,
    NOW,
    import_rows,
    numbers,
    read_rows,
    report_by_fold,
    set_up,
)

(_MEETING,) = read_directory(EXAMPLE_DIRECTORY.read_bytes()).meetings


def test_the_file_is_what_the_script_makes(tmp_path: Path) -> None:
    made = tmp_path / "made.csv"
    subprocess.run([sys.executable, EXAMPLES / "make_union_programmes.py", made], check=True)
    assert made.read_bytes() == EXAMPLE_MEASURES.read_bytes()


def test_all_of_it_is_imported(example: Imported) -> None:
    assert example.result.problems == ()
    assert example.result.rows == example.result.instructions_new == 310


async def test_at_the_meeting_it_comes_to_the_councils_figures(example: Imported) -> None:
    report = await report_by_fold(example.store, numbers(example.rows), _MEETING.at)
    assert report.implemented_line == "125 of 310 (40 %)"
    assert report.behind_schedule_line == "14 (4.5 %)"


async def test_no_fact_lies_after_the_meeting(example: Imported) -> None:
    events = await example.store.read_streams(numbers(example.rows))
    assert max(event.occurred_at for event in events) < _MEETING.at


async def test_deadlines_remain_to_be_reminded_of(example: Imported) -> None:
    states = await instructions_as_of(example.store, numbers(example.rows))
    heads = [await example.store.stream_head(i) for i in states]
    waking = [h for h in heads if h and h.next_wake and h.next_wake > NOW]
    assert len(waking) > 50


async def test_bodies_and_sources_are_of_all_kinds(example: Imported) -> None:
    rows = example.rows
    assert set(Counter(r["source_kind"] for r in rows)) == {
        "decision",
        "directive",
        "agreement",
        "treaty",
        "protocol",
    }
    regional = [r for r in rows if r["issuer"].startswith("region-")]
    assert regional
    assert all(r["lead"].startswith("region-") for r in regional if r["lead"])
    founded = [r["assigned_on"] for r in rows if r["lead"] == "joint-standards-body"]
    assert min(founded) >= "2025-03-01"
    assert len({r["text"] for r in rows}) == 310


async def test_nobody_is_told_about_the_past(example: Imported) -> None:
    for instruction in numbers(example.rows):
        assert await example.store.undelivered(instruction) == ()


async def test_after_it_the_deadline_machinery_tells_nobody_about_the_past() -> None:
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    rows = read_rows(EXAMPLE_MEASURES)
    await import_rows(store, handler, rows)
    told: list[NotifyingEvent] = []
    for days in (0, 3):
        at = NOW + timedelta(days=days)
        for instruction in numbers(rows):
            check = CheckDeadlines(
                command_id=f"check-{instruction}-{days}",
                actor=BY_SYSTEM.actor,
                instruction=instruction,
            )
            assert isinstance(await handler.handle(check, at), Recorded)
        events = [decode(e.type, e.body) for e in await store.read_streams(numbers(rows))]
        told = [e for e in events if isinstance(e, NotifyingEvent) and e.notices]
        if days == 0:
            assert told == []
    # Three days on, only what fell due in these three days.
    assert told
    assert all(e.due_at > NOW for e in told if isinstance(e, ReminderDue))
    states = (await instructions_as_of(store, numbers(rows))).values()
    assert all(isinstance(state, KnownState) for state in states)
