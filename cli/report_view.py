"""A programme's report as a picture in the terminal, and as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from cli.output import moment, plain, table
from domain.programme.report import Measure, ProgrammeReport, percent, report
from domain.programme.state import Programme

_BAR = 16


def report_json(programme: Programme, figures: ProgrammeReport) -> dict[str, Any]:
    return {
        "programme": programme.id,
        "title": programme.title,
        "at": figures.at,
        "total": figures.total,
        "implemented": figures.implemented,
        "implemented_line": figures.implemented_line,
        "behind_schedule": figures.behind_schedule,
        "behind_schedule_line": figures.behind_schedule_line,
        "late_against_original": figures.late_against_original,
        "completed_late": figures.completed_late,
        "open_late": figures.open_late,
        "execution_discipline": figures.execution_discipline,
        "cancelled": figures.cancelled,
    }


def report_picture(
    programme: Programme, figures: ProgrammeReport, measures: Sequence[Measure]
) -> Group:
    """The figures, and a bar per sector."""
    summary = Table.grid(padding=(0, 2))
    summary.add_row("implemented", f"[bold green]{figures.implemented_line}[/]")
    summary.add_row("behind schedule", f"[bold red]{figures.behind_schedule_line}[/]")
    late, total = figures.late_against_original, figures.total
    summary.add_row("past the original deadline", f"{late} ({percent(late, total)})")
    summary.add_row("execution discipline", figures.execution_discipline)
    if figures.cancelled:
        summary.add_row("cancelled", str(figures.cancelled))
    title = f"[bold]{plain(programme.title)}[/] as of {moment(figures.at)}"
    return Group(title, summary, "", _sectors(figures, measures))


def _sectors(figures: ProgrammeReport, measures: Sequence[Measure]) -> Table:
    by_sector: defaultdict[str, list[Measure]] = defaultdict(list)
    for measure in measures:
        by_sector[measure.sector or "(no sector)"].append(measure)
    made = table("By sector", "sector", ">measures", ">implemented", ">behind", "")
    widest = max((len(found) for found in by_sector.values()), default=1)
    for sector, found in sorted(by_sector.items()):
        part = report(found, figures.at)
        made.add_row(
            plain(sector),
            str(part.total),
            str(part.implemented),
            str(part.behind_schedule),
            _bar(part, widest),
        )
    return made


def _bar(part: ProgrammeReport, widest: int) -> str:
    scale = _BAR / widest
    done = round(part.implemented * scale)
    behind = max(round(part.behind_schedule * scale), int(part.behind_schedule > 0))
    rest = max(round(part.total * scale) - done - behind, 0)
    return f"[green]{'█' * done}[/][red]{'█' * behind}[/][dim]{'░' * rest}[/]"
