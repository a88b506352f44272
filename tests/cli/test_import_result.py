"""What an import says it came to, when it did not come to all that was asked for."""

from pathlib import Path

from cli.filling import what_is_wrong
from domain.identifiers import instruction_id
from domain.instruction.commands import Cancel
from domain.outcomes import Recorded
from eventstore.memory import MemoryEventStore
from importing.measures import ImportResult, plan_measures, run_plan
from tests.importing.rows import row, row_until
from tests.programmes import HEAD, NOW, REGISTRAR, Row, import_rows, set_up, to_csv

_FILE = Path("f.csv")


async def _cancelled_meanwhile(*rows: Row, skip_bad: bool = False) -> ImportResult:
    """Import rows of which N-1 is issued already, and is cancelled while the import is under way."""
    store = MemoryEventStore()
    handler = await set_up(store)
    await import_rows(store, handler, [row_until("lead")])
    plan = await plan_measures(
        to_csv(rows), "f.csv", store=store, handler=handler, registrar=REGISTRAR, at=NOW
    )
    cancel = Cancel(
        command_id="c", actor=HEAD, instruction=instruction_id("N-1"), reason="Overtaken."
    )
    assert isinstance(await handler.handle(cancel, NOW), Recorded)
    return await run_plan(plan, handler=handler, at=NOW, skip_bad=skip_bad)


async def test_where_something_done_meanwhile_stood_against_a_row_the_rest_is_counted() -> None:
    result = await _cancelled_meanwhile(row(), row("N-2"))
    assert (result.rows_refused, result.rows_skipped, result.commands_recorded) == (1, 0, 11)
    said = what_is_wrong(result, _FILE)
    assert said is not None
    assert said.startswith("f.csv has 1 problem; 1 row stopped half-way")
    assert "11 facts recorded" in said
    assert "nothing was imported" not in said


async def test_that_is_no_less_wrong_when_bad_rows_are_skipped() -> None:
    result = await _cancelled_meanwhile(row(), row("N-2", lead="nobody"), skip_bad=True)
    assert (result.rows_refused, result.rows_skipped) == (1, 1)
    said = what_is_wrong(result, _FILE)
    assert said is not None
    assert "2 problems; 1 row stopped half-way" in said


async def test_skipped_rows_are_no_mistake_if_anything_was_imported() -> None:
    store = MemoryEventStore()
    handler = await set_up(store)
    bad = row("N-2", lead="nobody")
    some = await import_rows(store, handler, [row(), bad], skip_bad=True)
    assert what_is_wrong(some, _FILE) is None
    none = await import_rows(store, handler, [bad], skip_bad=True)
    assert what_is_wrong(none, _FILE) == "f.csv has 1 problem; nothing was imported"
    strict = await import_rows(store, handler, [row("N-3"), bad])
    assert what_is_wrong(strict, _FILE) == "f.csv has 1 problem; nothing was imported"
