"""A dry run says what an import would record, and records nothing."""

from collections import Counter

from eventstore.memory import MemoryEventStore
from importing.measures import plan_measures, run_plan
from importing.planning import Plan
from importing.preview import preview
from tests.importing.rows import row, row_until
from tests.programmes import NOW, REGISTRAR, Row, import_rows, set_up, to_csv


async def _planned(store: MemoryEventStore, *rows: Row) -> Plan:
    handler = await set_up(store)
    await import_rows(store, handler, [row_until("lead")])
    before = await store.head()
    plan = await plan_measures(
        to_csv(rows), "f.csv", store=store, handler=handler, registrar=REGISTRAR, at=NOW
    )
    assert await store.head() == before
    return plan


async def test_it_counts_what_the_import_then_records() -> None:
    store = MemoryEventStore()
    plan = await _planned(store, row("N-1"), row("N-2"))
    shown = preview(plan)
    assert (shown.importable, shown.rows, shown.rows_bad) == (True, 2, 0)
    assert (shown.instructions_new, shown.facts_known) == (1, 1)
    assert shown.facts == {
        "Issue": 1,
        "Assign": 2,
        "Acknowledge": 2,
        "ReportProgress": 4,
        "RequestExtension": 2,
        "ApproveExtension": 2,
        "SubmitReport": 4,
        "Return": 2,
        "Accept": 2,
    }
    handler = await set_up(store)
    before = await store.head()
    result = await run_plan(plan, handler=handler, at=NOW)
    assert result.commands_recorded == sum(shown.facts.values())
    assert (result.instructions_new, result.commands_known) == (1, 1)
    recorded = Counter(
        e.type for batch in [e async for e in store.read_all(after_position=before)] for e in batch
    )
    assert recorded["CompletionReported"] == shown.facts["SubmitReport"]


async def test_with_problems_nothing_is_importable_but_for_the_good_rows_where_told_to() -> None:
    plan = await _planned(MemoryEventStore(), row("N-2"), row("N-3", lead="nobody"))
    strict, lenient = preview(plan), preview(plan, skip_bad=True)
    assert (strict.importable, lenient.importable) == (False, True)
    assert (lenient.rows_bad, lenient.instructions_new, len(lenient.problems)) == (1, 1, 1)
    only_bad = await _planned(MemoryEventStore(), row("N-3", lead="nobody"))
    assert not preview(only_bad, skip_bad=True).importable
