"""What an import would record, decided on copies as the one door would decide it. Nothing is written."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.directory.state import Directory
from domain.identifiers import InstructionId, instruction_id
from domain.instruction.commands import AnyInstructionCommand, Issue
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import InstructionEvent
from domain.outcomes import Rejected
from domain.rejections import Code
from eventstore.codec import AnyEvent, decoded
from eventstore.facts import gather
from eventstore.protocol import EventStore, StoredEvent
from importing.history import Entry, Fact, history
from importing.measure import BodiesNamed, MeasureRow, read_measure
from importing.problems import Problem, Progress
from importing.recorded import differing_fields, first_events
from importing.table import Headings, Table

_STANDS_ALONE = frozenset(
    {
        Code.ALREADY_ISSUED,
        Code.BODY_NOT_ESTABLISHED,
        Code.INVALID,
        Code.NUMBER_TAKEN,
        Code.OCCURRED_IN_THE_FUTURE,
        Code.UNKNOWN,
    }
)
"""Refusals that are no consequence of an earlier fact of the same row having been left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A problem that is a rule's: who imports may have no right to know all that it says."""

    problem: Problem
    command: AnyInstructionCommand
    rejected: Rejected


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRow:
    line: int
    instruction: InstructionId | None
    """None if the row has no number."""
    facts: tuple[Fact, ...]
    """Those not recorded yet, in the order they happened; all of them would be accepted."""
    known: int
    """How many facts are recorded already."""
    problems: tuple[Problem, ...]
    refusals: tuple[Refusal, ...] = ()
    """Those of the problems that the rules tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the file says that the log does not, and everything wrong with the file."""

    rows: tuple[PlannedRow, ...]
    file_problems: tuple[Problem, ...]
    """With any of these nothing of the file can be imported."""
    headings: Headings
    passed_over: tuple[int, ...]
    """Lines that the mapping leaves out."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        found = (*self.file_problems, *(p for row in self.rows for p in row.problems))
        return tuple(sorted(found, key=lambda p: p.line))


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the log holds that the rows are decided against."""

    store: EventStore
    """Read for what a decision needs of other streams than the instruction's own."""
    directory: Directory
    streams: Mapping[InstructionId, Sequence[StoredEvent]]
    """The events of those instructions of the file that exist already, in version order."""
    tzdata: str


def rows_of(table: Table, directory: Directory) -> tuple[MeasureRow, ...]:
    """The table's rows read, each number on no more than one of them."""
    bodies = BodiesNamed(directory)
    rows = [read_measure(row, table, bodies) for row in table.rows]
    lines: dict[str, list[int]] = {}
    for row in rows:
        if "number" in row.texts:
            lines.setdefault(row.texts["number"], []).append(row.line)
    return tuple(_once(row, lines.get(row.texts.get("number", ""), ())) for row in rows)


def _once(row: MeasureRow, lines: Iterable[int]) -> MeasureRow:
    others = [str(line) for line in lines if line != row.line]
    if not others:
        return row
    reason = f"number {row.texts['number']} stands on line {', '.join(others)} as well"
    problem = Problem(line=row.line, column="number", reason=reason)
    return row.with_problem(problem)


async def plan(
    table: Table,
    rows: Collection[MeasureRow],
    surroundings: Surroundings,
    entry: Entry,
    at: datetime,
    progress: Progress,
) -> Plan:
    """Decide every row's facts as of `at`, against what exists and the row's own earlier facts."""
    planned: list[PlannedRow] = []
    for row in rows:
        planned.append(await _plan_row(row, surroundings, entry, at, table.headings))
        await asyncio.sleep(0)  # who else is served meanwhile does not wait for the whole file
        progress(len(planned), len(rows))
    unread = (
        PlannedRow(line=p.line, instruction=None, facts=(), known=0, problems=(p,))
        for p in table.row_problems
    )
    return Plan(
        rows=tuple(sorted((*planned, *unread), key=lambda r: r.line)),
        file_problems=table.file_problems,
        headings=table.headings,
        passed_over=table.passed_over,
    )


async def _plan_row(
    row: MeasureRow, surroundings: Surroundings, entry: Entry, at: datetime, headings: Headings
) -> PlannedRow:
    instruction = instruction_id(row.texts["number"]) if "number" in row.texts else None
    stored = surroundings.streams.get(instruction, ()) if instruction else ()
    recorded = first_events(stored)
    past: tuple[InstructionEvent, ...] = tuple(decoded(stored))
    state = instruction_decider.replay(past)
    facts, invalid = history(row, surroundings.directory, entry, headings)
    problems = [*row.problems, *invalid]
    issue = next((f.command for f in facts if isinstance(f.command, Issue)), None)
    if stored and issue is not None and issue.command_id not in recorded:
        reason = f"instruction {row.texts['number']} exists already, and not from an import"
        problems.append(Problem(line=row.line, column="number", reason=reason))
        facts = ()
    new: list[Fact] = []
    refusals: list[Refusal] = []
    known = 0
    for fact in facts:
        event = recorded.get(fact.command.command_id)
        if event is not None:
            known += 1
            problems.extend(_changed(fact, event, row.line))
            continue
        gathered = await gather(
            surroundings.store,
            fact.command,
            state,
            past,
            directory=surroundings.directory,
            tzdata=surroundings.tzdata,
            at=at,
        )
        decided = instruction_decider.decide(fact.command, state, gathered.facts, at)
        if not isinstance(decided, Rejected):
            past = (*past, *decided)
            state = instruction_decider.replay(past)
            new.append(fact)
        elif not problems or decided.code in _STANDS_ALONE:
            problem = _refused(fact, decided, row.line)
            problems.append(problem)
            told = headings.locate(problem)
            refusals.append(Refusal(problem=told, command=fact.command, rejected=decided))
    return PlannedRow(
        line=row.line,
        instruction=instruction,
        facts=tuple(new),
        known=known,
        problems=tuple(dict.fromkeys(headings.locate(problem) for problem in problems)),
        refusals=tuple(refusals),
    )


def _changed(fact: Fact, event: AnyEvent, line: int) -> Iterable[Problem]:
    for name in differing_fields(fact.command, event):
        yield Problem(
            line=line,
            column=fact.column(name),
            reason="it differs from what was imported before; an import adds facts, it changes none",
        )


def _refused(fact: Fact, rejected: Rejected, line: int) -> Problem:
    column = fact.column(rejected.field) if rejected.field != "actor" else None
    reason = rejected.message
    if rejected.code == Code.OCCURRED_IN_THE_FUTURE:
        reason += "; a date stands for noon in the issuer's zone: import it after that"
    return Problem(line=line, column=column, reason=reason)
