"""Every way in which a file can be wrong is reported by line, column and reason."""

from datetime import UTC, datetime

import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction.commands import Issue
from domain.instruction.state import Unissued
from domain.outcomes import Recorded
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.replay import fold
from importing.measures import plan_measures, run_plan
from importing.problems import Problem
from tests.importing.rows import row, row_until
from tests.programmes import NOW, PROGRAMME, REGISTRAR, Row, import_rows, set_up, to_csv


@pytest.fixture
async def handler(store: MemoryEventStore) -> CommandHandler:
    return await set_up(store)


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


async def _problems(
    store: MemoryEventStore, handler: CommandHandler, *rows: Row
) -> list[tuple[int, str | None]]:
    """The problems' lines and columns; nothing may have been written."""
    before = await store.head()
    result = await import_rows(store, handler, rows)
    assert await store.head() == before
    assert result.commands_recorded == 0
    assert all(p.reason for p in result.problems)
    return [(p.line, p.column) for p in result.problems]


async def test_a_good_row_has_no_problem(store: MemoryEventStore, handler: CommandHandler) -> None:
    result = await import_rows(store, handler, [row()])
    assert result.problems == ()
    assert (result.rows, result.instructions_new, result.commands_recorded) == (1, 1, 11)


@pytest.mark.parametrize(
    ("spoiled", "columns"),
    [
        ({"number": ""}, ["number"]),
        ({"text": ""}, ["text"]),
        ({"number": "N" * 101}, ["number"]),
        ({"deadline": "31.12.2024"}, ["deadline"]),
        ({"deadline": "2024-02-30"}, ["deadline"]),
        ({"deadline": "9999-12-31"}, ["deadline"]),
        ({"deadline": "20241231"}, ["deadline"]),
        ({"source_kind": "rumour"}, ["source_kind"]),
        ({"source_kind": ""}, ["source_kind"]),
        ({"issuer": "cuoncil"}, ["issuer"]),
        ({"controller": "nobody"}, ["controller"]),
        ({"lead": "ministri"}, ["lead"]),
        ({"lead": ""}, ["lead"]),
        ({"co_assignees": "region;nobody"}, ["co_assignees"]),
        ({"co_assignees": "region;region"}, ["co_assignees"]),
        ({"co_assignees": "ministry"}, ["co_assignees"]),
        ({"programme": "no-programme"}, ["programme"]),
        ({"progress": "2024-03-01"}, ["progress"]),
        ({"progress": "2024-03-01:101"}, ["progress"]),
        ({"progress": "2024-05-02:70;2024-03-01:40"}, ["progress"]),
        ({"progress": "2024-01-19:5"}, ["progress"]),
        ({"progress": "2024-09-05:50"}, ["progress"]),
        ({"assigned_on": "2024-01-19"}, ["assigned_on"]),
        ({"acknowledged_on": "2024-01-19"}, ["acknowledged_on"]),
        ({"acknowledged_on": "2024-03-02"}, ["acknowledged_on"]),
        ({"extension_until": ""}, ["extension_until"]),
        ({"extension_until": "2024-06-28"}, ["extension_until"]),
        ({"extension_reason": ""}, ["extension_reason"]),
        ({"extension_approved_on": "2024-06-02"}, ["extension_approved_on"]),
        (
            {"extension_refused_on": "2024-06-05", "extension_refusal_reason": "No."},
            ["extension_refused_on"],
        ),
        ({"extension_refusal_reason": "No."}, ["extension_refused_on"]),
        ({"report_text": ""}, ["report_text"]),
        ({"returned_on": "2024-09-01"}, ["returned_on"]),
        ({"rework_deadline": "2024-09-09"}, ["rework_deadline"]),
        ({"reported_again_on": "2024-09-09"}, ["reported_again_on"]),
        ({"reported_again_on": ""}, ["reported_again_on", "accepted_on"]),
        ({"accepted_on": "2024-10-14"}, ["accepted_on"]),
        ({"accepted_on": "2026-11-25"}, ["accepted_on"]),
        ({"cancelled_on": "2024-11-01", "cancel_reason": "Late."}, ["cancelled_on"]),
        ({"cancelled_on": "2024-10-01", "cancel_reason": "Late."}, ["cancelled_on"] * 2),
        ({"controller": ""}, ["returned_on"]),
        ({"text": "", "deadline": "soon", "lead": "nobody"}, ["text", "deadline", "lead"]),
    ],
    ids=",".join,
)
async def test_a_bad_cell_is_named_by_its_column(
    store: MemoryEventStore,
    handler: CommandHandler,
    spoiled: dict[str, str],
    columns: list[str],
) -> None:
    found = await _problems(store, handler, row(**spoiled))
    assert sorted(found) == sorted((2, column) for column in columns)


async def test_a_body_is_not_charged_before_it_is_established(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    assert await _problems(store, handler, row(lead="new-body")) == [(2, "lead")]


async def test_a_return_after_the_deadline_must_set_a_new_one(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    late = row(returned_on="2024-10-01", rework_deadline="")
    assert await _problems(store, handler, late) == [(2, "rework_deadline")]


async def test_every_bad_row_is_reported_and_no_row_imported(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    found = await _problems(
        store,
        handler,
        row("N-1", text="two\nlines"),
        row("N-2", deadline="never", report_text=""),
        row("N-3"),
        row("N-4", lead="new-body", programme="no-programme"),
        row("N-3"),
        row("N-5", extension_until="2024-01-01"),
    )
    assert found == [
        (4, "deadline"),
        (4, "report_text"),
        (5, "number"),
        (6, "programme"),
        (7, "number"),
        (8, "extension_until"),
    ]


async def test_a_number_given_twice_is_bad_on_both_lines_and_says_where_the_other_is(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    result = await import_rows(store, handler, [row(), row()], skip_bad=True)
    assert result.problems == (
        Problem(line=2, column="number", reason="number N-1 stands on line 3 as well"),
        Problem(line=3, column="number", reason="number N-1 stands on line 2 as well"),
    )
    assert (result.rows_skipped, result.imported) == (2, False)


async def test_bad_rows_can_be_skipped(store: MemoryEventStore, handler: CommandHandler) -> None:
    rows = [row("N-1"), row("N-2", lead="nobody"), row_until("lead", "N-3")]
    result = await import_rows(store, handler, rows, skip_bad=True)
    assert [(p.line, p.column) for p in result.problems] == [(3, "lead")]
    assert (result.rows, result.rows_skipped, result.instructions_new) == (3, 1, 2)
    assert result.imported


async def test_a_bad_header_stops_everything_though_the_rows_are_checked_as_well(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    good, bad = (
        f"N-{n},Do it.,council,{deadline},2024-01-20,"
        for n, deadline in enumerate(("2024-06-28", "?"))
    )
    content = f"number,text,issuer,deadline,issued_on,colour\n{good}\n{bad}"
    plan = await plan_measures(
        content.encode(), "f.csv", store=store, handler=handler, registrar=REGISTRAR, at=NOW
    )
    before = await store.head()
    result = await run_plan(plan, handler=handler, at=NOW, skip_bad=True)
    assert [(p.line, p.column) for p in result.problems] == [(1, "colour"), (3, "deadline")]
    assert await store.head() == before
    assert not result.imported


async def test_only_a_registrar_enters_history(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    plan = await plan_measures(
        to_csv([row()]), "f.csv", store=store, handler=handler, registrar="p-0007", at=NOW
    )
    (problem,) = plan.problems
    assert (problem.line, problem.column) == (2, None)
    assert "registrar" in problem.reason


async def test_a_number_issued_otherwise_is_taken(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    issue = Issue(
        command_id="live-1",
        actor="p-0004",
        instruction=instruction_id("N-1"),
        number="N-1",
        text="Something else.",
        issuer="council",
        deadline=DeadlineRequest(at=datetime(2027, 1, 1, tzinfo=UTC)),
        programme=PROGRAMME,
    )
    assert isinstance(await handler.handle(issue, NOW), Recorded)
    assert await _problems(store, handler, row()) == [(2, "number")]


async def test_a_priority_is_taken_over_and_an_unknown_one_is_refused(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    assert await _problems(store, handler, row(priority="urgent")) == [(2, "priority")]
    await import_rows(store, handler, [row(priority="high")])
    state = fold(await store.read_stream(instruction_id("N-1")))
    assert not isinstance(state, Unissued)
    assert state.record.priority == "high"


async def test_unknown_bodies_are_likened_to_known_ones_so_many_in_a_file(
    store: MemoryEventStore, handler: CommandHandler
) -> None:
    """It is slow; each is likened once, in however many rows it stands."""
    unknown = "; ".join(f"body-{n}" for n in range(200))
    rows = [
        row("N-1", lead="ministri", co_assignees=unknown),
        row("N-2", lead="ministri", co_assignees="regionn"),
    ]
    result = await import_rows(store, handler, rows)
    said = {(p.line, p.column): p.reason for p in result.problems if "no body" in p.reason}
    assert said[2, "lead"] == said[3, "lead"] == "no body ministri is known; did you mean ministry?"
    assert "no body regionn is known; register it" in said[3, "co_assignees"]
