"""Importing measures: plan against the log, then record what is missing, instructions side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import InstructionId, PersonId, StreamId, instruction_id
from domain.outcomes import Rejected
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore, StoredEvent
from importing import planning
from importing.history import Entry
from importing.mapping import MeasureMapping
from importing.planning import Plan, PlannedRow, Surroundings
from importing.problems import Problem, Progress, ignore_progress
from importing.table import Headings, read_table

CONCURRENCY = 16
"""Instructions recorded at once; the log gathers their appends into batches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """What an import came to."""

    rows: int
    """Measures in the file, good or bad."""
    instructions_new: int
    commands_recorded: int
    commands_known: int
    """Facts of the imported rows that an earlier import had recorded."""
    rows_skipped: int
    rows_refused: int
    """Planned well, but something done meanwhile stood against a fact: recorded up to that one."""
    instructions: tuple[InstructionId, ...]
    """Those that something new was recorded of: they need a workflow, if they are open."""
    passed_over: tuple[int, ...]
    """Lines that the mapping leaves out; they are not among the rows."""
    problems: tuple[Problem, ...]

    @property
    def imported(self) -> bool:
        """Whether the file was taken at all, if only in part."""
        return self.rows_skipped < self.rows or not self.problems


async def plan_measures(
    content: bytes,
    file_name: str,
    *,
    store: EventStore,
    handler: CommandHandler,
    registrar: PersonId,
    at: datetime,
    mapping: MeasureMapping | None = None,
    sheet: str | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Everything wrong with the file, and every fact the log lacks. Writes nothing.

    Args:
        content: the bytes of the CSV file or XLSX workbook; docs/import.md describes both.
        file_name: recorded as the reason why the facts are entered only now.
        registrar: enters them; must hold a registrar's office of each issuer or a body above it.
        at: the present, UTC; the same moment must be given to `run_plan`.
        mapping: for a file whose headings are not Remit's columns.
        sheet: of a workbook; by default the mapping's, else the first that is not hidden.
        progress: called with (rows decided, rows).
    """
    table = read_table(content, mapping, sheet)
    directory = await handler.directory()
    rows = planning.rows_of(table, directory)
    surroundings = Surroundings(
        store=store,
        directory=directory,
        streams=await _streams(
            store, [instruction_id(r.texts["number"]) for r in rows if "number" in r.texts]
        ),
        tzdata="",  # only recorded, and what a plan decides is not
    )
    entry = Entry(registrar=registrar, reason=f"import of {file_name}")
    return await planning.plan(table, rows, surroundings, entry, at, progress)


async def run_plan(
    plan: Plan,
    *,
    handler: CommandHandler,
    at: datetime,
    skip_bad: bool = False,
    progress: Progress = ignore_progress,
    concurrency: int = CONCURRENCY,
) -> ImportResult:
    """Record the plan's facts; with problems nothing at all, unless the bad rows are to be skipped.

    Interrupted, it may be planned and run again: what was recorded is known then. `progress` is called
    with (rows recorded, rows to record). Raises what the store raises when it cannot be reached.
    """
    bad = [row for row in plan.rows if row.problems]
    if plan.file_problems or (bad and not skip_bad):
        return _result(plan, (), (), ())
    good = [row for row in plan.rows if not row.problems]
    results: list[tuple[int, Problem | None]] = [(0, None)] * len(good)
    waiting = iter(enumerate(good))
    done = 0

    async def work() -> None:
        nonlocal done
        for index, row in waiting:
            results[index] = await _record(row, plan.headings, handler, at)
            done += 1
            progress(done, len(good))

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(concurrency, len(good))):
                workers.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the others failed for want of the same log
    refused = [problem for _, problem in results if problem is not None]
    return _result(plan, good, [recorded for recorded, _ in results], refused)


async def _record(
    row: PlannedRow, headings: Headings, handler: CommandHandler, at: datetime
) -> tuple[int, Problem | None]:
    """Record a row's facts in order, up to the first that something done meanwhile stands against."""
    for recorded, fact in enumerate(row.facts):
        outcome = await handler.handle(fact.command, at)
        if isinstance(outcome, Rejected):
            column = fact.column(outcome.field)
            problem = Problem(line=row.line, column=column, reason=outcome.message)
            return recorded, headings.locate(problem)
    return len(row.facts), None


def _result(
    plan: Plan,
    good: Sequence[PlannedRow],
    recorded: Sequence[int],
    refused: Sequence[Problem],
) -> ImportResult:
    touched = [row for row, count in zip(good, recorded, strict=True) if count]
    return ImportResult(
        rows=len(plan.rows),
        instructions_new=sum(row.known == 0 for row in touched),
        commands_recorded=sum(recorded),
        commands_known=sum(row.known for row in good),
        rows_skipped=len(plan.rows) - len(good),
        rows_refused=len(refused),
        instructions=tuple(row.instruction for row in touched if row.instruction is not None),
        passed_over=plan.passed_over,
        problems=tuple(sorted((*plan.problems, *refused), key=lambda p: p.line)),
    )


async def _streams(
    store: EventStore, instructions: Sequence[InstructionId]
) -> dict[StreamId, list[StoredEvent]]:
    streams: dict[StreamId, list[StoredEvent]] = {}
    for event in await store.read_streams(instructions):
        streams.setdefault(event.stream_id, []).append(event)
    return streams
