"""A dry run of an import, and a file's problems, as they are shown."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from cli.errors import BadFile
from cli.output import console, errors, plain, print_json, table
from importing.preview import Preview
from importing.problems import Problem


def show_preview(shown: Preview, file: Path, *, json: bool) -> None:
    """Print what an import would record. Raises `BadFile` where the import would."""
    found: dict[str, object] = {
        "dry_run": True,
        "importable": shown.importable,
        "rows": shown.rows,
        "rows_bad": shown.rows_bad,
        "rows_passed_over": shown.passed_over,
        "instructions_new": shown.instructions_new,
        "facts": shown.facts,
        "facts_known": shown.facts_known,
        "problems": problems_json(shown.problems),
    }
    if not json:
        _print(shown)
    if not shown.importable:
        count = len(shown.problems)
        problems = "1 problem" if count == 1 else f"{count} problems"
        raise BadFile(f"{file} has {problems}; nothing would be imported", found)
    if json:
        print_json(found)


def _print(shown: Preview) -> None:
    console.print(
        f"{shown.rows} rows, {shown.rows_bad} of them bad: {shown.instructions_new} new instructions, "
        f"{sum(shown.facts.values())} facts, {shown.facts_known} known already; nothing was written",
        soft_wrap=True,
    )
    if shown.passed_over:
        console.print(passed_over(shown.passed_over), soft_wrap=True)
    if shown.facts:
        made = table("Would be recorded", "fact", ">count")
        for kind, count in shown.facts.items():
            made.add_row(kind, str(count))
        console.print(made)
    if shown.problems:
        errors.print(problems_table(shown.problems))


def passed_over(lines: Sequence[int]) -> str:
    """Which rows the mapping left out, so that none is lost unseen."""
    return f"passed over by the mapping: rows {', '.join(map(str, lines))}"


def problems_json(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [
        {"line": p.line, "column": p.column, "cell": p.cell, "reason": p.reason} for p in problems
    ]


def problems_table(problems: Sequence[Problem]) -> Table:
    made = table("Problems", ">line", "column", "reason")
    for problem in problems:
        line = problem.cell or str(problem.line)
        made.add_row(line, plain(problem.column or ""), plain(problem.reason))
    return made
