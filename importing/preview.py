"""What an import would record: a plan counted, for a dry run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from importing.planning import Plan
from importing.problems import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a plan comes to, if its bad rows are left out."""

    rows: int
    """Measures in the file, good or bad."""
    rows_bad: int
    passed_over: tuple[int, ...]
    """Lines that the mapping leaves out."""
    instructions_new: int
    facts: Mapping[str, int]
    """How many of each kind would be recorded, by the name of the command."""
    facts_known: int
    problems: tuple[Problem, ...]
    importable: bool
    """Whether anything would be recorded at all."""


def preview(plan: Plan, *, skip_bad: bool = False) -> Preview:
    """Count the plan's good rows. With problems nothing is importable, unless bad rows are skipped."""
    good = [row for row in plan.rows if not row.problems]
    facts = Counter(type(fact.command).__name__ for row in good for fact in row.facts)
    whole = not plan.problems
    return Preview(
        rows=len(plan.rows),
        rows_bad=len(plan.rows) - len(good),
        passed_over=plan.passed_over,
        instructions_new=sum(bool(row.facts) and row.known == 0 for row in good),
        facts=dict(facts),
        facts_known=sum(row.known for row in good),
        problems=plan.problems,
        importable=whole or (skip_bad and bool(good) and not plan.file_problems),
    )
