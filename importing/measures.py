"""Importing measures: plan against the log, then record what is missing, many instructions at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.attribution import Identity
from domain.identifiers import InstructionId, PersonId, StreamId, instruction_id
from domain.outcomes import Recorded, Rejected
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore, StoredEvent
from importing import planning
from importing.history import Entry, Fact
from importing.mapping import MeasureMapping
from importing.planning import Plan, PlannedRow, Refusal, Surroundings
from importing.problems import Problem, Progress, ignore_progress
from importing.table import Headings, Table, read_table

ROWS_AT_ONCE = 250
"""Instructions whose facts are decided before they are recorded together."""
_ASSERTED = Identity()


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
    refusals: tuple[Refusal, ...]
    """Those of the problems that stood against a fact only when it was to be recorded."""

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
    identity: Identity = _ASSERTED,
    mapping: MeasureMapping | None = None,
    sheet: str | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Everything wrong with the file, and every fact the log lacks. Writes nothing.

    Args:
        content: the bytes of the CSV file or XLSX workbook; docs/import.md describes both.
        file_name: recorded as the reason why the facts are entered only now.
        registrar: enters them; must hold a registrar's office of each issuer or a body above it.
        identity: how the registrar is known.
        at: the present, UTC; the same moment must be given to `run_plan`.
        mapping: for a file whose headings are not Remit's columns.
        sheet: of a workbook; by default the mapping's, else the first that is not hidden.
        progress: called with (rows decided, rows).
    """
    table = await asyncio.to_thread(read_table, content, mapping, sheet)
    return await plan_table(
        table,
        file_name,
        store=store,
        handler=handler,
        registrar=registrar,
        at=at,
        identity=identity,
        progress=progress,
    )


async def plan_table(
    table: Table,
    file_name: str,
    *,
    store: EventStore,
    handler: CommandHandler,
    registrar: PersonId,
    at: datetime,
    identity: Identity = _ASSERTED,
    progress: Progress = ignore_progress,
) -> Plan:
    """The same of a file whose table is read already."""
    directory = await handler.directory()
    # In a thread: whoever else is served meanwhile does not wait for the whole file.
    rows = await asyncio.to_thread(planning.rows_of, table, directory)
    surroundings = Surroundings(
        store=store,
        directory=directory,
        streams=await _streams(
            store, [instruction_id(r.texts["number"]) for r in rows if "number" in r.texts]
        ),
        tzdata="",  # only recorded, and what a plan decides is not
    )
    entry = Entry(registrar=registrar, reason=f"import of {file_name}", identity=identity)
    return await planning.plan(table, rows, surroundings, entry, at, progress)


async def run_plan(
    plan: Plan,
    *,
    handler: CommandHandler,
    at: datetime,
    skip_bad: bool = False,
    progress: Progress = ignore_progress,
    rows_at_once: int = ROWS_AT_ONCE,
) -> ImportResult:
    """Record the plan's facts; with problems nothing at all, unless the bad rows are to be skipped.

    Interrupted, it may be planned and run again: what was recorded is known then. `progress` is called
    with (rows recorded, rows to record). Raises what the store raises when it cannot be reached.
    """
    bad = [row for row in plan.rows if row.problems]
    if plan.file_problems or (bad and not skip_bad):
        return _result(plan, (), (), ())
    good = [row for row in plan.rows if not row.problems]
    recorded: list[int] = []
    refused: list[Refusal] = []
    for start in range(0, len(good), rows_at_once):
        rows = good[start : start + rows_at_once]
        answers = await handler.handle_in_bulk(
            [[fact.command for fact in row.facts] for row in rows], at
        )
        for row, outcomes in zip(rows, answers, strict=True):
            recorded.append(sum(isinstance(outcome, Recorded) for outcome in outcomes))
            refused += [
                _refused(row, fact, outcome, plan.headings)
                for fact, outcome in zip(row.facts, outcomes, strict=False)
                if isinstance(outcome, Rejected)
            ]
        progress(len(recorded), len(good))
    return _result(plan, good, recorded, refused)


def _refused(row: PlannedRow, fact: Fact, outcome: Rejected, headings: Headings) -> Refusal:
    """Something done meanwhile stands against it; what comes after it in the row is not tried."""
    problem = Problem(line=row.line, column=fact.column(outcome.field), reason=outcome.message)
    return Refusal(problem=headings.locate(problem), command=fact.command, rejected=outcome)


def _result(
    plan: Plan,
    good: Sequence[PlannedRow],
    recorded: Sequence[int],
    refused: Sequence[Refusal],
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
        problems=tuple(
            sorted((*plan.problems, *(one.problem for one in refused)), key=lambda p: p.line)
        ),
        refusals=tuple(refused),
    )


async def _streams(
    store: EventStore, instructions: Sequence[InstructionId]
) -> dict[StreamId, list[StoredEvent]]:
    streams: dict[StreamId, list[StoredEvent]] = {}
    for event in await store.read_streams(instructions):
        streams.setdefault(event.stream_id, []).append(event)
    return streams
