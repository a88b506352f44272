"""What an import would record, decided on copies: nothing here writes or reads anything."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import InstructionId, ProgrammeId, instruction_id
from domain.instruction.commands import Issue
from domain.instruction.decisions.decide import instruction_decider
from domain.outcomes import Rejected
from domain.programme.state import Programme
from domain.rejections import Code
from eventstore.codec import AnyEvent, decoded
from eventstore.protocol import StoredEvent
from importing.history import Entry, Fact, history
from importing.measure import MeasureRow, read_measure
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
class PlannedRow:
    line: int
    instruction: InstructionId | None
    """None if the row has no number."""
    facts: tuple[Fact, ...]
    """Those not recorded yet, in the order they happened; all of them would be accepted."""
    known: int
    """How many facts are recorded already."""
    problems: tuple[Problem, ...]


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

    directory: Directory
    programmes: Mapping[ProgrammeId, Programme]
    streams: Mapping[InstructionId, Sequence[StoredEvent]]
    """The events of those instructions of the file that exist already, in version order."""
    tzdata: str


def rows_of(table: Table, directory: Directory) -> tuple[MeasureRow, ...]:
    """The table's rows read, each number on no more than one of them."""
    rows = [read_measure(row, table, directory) for row in table.rows]
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


def plan(
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
        planned.append(_plan_row(row, surroundings, entry, at, table.headings))
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


def _plan_row(
    row: MeasureRow, surroundings: Surroundings, entry: Entry, at: datetime, headings: Headings
) -> PlannedRow:
    instruction = instruction_id(row.texts["number"]) if "number" in row.texts else None
    stored = surroundings.streams.get(instruction, ()) if instruction else ()
    recorded = first_events(stored)
    state = instruction_decider.fold(decoded(stored))
    facts, invalid = history(row, surroundings.directory, entry, headings)
    problems = [*row.problems, *invalid]
    issue = next((f.command for f in facts if isinstance(f.command, Issue)), None)
    if stored and issue is not None and issue.command_id not in recorded:
        reason = f"instruction {row.texts['number']} exists already, and not from an import"
        problems.append(Problem(line=row.line, column="number", reason=reason))
        facts = ()
    new: list[Fact] = []
    known = 0
    for fact in facts:
        event = recorded.get(fact.command.command_id)
        if event is not None:
            known += 1
            problems.extend(_changed(fact, event, row.line))
            continue
        decided = instruction_decider.decide(fact.command, state, _facts(fact, surroundings), at)
        if not isinstance(decided, Rejected):
            state = instruction_decider.fold(decided, state)
            new.append(fact)
        elif not problems or decided.code in _STANDS_ALONE:
            column = fact.column(decided.field) if decided.field != "actor" else None
            problems.append(Problem(line=row.line, column=column, reason=decided.message))
    return PlannedRow(
        line=row.line,
        instruction=instruction,
        facts=tuple(new),
        known=known,
        problems=tuple(dict.fromkeys(headings.locate(problem) for problem in problems)),
    )


def _changed(fact: Fact, event: AnyEvent, line: int) -> Iterable[Problem]:
    for name in differing_fields(fact.command, event):
        yield Problem(
            line=line,
            column=fact.column(name),
            reason="it differs from what was imported before; an import adds facts, it changes none",
        )


def _facts(fact: Fact, surroundings: Surroundings) -> Facts:
    named = fact.command.programme if isinstance(fact.command, Issue) else None
    programme = surroundings.programmes.get(named) if named else None
    return Facts(directory=surroundings.directory, programme=programme, tzdata=surroundings.tzdata)
