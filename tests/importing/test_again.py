"""Importing again: the same file changes nothing, a longer one adds what is new."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deadline import DeadlineRequest
from domain.directory.commands import ReorganiseBody
from domain.identifiers import instruction_id
from domain.instruction.commands import Correct, IssueSubInstruction
from domain.outcomes import Recorded
from eventstore.codec import decode
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.protocol import Append, AppendFailed, AppendResult
from importing.columns import BELONGS_TO
from importing.measures import ImportResult
from importing.recorded import first_events
from tests.importing.rows import row, row_until
from tests.programmes import (
    ADMINISTRATOR,
    AFTER_ALL,
    NOW,
    REGISTRAR,
    Row,
    import_rows,
    numbers,
    set_up,
)
from tests.random_measures import measures


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


@pytest.fixture
async def handler(store: MemoryEventStore) -> CommandHandler:
    return await set_up(store)


def _counts(result: ImportResult) -> tuple[int, int, int]:
    assert result.problems == ()
    return result.instructions_new, result.commands_recorded, result.commands_known


async def test_the_same_file_again_changes_nothing(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    rows = [row("N-1"), row_until("reported_on", "N-2")]
    assert _counts(await import_rows(store, handler, rows)) == (2, 18, 0)
    head = await store.head()
    again = await import_rows(store, handler, rows, at=NOW + timedelta(days=1))
    assert _counts(again) == (0, 0, 18)
    assert again.instructions == ()
    assert await store.head() == head


async def test_an_updated_file_adds_only_what_is_new_whatever_it_is_called(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    before = [row_until("reported_on", "N-1", progress="2024-03-01:40"), row("N-2")]
    await import_rows(store, handler, before, file_name="spring.csv")
    head = await store.head()
    after = [row_until("returned_on", "N-1"), row("N-2"), row("N-3")]
    result = await import_rows(store, handler, after, file_name="autumn.csv")
    assert _counts(result) == (1, 2 + 11, 6 + 11)
    assert result.instructions == (instruction_id("N-1"), instruction_id("N-3"))
    # Two events of N-1, and of N-3 the 11 with what its schedules suppressed.
    new = [event async for batch in store.read_all(after_position=head) for event in batch]
    assert {event.stream_id for event in new} == set(result.instructions)
    by = decode(new[0].type, new[0].body).by
    assert by.backdating_reason == "import of autumn.csv"


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"text": "Do something else."}, "text"),
        ({"deadline": "2024-07-01"}, "deadline"),
        ({"source_date": "2024-01-16"}, "source_date"),
        ({"lead": "control"}, "lead"),
        ({"progress": "2024-03-01:45;2024-05-02:70"}, "progress"),
        ({"progress": "2024-03-02:40;2024-05-02:70"}, "progress"),
        ({"acknowledged_on": "2024-01-23"}, "acknowledged_on"),
        ({"extension_until": "2024-10-01"}, "extension_until"),
        ({"rework_deadline": "2024-11-01"}, "rework_deadline"),
        ({"accepted_on": "2024-10-16"}, "accepted_on"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_recorded_fact_cannot_be_changed_by_another_import(
    store: MemoryEventStore, handler: CommandHandler, changed: dict[str, str], column: str
) -> None:
    await import_rows(store, handler, [row()])
    head = await store.head()
    result = await import_rows(store, handler, [row(**changed)])
    assert [(p.line, p.column) for p in result.problems] == [(2, column)]
    assert "imported before" in result.problems[0].reason
    assert await store.head() == head


async def test_facts_are_backdated_to_noon_in_the_issuers_zone_in_their_order(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    day = "2024-03-01"
    same_day = row_until("progress", assigned_on=day, acknowledged_on=day, issued_on=day)
    await import_rows(store, handler, [same_day], file_name="old.csv")
    events = await store.read_stream(instruction_id("N-1"))
    issued, assigned, acknowledged = (
        e
        for e in events
        if e.type in ("InstructionIssued", "InstructionAssigned", "AssignmentAcknowledged")
    )
    noon = datetime.combine(datetime(2024, 3, 1), time(12), ZoneInfo("Europe/Minsk"))  # noqa: DTZ001 - combine sets the zone
    assert issued.occurred_at == noon
    assert noon < assigned.occurred_at < acknowledged.occurred_at < noon + timedelta(minutes=15)
    by = decode(acknowledged.type, acknowledged.body).by
    assert (by.actor, by.on_behalf_of) == ("p-0002", "ministry")
    assert by.backdating_reason == "import of old.csv"


async def test_a_fact_that_a_succession_was_recorded_before_is_known(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    await import_rows(store, handler, [row_until("acknowledged_on")])
    merged = ReorganiseBody(
        command_id="c-1",
        actor=ADMINISTRATOR,
        body="region",
        kind="merged",
        into=("control",),
        heir="control",
    )
    outcome = await handler.handle(merged, NOW)
    assert isinstance(outcome, Recorded), outcome
    cancelled = row_until("acknowledged_on", cancelled_on="2026-11-26", cancel_reason="Moot.")
    later = NOW + timedelta(days=3)
    assert _counts(await import_rows(store, handler, [cancelled], at=later)) == (0, 1, 2)
    stored = await store.read_stream(instruction_id("N-1"))
    assert [event.type for event in stored[-2:]] == ["BodySucceeded", "Cancelled"]
    assert stored[-2].command_id == stored[-1].command_id
    assert first_events(stored)[stored[-1].command_id].type == "Cancelled"
    assert _counts(await import_rows(store, handler, [cancelled], at=later)) == (0, 0, 3)


async def test_an_open_part_is_seen_while_planning(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    before = row_until("reported_on")
    await import_rows(store, handler, [before])
    part = IssueSubInstruction(
        command_id="c-1",
        actor="p-0007",
        instruction=instruction_id("N-1"),
        number="N-1/1",
        text="Half of it.",
        deadline=DeadlineRequest(on=date(2026, 12, 30)),
    )
    outcome = await handler.handle(part, NOW)
    assert isinstance(outcome, Recorded), outcome
    head = await store.head()
    result = await import_rows(store, handler, [row_until("returned_on")])
    assert [p.column for p in result.problems] == ["reported_on"]
    assert "N-1/1" in result.problems[0].reason
    assert (result.rows_skipped, result.rows_refused) == (1, 0), "before anything was recorded"
    assert await store.head() == head


async def test_a_correction_is_seen_while_planning(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    """As by the door: N-1 was assigned later than its row says, so what follows must be later too."""
    before = row_until("acknowledged_on")
    await import_rows(store, handler, [before])
    events = await store.read_stream(instruction_id("N-1"))
    assigned = next(e.version for e in events if e.type == "InstructionAssigned")
    put_right = Correct(
        command_id="c-1",
        actor=REGISTRAR,
        instruction=instruction_id("N-1"),
        version=assigned,
        field="occurred_at",
        value="2024-02-20T12:00:00+03:00",
        reason="The letter went out later.",
    )
    outcome = await handler.handle(put_right, NOW)
    assert isinstance(outcome, Recorded), outcome
    head = await store.head()
    result = await import_rows(store, handler, [row_until("progress")])
    assert [p.column for p in result.problems] == ["acknowledged_on"]
    assert (result.rows_skipped, result.rows_refused) == (1, 0), "before anything was recorded"
    assert await store.head() == head


async def test_a_fact_of_today_before_noon_is_explained(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    today = row_until("lead", issued_on="2026-11-24", deadline="2026-12-24")
    at = NOW.replace(hour=7)
    result = await import_rows(store, handler, [today], at=at)
    assert [p.column for p in result.problems] == ["issued_on"]
    assert "stands for noon in the issuer's zone" in result.problems[0].reason


class _Failing(MemoryEventStore):
    """Stops answering after some appends."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    async def append(self, append: Append) -> AppendResult:
        if self.left == 0:
            raise AppendFailed
        self.left -= 1
        return await super().append(append)


async def test_an_import_cut_short_is_finished_by_the_next() -> None:
    store = _Failing(1000)
    handler = await set_up(store)
    rows = [row("N-1"), row("N-2"), row("N-3")]
    store.left = 14
    with pytest.raises(AppendFailed):
        await import_rows(store, handler, rows)
    store.left = 1000
    result = await import_rows(store, handler, rows)
    assert (result.commands_recorded, result.commands_known) == (33 - 14, 14)
    other = MemoryEventStore()
    await import_rows(other, await set_up(other), rows)
    for instruction in numbers(rows):
        assert await _bodies(store, instruction) == await _bodies(other, instruction)


@given(data=st.data(), rows=measures(at_most=2))
@settings(max_examples=40, deadline=None)
async def test_a_history_imported_in_instalments_is_the_same_history(
    data: st.DataObject, rows: list[Row]
) -> None:
    """Each time the file tells what had happened by a day; the day moves on."""
    days = sorted({cell for r in rows for c, cell in r.items() if c.endswith("_on")})
    cuts = data.draw(st.lists(st.sampled_from(days), max_size=3).map(sorted))
    store, at_once = MemoryEventStore(), MemoryEventStore()
    handler = await set_up(store, at=AFTER_ALL)
    for cut in (*cuts, "9999"):
        known = [r for r in (_until(r, cut) for r in rows) if r is not None]
        result = await import_rows(store, handler, known, at=AFTER_ALL)
        assert result.problems == ()
    await import_rows(at_once, await set_up(at_once, at=AFTER_ALL), rows, at=AFTER_ALL)
    for instruction in numbers(rows):
        assert await _bodies(store, instruction) == await _bodies(at_once, instruction)


async def _bodies(store: MemoryEventStore, instruction: str) -> list[bytes]:
    return [event.body for event in await store.read_stream(instruction)]


def _until(full: Row, day: str) -> Row | None:
    if full["issued_on"] > day:
        return None
    kept = {c: cell for c, cell in full.items() if not c.endswith("_on") or cell <= day}
    entries = [e for e in full.get("progress", "").split(";") if e and e[:10] <= day]
    kept["progress"] = ";".join(entries)
    return {c: cell for c, cell in kept.items() if BELONGS_TO.get(c, "issued_on") in kept}
